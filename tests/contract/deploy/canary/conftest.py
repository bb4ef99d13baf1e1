"""A service to roll out, and nothing of whoever runs the tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.workbenches.rollout import RolloutBench, rollout_bench


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` and no token of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)


@pytest.fixture
async def bench() -> AsyncIterator[RolloutBench]:
    async with rollout_bench() as opened:
        yield opened
