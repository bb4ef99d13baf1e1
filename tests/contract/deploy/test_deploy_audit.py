"""The question whether a dependency has a known weakness: what is asked, and what is told."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deploy.audit import ROOT, audit, command, lock_files, tools_are_old

CLEAN = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "not on the index"}


def tool(folder: Path, answer: str) -> list[str]:
    """Something that answers what pip-audit would, and notes what it was asked."""
    script = folder / "tool.py"
    script.write_text(
        "import sys, pathlib\n"
        f"pathlib.Path({str(folder / 'asked')!r}).write_text(' '.join(sys.argv[1:]))\n"
        f"print({answer!r})\n"
    )
    return [sys.executable, str(script)]


def test_every_lock_file_that_is_in_the_repository_is_asked_about() -> None:
    locks = sorted(path.name for path in ROOT.glob("*.lock"))
    assert len(locks) >= 7
    assert lock_files() == locks
    words = command(lock_files())
    assert [words[at + 1] for at, word in enumerate(words) if word == "--requirement"] == locks


@pytest.mark.parametrize(
    ("packages", "code", "told"),
    [
        ([CLEAN], 0, "0 known weaknesses"),
        ([CLEAN, WEAK], 1, "b 2: PYSEC-1, mended in 3"),
        ([CLEAN, SKIPPED], 2, "c: not on the index"),
    ],
)
def test_what_is_known_is_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    packages: list[dict[str, Any]],
    code: int,
    told: str,
) -> None:
    assert audit(tool(tmp_path, json.dumps({"dependencies": packages, "fixes": []}))) == code
    assert told in capsys.readouterr().out
    assert "requirements-processor.lock" in (tmp_path / "asked").read_text()


@pytest.mark.parametrize("answer", ["", "Traceback", "{}", "[]", "null"])
def test_a_service_that_cannot_be_reached_is_told_plainly_and_is_no_clean_bill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    assert audit(tool(tmp_path, answer)) == 2
    assert capsys.readouterr().out.startswith("Nothing is known of any package")


def test_without_the_tool_nothing_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(["/nowhere/pip-audit"]) == 2
    assert "Nothing is known" in capsys.readouterr().out


def test_a_builds_own_images_are_renewed_before_google_deletes_theirs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    today = date(2026, 11, 28)
    assert not tools_are_old("", today)
    assert not tools_are_old("2026-03-03", today)
    assert tools_are_old("2026-03-02", today)
    assert "deploy/build/tools.sh" in capsys.readouterr().out
