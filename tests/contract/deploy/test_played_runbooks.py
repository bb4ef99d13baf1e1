"""The runbooks of what lasts for hours, or takes a region: their signs and commands, played."""

import shutil
from pathlib import Path

import pytest

from tests.drills.runbooks.page import RUNBOOKS
from tests.drills.runbooks.played_drills import PLAYED, PlayedDrill
from tests.drills.runbooks.played_run import run_played

BY_PAGE = {drill.page: drill for drill in PLAYED}


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` and no token of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)


@pytest.mark.parametrize("drill", PLAYED, ids=lambda drill: drill.page)
async def test_what_the_page_says_is_seen_and_its_commands_mend_it(drill: PlayedDrill) -> None:
    result = await run_played(drill)
    assert result.failure == ""
    assert result.shown
    assert result.did
    assert result.verified


@pytest.mark.parametrize(
    ("page", "right", "wrong", "failure"),
    [
        ("release-failed", "deploy.rollback processor", "deploy.rollback command", "CommandFailed"),
        ("high-error-rate", "--window=10m", "--window=1h", "NotSeen"),
        (
            "budget",
            'processor-service --region="$REGION" --to-latest',
            'processor-service --region="$REGION"',
            "NotKnown",
        ),
        ("queue-backlog", "--max=40", "--max=20", "NotSeen"),
        ("answers-are-doubled", "read -rs SLACK_BOT_TOKEN\n", "", "NotKnown"),
    ],
)
async def test_a_page_that_would_not_help_fails_its_drill(
    tmp_path: Path, page: str, right: str, wrong: str, failure: str
) -> None:
    pages = shutil.copytree(RUNBOOKS, tmp_path / "runbooks")
    file = pages / f"{page}.md"
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong), "utf-8")
    result = await run_played(BY_PAGE[page], pages)
    assert result.failure.startswith(failure)
