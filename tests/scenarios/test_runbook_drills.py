"""The runbooks help when it breaks; ``python -m tests.drills.runbooks`` tries them all."""

import shutil
from pathlib import Path

import pytest

from tests.drills.runbooks.drills import DRILLS, Drill
from tests.drills.runbooks.page import RUNBOOKS
from tests.drills.runbooks.run import run

QUICK = [drill for drill in DRILLS if drill.is_quick]


@pytest.mark.parametrize("drill", QUICK, ids=lambda drill: drill.page)
async def test_what_the_page_says_is_seen_mends_and_leaves_one_answer(
    drill: Drill, tmp_path: Path
) -> None:
    result = await run(drill, tmp_path)
    assert result.failure == ""
    assert result.shown
    assert result.did
    assert result.verified


async def test_a_page_with_a_command_that_does_not_mend_it_fails_its_drill(tmp_path: Path) -> None:
    (drill,) = [drill for drill in QUICK if drill.page == "bot-is-silent"]
    pages = shutil.copytree(RUNBOOKS, tmp_path / "runbooks")
    page = pages / "bot-is-silent.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("services update command", "services change command"), "utf-8")
    result = await run(drill, tmp_path / "stack", pages)
    assert "the drill cannot do: gcloud run services change" in result.failure
