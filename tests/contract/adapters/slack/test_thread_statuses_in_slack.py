"""The statuses below threads that Slack takes, refuses and loses."""

import pytest

from simulators.faults import Fault
from tests.support.workbenches.processor import processors


@pytest.mark.parametrize("status", ["まだ考え中", ""])
async def test_a_status_that_slack_has_accepted_is_cleared_whatever_it_refuses_meanwhile(
    status: str,
) -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        assert await thread.show_status("考え中")
        for shows in (thread, there.streamed(asked.ts)) if not status else (thread,):
            here.bench.faults.add(
                "slack",
                "assistant.threads.setStatus",
                Fault("error", status=200, error="invalid_thread_ts"),
            )
            assert not await shows.show_status(status)
        assert here.bench.slack.workspace.statuses
        assert thread.status is not None
        assert await thread.show_status("")
        assert not here.bench.slack.workspace.statuses


@pytest.mark.parametrize("code", ["missing_scope", "channel_type_not_supported", "no_such_thing"])
async def test_a_refused_status_is_asked_for_once_and_counts_as_cleared(code: str) -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        rule = here.bench.faults.add(
            "slack", "assistant.threads.setStatus", Fault("error", status=200, error=code), 10
        )
        thread = here.streamed(asked.ts)
        assert [await thread.show_status(status) for status in ("考え中", "", "")] == [True] * 3
        assert rule.times == 9
