"""The gcloud commands of runbooks and manuals, as gcloud reads them."""

import re
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT
from tests.drills.runbooks.page import Page, pages, read
from tests.support import gcloud

DOCS = PROJECT_ROOT / "docs"
MANUALS = ("operations", "on-call", "incident-template", "migration", "runbooks/README")
_INLINE = re.compile(r"`(gcloud [^`]*--[^`]*)`", re.DOTALL)
# What a page leaves to its reader.
_FILLED = re.compile(r'"\$\w+"|\$\([^)]*\)|\$\w+|"x\([^"]*\)"')


def commands(page: Page) -> list[str]:
    """Every gcloud command, with something in place of each variable."""
    typed = [command.rpartition(" | ")[2] for command in page.commands()]
    inline = [" ".join(each.split()) for each in _INLINE.findall(page.text)]
    found = [each for each in (*typed, *inline) if each.startswith("gcloud ")]
    told = (each.replace("$(deploy/build/tools.sh)", "_TOOL=x") for each in found)
    return list(dict.fromkeys(_FILLED.sub("x", each) for each in told if "…" not in each))


async def test_gcloud_understands_what_people_are_told_to_type(tmp_path: Path) -> None:
    gcloud.require("gcloud")
    told = [*pages(), *(read(DOCS / f"{name}.md") for name in (*MANUALS, "../SECURITY"))]
    every = sorted({command for page in told for command in commands(page)})
    assert len(every) > 30
    assert await gcloud.refused(every, tmp_path) == []


@pytest.mark.parametrize("name", ["", *MANUALS])
def test_the_japanese_pages_have_no_other_commands(name: str) -> None:
    english = [read(DOCS / f"{name}.md")] if name else pages()
    japanese = [read(DOCS / "ja" / f"{name}.md")] if name else pages(DOCS / "ja" / "runbooks")
    for page, twin in zip(english, japanese, strict=True):
        assert sorted(commands(twin)) == sorted(commands(page)), twin.name
