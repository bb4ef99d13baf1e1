"""A busy workspace after a restart: every thread that people write in is unknown at once."""

from dataclasses import replace

import pytest

from command_service.use_cases.follow_ups import LOOKS_PER_MINUTE
from simulators.slack.config import SUBSCRIPTIONS
from tests.support.workbenches.command import SLACK, Stack, stack

THREADS = 147
# Time for a slow machine: who waited for a turn to look into 147 threads would take minutes.
BUSY = replace(SLACK, subscriptions=SUBSCRIPTIONS, ack_timeout_s=10.0)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def told(world: Stack, step: str) -> set[str]:
    return {key for entry in world.journal.entries(step=step) for key in entry.keys}


async def test_147_replies_in_unknown_threads_are_acked_and_hold_up_neither_mention_nor_dm() -> (
    None
):
    async with stack(BUSY) as world:
        people = world.slack.people
        opened = [people.post("kenji", "#general", f"topic {n}").ts for n in range(THREADS)]
        async with world.service():
            said = [
                people.post("hana", "#general", "what do you think?", thread_ts=ts) for ts in opened
            ]
            said += [
                people.post("alice", "#general", "@mechachang asked in a mention"),
                people.post("alice", people.dm("alice").id, "asked directly"),
            ]
            tasks = await world.wait_for_tasks(2)
            keys = {f"message:{each.channel}:{each.ts}" for each in said}
            await world.slack.wait_for(lambda: keys <= told(world, "ack"), 120.0)
            # Where a look takes longer than a second, Slack's redelivery decides.
            late = keys & told(world, "ack_missed")
            assert len(late) <= LOOKS_PER_MINUTE, sorted(late)
        assert {task.text for task in tasks} == {"asked in a mention", "asked directly"}
        assert len(world.calls("conversations.replies")) <= 2 * LOOKS_PER_MINUTE
