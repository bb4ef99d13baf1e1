"""The drill that operators may run too: lose everything but Slack, and make it again."""

import os
from pathlib import Path

import pytest

from simulators.processes.google_emulator import EmulatorMissing, google_emulator
from tests.drills.restore import drill
from tests.support import gcloud


@pytest.mark.emulator
async def test_after_a_restore_from_a_backup_each_question_has_one_answer(tmp_path: Path) -> None:
    gcloud.require("gcloud")
    gcloud.require("redis-server")
    steps: list[str] = []
    try:
        async with google_emulator() as address:
            await drill(address, tmp_path, steps.append)
    except EmulatorMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    assert steps[-1] == "Each question has exactly one answer."
