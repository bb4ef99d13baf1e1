"""When Slack's history is searched for missed questions, how far back, and how often."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from command_service.backfill.paced_history import BackfillLimits
from command_service.backfill.schedule import Backfill
from command_service.envelope.ack_deadline import ack_deadline
from command_service.use_cases.throttle import PerUserThrottle
from shared.errors import OutcomeUnknown, SlackUnavailable
from tests.support.fakes.command.sweeping import Found, said, until


@pytest.fixture
async def found() -> AsyncIterator[Found]:
    found = Found()
    yield found
    await found.world.settle()


async def test_gaps_told_during_a_sweep_become_one_more_as_far_back_as_the_longest(
    found: Found,
) -> None:
    found.history.failures = [SlackUnavailable("Wait.", retry_after_s=1.0)]
    gate = asyncio.Event()
    waiting: list[float] = []

    async def wait(seconds: float) -> None:
        waiting.append(seconds)
        await gate.wait()

    catch_up = Backfill(found.deps(found.limits, wait))
    with capture_logs() as lines:
        catch_up.after_silence(None)
        await until(lambda: waiting)
        for silent_s in (20.0, 300.0, 40.0):
            catch_up.after_silence(silent_s)
        gate.set()
        await until(lambda: catch_up.sweeps == 2)
    await catch_up.close()

    windows = [line["window_s"] for line in lines if line["action"] == "caught_up"]
    assert windows == [1800, 360], "a minute more than the silence, and half an hour at most"


def caught_up(lines: list[Any]) -> list[tuple[str, str | None, bool]]:
    return [
        (line["log_level"], line["cut_short_by"], line["goes_on"])
        for line in lines
        if line["action"] == "caught_up"
    ]


def asked_lately(number: int) -> list[dict[str, Any]]:
    now = time.time()
    return [said(f"{now - 60 + each:.6f}", f"question {each}") for each in range(number)]


async def swept(found: Found, sweeps: int, *, outage_s: float | None = None) -> list[Any]:
    """The log of a catch-up with so many sweeps."""
    catch_up = Backfill(found.deps(found.limits, found.sleep))
    with capture_logs() as lines:
        if outage_s is None:
            catch_up.after_silence(None)
        else:
            catch_up.after_outage(outage_s)
        await until(lambda: catch_up.sweeps == sweeps)
        await asyncio.sleep(0)
    await catch_up.close()
    return lines


async def test_what_a_limit_left_is_asked_in_later_sweeps_and_nothing_twice(found: Found) -> None:
    found.limits = BackfillLimits(questions=3, rest_s=60.0)
    found.history.channel("D1", *asked_lately(4), kind="im")
    found.history.channel("D2", *asked_lately(4), kind="im")

    lines = await swept(found, sweeps=3)

    assert sorted(found.texts) == sorted(f"question {each}" for each in range(4) for _ in "12")
    assert caught_up(lines) == [
        ("warning", "questions", True),
        ("warning", "questions", True),
        ("info", None, False),
    ]
    assert found.sleep.slept.count(60.0) == 2


async def test_threads_that_a_limit_left_are_read_in_a_later_sweep_and_none_twice(
    found: Found,
) -> None:
    old, now = time.time() - 3600, time.time()
    threads = [f"{old + each:.6f}" for each in range(6)]
    found.limits = BackfillLimits(pages=12)
    found.history.channel(
        "C1",
        *(said(ts, "an old thread") for ts in threads),
        *(said(f"{now - 9 + n:.6f}", f"<@UBOT> {n}", ts) for n, ts in enumerate(threads)),
        kind="public_channel",
    )

    await swept(found, sweeps=3)

    assert sorted(found.texts) == ["0", "1", "2", "3", "4", "5"]
    whole = [ts for ts in threads if found.history.threads_read.count(ts) == 2]
    assert len(whole) >= 4, "each thread is read once, in two pages, but for one cut in the middle"


async def test_a_conversation_that_slack_did_not_show_is_read_in_the_next_sweep(
    found: Found,
) -> None:
    found.history.channel("D1", *asked_lately(1), kind="im")
    found.history.failures = [OutcomeUnknown("The connection ended.")] * 3

    lines = await swept(found, sweeps=2)

    assert found.texts == ["question 0"]
    assert [goes_on for _, _, goes_on in caught_up(lines)] == [True, False]


async def test_operators_are_told_when_no_further_sweep_goes_on(found: Found) -> None:
    found.limits = BackfillLimits(questions=1, sweeps=2)
    found.history.channel("D1", *asked_lately(3), kind="im")

    lines = await swept(found, sweeps=2)

    assert caught_up(lines) == [("warning", "questions", True), ("error", "questions", False)]


async def test_a_user_with_more_questions_than_pass_at_once_is_not_left_without_the_rest(
    found: Found,
) -> None:
    now = 0.0
    found.world.throttle = PerUserThrottle(2, lambda: now)

    async def rest(seconds: float) -> None:
        nonlocal now
        now += seconds
        await asyncio.sleep(0)

    found.history.channel("D1", *asked_lately(5), kind="im")
    catch_up = Backfill(found.deps(found.limits, rest))
    catch_up.after_silence(None)
    await until(lambda: catch_up.sweeps == 3)
    await catch_up.close()

    assert sorted(found.texts) == [f"question {each}" for each in range(5)]


async def test_after_an_outage_even_questions_of_its_first_minute_are_found(found: Found) -> None:
    began = time.time() - 2 * 3600
    found.history.channel("D1", said(f"{began + 1:.6f}", "kept for you"), kind="im")

    await swept(found, sweeps=1, outage_s=2 * 3600)

    assert found.texts == ["kept for you"]


async def test_a_sweep_has_its_own_time_whoever_told_of_the_silence(found: Found) -> None:
    found.history.channel("D1", said(f"{time.time() - 1:.6f}", "hello"), kind="im")
    catch_up = Backfill(found.deps())

    with ack_deadline(within_s=0.0):
        catch_up.after_silence(None)
    await until(lambda: catch_up.sweeps)
    await catch_up.close()

    assert found.texts == ["hello"]


async def test_closing_ends_a_sweep_at_once(found: Found) -> None:
    found.world.queue.hangs = True
    found.history.channel("D1", said(f"{time.time() - 1:.6f}", "hello"), kind="im")
    catch_up = Backfill(found.deps())
    catch_up.after_silence(None)
    await until(lambda: found.history.calls == 5)

    async with asyncio.timeout(1.0):
        await catch_up.close()

    assert catch_up.sweeps == 0
