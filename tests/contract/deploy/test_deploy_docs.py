"""The commands that the deployment's pages tell people to type, as gcloud reads them."""

import re
import shlex
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT
from tests.support import gcloud

PAGES = ("docs/deployment.md", "docs/ja/deployment.md", "docs/backup.md", "docs/ja/backup.md")
_FENCE = re.compile(r"```bash\n(.*?)```", re.DOTALL)
# Those volumes whose cost the page tells.
_ANSWERS = ("1,000", "10,000")
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
    folder = (PROJECT_ROOT / page).parent
    missing = [target for target in linked if not (folder / target).exists()]
    assert missing == []


def blocks(page: str) -> list[str]:
    """What is to be typed, block by block, without remarks."""
    found = _FENCE.findall((PROJECT_ROOT / page).read_text(encoding="utf-8"))
    return [re.sub(r" +# .*", "", block) for block in found]


@pytest.mark.parametrize("name", ["deployment.md", "backup.md"])
def test_the_japanese_page_has_the_same_commands_block_by_block(name: str) -> None:
    english, japanese = blocks(f"docs/{name}"), blocks(f"docs/ja/{name}")
    assert len(english) > 1
    assert japanese == english
    assert sorted(commands(f"docs/ja/{name}")) == sorted(commands(f"docs/{name}"))


@pytest.mark.parametrize("page", ["docs/deployment.md", "docs/ja/deployment.md"])
def test_the_installation_page_costs_what_the_benchmark_computed(page: str) -> None:
    measured = (PROJECT_ROOT / "benchmarks/results/latest.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in measured.splitlines()]
    ours = {row[1]: row[2:] for row in rows if row[0] == "ours" and len(row) == 9}
    command, redis = (float(price) for price in ours["1,000"][:2])
    told = (PROJECT_ROOT / page).read_text(encoding="utf-8")
    for dollars in (command, redis, command + redis, *(float(ours[n][5]) for n in _ANSWERS)):
        assert re.search(rf"{dollars:.2f}[* |]+{int(dollars * 150 + 0.5):,}\b", told), dollars
