"""The tree itself: no room is too full to be looked over, and no test file hides another."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[3]
_MOST = 15


def test_no_two_test_files_have_one_name() -> None:
    # pytest imports a test file by its name alone, so that one of two equal ones is never run.
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, times in names.items() if times > 1] == []


def test_a_folder_holds_fifteen_modules_at_most() -> None:
    full = {}
    for package in ("shared", "command_service", "processor_service", "simulators", "deploy"):
        for folder in {path.parent for path in (ROOT / package).rglob("*.py")}:
            modules = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
            if len(modules) > _MOST:
                full[str(folder.relative_to(ROOT))] = len(modules)
    assert full == {}


def test_no_merge_has_left_its_markers() -> None:
    marker = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
    kinds = ("py", "md", "yaml", "toml", "js", "css", "html", "sh", "json", "txt")
    folders = (
        "command_service",
        "processor_service",
        "shared",
        "simulators",
        "deploy",
        "docs",
        "tests",
    )
    written = [
        path for each in folders for kind in kinds for path in (ROOT / each).rglob(f"*.{kind}")
    ]
    assert len(written) > 500
    left = [path for path in written if marker.search(path.read_text("utf-8", "replace"))]
    assert left == []
