"""The gcloud commands of runbooks and manuals, as gcloud reads them."""

import re
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT, inherited
from tests.drills.runbooks.page import Page, pages, read
from tests.support import gcloud

DOCS = PROJECT_ROOT / "docs"
MANUALS = ("operations", "on-call", "incident-template", "migration", "runbooks/README")
_INLINE = re.compile(r"`(gcloud [^`]*--[^`]*)`", re.DOTALL)
# What a page leaves to its reader.
_FILLED = re.compile(r'"\$\w+"|\$\([^)]*\)|\$\w+|"x\([^"]*\)"')


def commands(page: Page) -> list[str]:
    """Every gcloud command, with something in place of each variable."""
    typed = [part for command in page.commands() for part in command.split(" | ")]
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


TRACE = """#!/bin/sh
printf '0.8\\taaa1\\n12.5\\tbbb2\\n3.25\\tccc3\\n1\\tddd4\\n'
"""


async def test_the_slowest_questions_are_told_with_their_traces(tmp_path: Path) -> None:
    (command,) = [c for c in read(DOCS / "runbooks" / "README.md").commands() if "traces" in c]
    stand_in = tmp_path / "gcloud"
    stand_in.write_text(TRACE)
    stand_in.chmod(0o755)
    there = inherited()
    env = there | {"PATH": f"{tmp_path}:{there['PATH']}", "PROJECT_ID": "mine"}
    ran = await gcloud.run("bash", "-c", command, env=env)
    link = "https://console.cloud.google.com/traces/explorer;traceId={}?project=mine"
    assert ran.out.splitlines() == [
        f"12.5 s {link.format('bbb2')}",
        f"3.25 s {link.format('ccc3')}",
        f"1 s {link.format('ddd4')}",
    ]
