"""A small chaos run: what `make chaos` does with more questions. Its seed is fixed."""

from pathlib import Path

import pytest

from tests.chaos.report import is_good, report
from tests.chaos.run import Plan, run


# What stands too much is waited for until the last late look.
@pytest.mark.timeout(480)
async def test_no_accepted_question_is_lost_doubled_or_left_half_answered_in_chaos(
    tmp_path: Path,
) -> None:
    result = await run(Plan(count=80, seed=7, rate=8, folder=tmp_path))
    assert is_good(result), report(result)
    assert sum(len(spans) for spans in result.spans.values()) > 40
