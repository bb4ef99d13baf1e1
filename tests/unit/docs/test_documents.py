"""The documents name what exists: links, headings, code, tests, commands, examples."""

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel

from shared.actions import (
    ActionId,
    AskAgain,
    CastVote,
    ExplainVote,
    HomeChoices,
    ShareAnswer,
    ShownQuestion,
    StopAnswer,
)
from shared.task import Cancel, Feedback, Task
from tests.documents import api

ROOT = Path(__file__).parents[3]
_NOT_OURS = {"golden", "build", "dist", "test-results", "backups"}
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\n]*(?:\n[^\]\n]*)?\]\((?!https?:|mailto:)([^)\s]+)\)")
_REFERENCE = re.compile(r"`([\w/.-]+\.py):([\w.]+)`")
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|sh|yaml|json|toml))`")


def documents() -> list[Path]:
    """Every page of the repository. Git is not asked: what a build is given has none."""
    found = []
    for folder, inside, names in os.walk(ROOT):
        inside[:] = [one for one in inside if not one.startswith(".") and one not in _NOT_OURS]
        found += [Path(folder) / name for name in names if name.endswith(".md")]
    return sorted(found)


DOCUMENTS = documents()
each_document = pytest.mark.parametrize(
    "page", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return frozenset(
        re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", each).lower()).replace(" ", "-")
        for each in headings
    )


def test_the_pages_are_found() -> None:
    names = {str(path.relative_to(ROOT)) for path in DOCUMENTS}
    assert {"README.md", "docs/operations.md", "docs/ja/runbooks/README.md"} <= names


@each_document
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page)):
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), link


@each_document
def test_every_file_that_is_named_with_its_folder_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md" or "decisions" in page.parts:
        return
    places = (ROOT, page.parent)
    missing = [
        name
        for name in _PATH.findall(prose(page))
        if not any((place / name).exists() for place in places)
    ]
    assert missing == []


@each_document
def test_every_name_in_a_file_exists(page: Path) -> None:
    for file, name in _REFERENCE.findall(prose(page)):
        assert any(name in names_in(path) for path in _called(file)), f"{file}:{name}"


def _called(name: str) -> list[Path]:
    """The module at this path, or all of ours that are called so."""
    if (ROOT / name).exists():
        return [ROOT / name]
    folders = ("shared", "command_service", "processor_service", "simulators", "deploy")
    return [path for folder in folders for path in (ROOT / folder).rglob(name)]


@cache
def names_in(path: Path) -> frozenset[str]:
    """What a module defines, and what its classes define as ``Class.name``."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(_names(module))


def _names(module: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    for node in module.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield f"{prefix}{node.name}"
            case ast.ClassDef():
                yield f"{prefix}{node.name}"
                yield from _names(node, f"{prefix}{node.name}.")
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield f"{prefix}{name}"


def rows(page: str) -> list[list[str]]:
    """The cells of the rows below a page's first table head."""
    table = (ROOT / "docs" / page).read_text(encoding="utf-8").partition("|---|")[2]
    lines = table.partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def test_each_word_of_the_glossary_is_in_the_code() -> None:
    words = rows("glossary.md")
    assert len(words) <= 40
    assert [term for term, _, where in words if not _REFERENCE.fullmatch(where)] == []
    assert [term for term, _, _ in words] == sorted(term for term, _, _ in words)


def test_each_decision_is_in_the_index_with_its_title() -> None:
    titles = {}
    for path in sorted((ROOT / "docs" / "decisions").glob("0*.md")):
        number, _, title = path.read_text(encoding="utf-8").partition("\n")[0][2:].partition(". ")
        titles[f"[{number}]({path.name})"] = title
    assert {link: title for link, title, *_ in rows("decisions/README.md")} == titles


@pytest.mark.parametrize("name", ["architecture.md", "behaviour.md"])
def test_the_modules_of_these_pages_are_in_the_tree(name: str) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    named = {Path(each) for each in re.findall(r"`([\w/]+\.py)\b", page)}
    assert [str(each) for each in named if "/" not in str(each) and not _called(each.name)] == []


