"""One person's flood is nobody else's trouble, under Slack's own limits."""

from pathlib import Path

import pytest

from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.drills.flood import WRITING, Size, flood, report


@pytest.mark.timeout(240)
async def test_two_people_flood_and_a_third_is_answered_at_once_and_nobody_twice(
    tmp_path: Path,
) -> None:
    size = Size(mentions=80, in_thread=30, third=2, seconds=6.0)
    async with LocalStack(StackConfig(folder=tmp_path, gemini=WRITING)) as stack:
        verdict = await flood(stack, size)
        assert not verdict.faults, report(stack, size, verdict)
        assert verdict.fates["hana"]["covered"] > 0
        assert verdict.fates["hana"]["answer"] > 0
