"""The commands that the deployment's pages tell people to type, as gcloud reads them."""

import re
import shlex
from pathlib import Path

import pytest

from simulators.environment import PROJECT_ROOT
from tests import gcloud

PAGES = ("docs/deployment.md", "docs/backup.md")
_FENCE = re.compile(r"```bash\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(gcloud [^`]*--[^`]*)`", re.DOTALL)


def commands(page: str) -> list[str]:
    """Every gcloud command, with something in place of each variable."""
    text = (PROJECT_ROOT / page).read_text(encoding="utf-8")
    lines = "\n".join(_FENCE.findall(text)).replace("\\\n", " ").splitlines()
    found = [line for line in lines if line.startswith("gcloud ")]
    found += [" ".join(inline.split()) for inline in _INLINE.findall(text)]
    told = (re.sub(r"\$TOOLS|\$\{TOOLS[^}]*\}", "_TOOL=x", line) for line in found)
    filled = (re.sub(r"\$\([^)]*\)|\$\w+", "x", line) for line in told)
    return [" ".join(shlex.split(line)) for line in filled]


@pytest.mark.parametrize("page", PAGES)
async def test_gcloud_understands_what_people_are_told_to_type(page: str, tmp_path: Path) -> None:
    gcloud.require("gcloud")
    assert commands(page)
    assert await gcloud.refused(commands(page), tmp_path) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (PROJECT_ROOT / page).read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    missing = [target for target in linked if not (PROJECT_ROOT / "docs" / target).exists()]
    assert missing == []
