"""The drill, as people run it."""

from pathlib import Path

import pytest

from tests.drills.rollback import drill


@pytest.mark.timeout(240)
async def test_a_bad_version_is_taken_back_and_a_good_one_goes_out(tmp_path: Path) -> None:
    drilled = await drill(tmp_path)
    assert drilled.faults == []