def test_the_arrows_between_the_rooms_are_those_that_the_linter_allows() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for service in ("command_service", "processor_service"):
        drawn = page.partition(f"subgraph {service}\n")[2].partition("    end\n")[0]
        label = dict(re.findall(r'(\w+)\["([^"]+)"\]', drawn))
        arrows = [
            (a, b)
            for line in re.sub(r"\[.*?\]", "", drawn).splitlines()
            for a, b in pairwise(line.strip().split(" --> "))
        ]
        [layers] = [
            each["layers"]
            for each in contracts["tool"]["importlinter"]["contracts"]
            if each["type"] == "layers" and each["layers"][0].startswith(f"{service}.__main__")
        ]
        depth = {room.strip(): at for at, layer in enumerate(layers) for room in layer.split("|")}
        depths = {
            node: {depth[f"{service}.{room}"] for room in rooms.split(" · ")}
            for node, rooms in label.items()
        }
        assert all(max(depths[a]) < min(depths[b]) for a, b in arrows)
        above = {f"{service}.__main__", f"{service}.smoke"}
        shown = {f"{service}.{room}" for rooms in label.values() for room in rooms.split(" · ")}
        assert shown == depth.keys() - above


def test_every_threat_is_tested_somewhere() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.search(r"\| threat \|.*?\n\|---\|---\|---\|\n(.*?)\n\n", text, re.DOTALL)
    assert rows is not None
    untested = [row for row in rows[1].splitlines() if ":test_" not in row]
    assert untested == []


def test_what_remains_is_tested_too() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    bullets = text.partition("## What remains")[2].partition("\n* ")[2].split("\n* ")
    untested = [one.partition("**.")[0] for one in bullets if ":test_" not in one]
    assert untested == []


TWINS = ("operations", "on-call", "incident-template", "migration")


@pytest.mark.parametrize("name", TWINS)
def test_a_japanese_page_has_the_same_commands_and_as_many_parts(name: str) -> None:
    english, japanese = (
        (ROOT / "docs" / folder / f"{name}.md").read_text(encoding="utf-8")
        for folder in (".", "ja")
    )
    commands = [block for block in _FENCE.findall(english) if not block.startswith("```text")]
    assert [
        block for block in _FENCE.findall(japanese) if not block.startswith("```text")
    ] == commands
    for line_begin in ("#", "* [ ]", "|"):
        count = [
            sum(line.lstrip(" 0123456789.").startswith(line_begin) for line in text.splitlines())
            for text in (english, japanese)
        ]
        assert count[0] == count[1], line_begin


@pytest.mark.parametrize("model", [Task, Cancel, Feedback])
def test_every_field_of_a_task_is_told(model: type[BaseModel]) -> None:
    table = api.PAGE.read_text(encoding="utf-8").partition("| field | |")[2].partition("\n\n")[0]
    untold = [name for name in model.model_fields if f"`{name}`" not in table]
    assert untold == []


def test_openapi_json_is_what_the_processor_says() -> None:
    assert api.OPENAPI.read_text(encoding="utf-8") == api.openapi(), "stale: make docs"


def test_what_our_messages_carry_is_listed_by_action_and_model() -> None:
    page = api.PAGE.read_text(encoding="utf-8")
    section = page.partition("## What our messages carry")[2].partition("\n## ")[0]
    rows = [
        line.split(" | ") for line in section.splitlines() if re.match(r"\| `(?!action_id)", line)
    ]
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    models: list[type[BaseModel]] = [
        AskAgain,
        StopAnswer,
        CastVote,
        ShareAnswer,
        HomeChoices,
        ExplainVote,
        ShownQuestion,
    ]
    assert listed == [*ActionId, *(model.__name__ for model in models)]
    fields = [re.findall(r"`(\w+)`", row[1]) for row in rows[-len(models) :]]
    assert fields == [list(model.model_fields) for model in models]


async def test_the_examples_are_what_the_code_makes() -> None:
    page = api.PAGE.read_text(encoding="utf-8")
    made = await api.examples()
    assert sorted(api.named_in(page)) == sorted(made)
    assert page == api.with_examples(page, made), "stale: make docs"
