"""The commands that the deployment's pages tell people to type, as gcloud reads them."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT
from tests.drills.installation import page as installation
from tests.drills.installation.judge import faults, unlike
from tests.drills.installation.walk import TYPED, Walked, project_in, shell, walk
from tests.support import gcloud
from tests.support.workbenches.build import TOOLS

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


async def test_gcloud_understands_what_people_are_told_to_type(tmp_path: Path) -> None:
    gcloud.require("gcloud")
    # The Japanese pages have the same ones, as is tested below.
    told = [command for page in ("deployment", "backup") for command in commands(f"docs/{page}.md")]
    assert len(told) > 10
    assert await gcloud.refused(list(dict.fromkeys(told)), tmp_path) == []


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


async def test_the_installation_page_can_be_followed_word_by_word(tmp_path: Path) -> None:
    walked = await walk(installation.read("docs/deployment.md"), tmp_path, goes_aside=False)
    assert len(walked.calls) > 100
    assert await faults(walked, tmp_path) == []


def test_both_installation_pages_name_the_same_commands_and_substitutions() -> None:
    assert list(unlike(*map(installation.read, installation.PAGES))) == []


def typed(*calls: str, text: str = "") -> Walked:
    """Whoever pasted all values, and then gave these calls to gcloud."""
    page = replace(installation.read("docs/deployment.md"), text=text)
    return Walked(page, goes_aside=False, calls=list(calls), values=dict(TYPED))


SUBMIT = "gcloud 'builds' 'submit' '--substitutions=SHORT_SHA=a,_REGION=r,{}'"
IMAGES = ",".join(f"_{name}=host/{name.lower()}@sha256:0" for name in TOOLS)


@pytest.mark.parametrize(
    ("walked", "fault"),
    [
        (typed("gcloud 'secrets' 'create' '--value=key-typed'"), "is a word of a command"),
        (typed(SUBMIT.format(f"{IMAGES},_NOTIFY_CHANEL=C1")), "has no _NOTIFY_CHANEL"),
        (typed(SUBMIT.format("_TOOLS_DATE=x")), "is not told _GCLOUD_IMAGE by its digest"),
        (typed(text="Name `_REGIO` and run `make operation`."), "there is no substitution _REGIO"),
        (typed(text="Run `make operation`."), "there is no make operation"),
        (typed(text="Run `python -m deploy.rollout command --regoin=x`."), "is not understood"),
        (typed(text="| check | tests |"), "the build's step rollout is not told"),
    ],
)
async def test_a_page_that_leads_astray_is_found(
    walked: Walked, fault: str, tmp_path: Path
) -> None:
    found = await faults(walked, tmp_path)
    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("gcloud secrets create a", "secretmanager.googleapis.com has not been used"),
        (
            "gcloud projects add-iam-policy-binding p --member=serviceAccount:a@my-project.iam.x",
            "a",
        ),
        ("gcloud builds submit --gcs-source-staging-dir=gs://b/source", "cloudbuild.googleapis"),
        ("deploy/bootstrap.sh pubsub", "pubsub.googleapis.com has not been used"),
    ],
)
async def test_the_project_that_a_page_is_typed_into_is_as_strict_as_google(
    line: str, said: str, tmp_path: Path
) -> None:
    (told,) = await shell([line], project_in(tmp_path))
    assert any(said in failure for failure in told.failed), told


@pytest.mark.parametrize("name", ["deployment.md", "backup.md"])
def test_the_japanese_page_has_the_same_commands_block_by_block(name: str) -> None:
    english, japanese = blocks(f"docs/{name}"), blocks(f"docs/ja/{name}")
    assert len(english) > 1
    assert japanese == english
    assert sorted(commands(f"docs/ja/{name}")) == sorted(commands(f"docs/{name}"))


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("docs/deployment.md", "it gives up after {} |"),
        ("docs/ja/deployment.md", "（{} 分で打ち切られます）"),
    ],
)
def test_the_installation_page_says_when_a_build_gives_up(page: str, told: str) -> None:
    build = (PROJECT_ROOT / "cloudbuild.yaml").read_text(encoding="utf-8")
    [limit_s] = re.findall(r"(?m)^timeout: (\d+)s$", build)
    assert told.format(int(limit_s) // 60) in (PROJECT_ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["docs/deployment.md", "docs/ja/deployment.md"])
def test_the_installation_page_costs_what_the_benchmark_computed(page: str) -> None:
    measured = (PROJECT_ROOT / "benchmarks/results/latest.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in measured.splitlines()]
    ours = {row[1]: row[2:] for row in rows if row[0] == "ours" and len(row) == 9}
    command, redis = (float(price) for price in ours["1,000"][:2])
    told = (PROJECT_ROOT / page).read_text(encoding="utf-8")
    for dollars in (command, redis, command + redis, *(float(ours[n][5]) for n in _ANSWERS)):
        assert re.search(rf"{dollars:.2f}[* |]+{int(dollars * 150 + 0.5):,}\b", told), dollars
