"""When a dependency is looked at again, and by whom."""

import asyncio

from processor_service.api.readiness import Readiness
from shared.errors import SlackDenied


async def test_a_denied_token_is_tried_again_by_one_push_while_the_others_are_turned_away() -> None:
    now, asked, may_end = [100.0], list[float](), asyncio.Event()

    async def check() -> None:
        asked.append(now[0])
        await may_end.wait()

    readiness = Readiness({"slack": check}, clock=lambda: now[0])
    readiness.report("slack", SlackDenied("denied", slack_error="invalid_auth"))
    assert await readiness.refuses("slack")
    now[0] += 6.0
    pushes = [asyncio.create_task(readiness.refuses("slack")) for _ in range(5)]
    await asyncio.sleep(0)
    may_end.set()
    assert await asyncio.gather(*pushes) == [False, *[True] * 4]
    assert asked == [106.0]
    assert not await readiness.refuses("slack")
