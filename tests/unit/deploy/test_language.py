"""What operators' tools say: each text in both languages, with the same names and options."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dead_letters import report
from deploy.dead_letters.letter import Letter, dead_tasks
from deploy.language import columns, padded, speaking, words
from tests.support.tasks import NOON

DEPLOY = Path(__file__).parents[3] / "deploy"
TOOLS = [
    *(DEPLOY / f"{path.stem}.py" for path in sorted(DEPLOY.glob("[a-z]*.py"))),
    *(
        path
        for folder in ("canary", "check_slack", "dead_letters", "monitoring", "slo")
        for path in sorted((DEPLOY / folder).glob("*.py"))
    ),
    *(DEPLOY.parent / "tests" / "drills" / f"{name}.py" for name in ("restore", "rollback")),
]
SAYS = {"say", "_say", "print", "_tell", "error", "ArgumentTypeError"}
# Names that a reader looks for or types: options, roles, settings, modules.
NAMES = re.compile(r"--[a-z-]+|roles/[\w.]+\w|[A-Z]{4,}(?:_[A-Z]+)+|(?:python -m|gcloud) [\w.]+")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def is_told(call: ast.Call) -> bool:
    """Whether people read what it is given."""
    name = called(call)
    return name in SAYS or (name.endswith(("Failed", "Unavailable", "Unproven", "Task", "ed")))


def in_one_language(source: str) -> Iterator[str]:
    """The sentences that are told as they stand."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and is_told(node):
            for given in node.args[:1]:
                written = ast.unparse(given)
                if isinstance(given, ast.Constant | ast.JoinedStr) and re.search(
                    r"[a-z]{2,} [a-z]{2,}", re.sub(r"\{[^}]*\}", "", written)
                ):
                    yield written


def pairs(source: str) -> Iterator[tuple[str, str]]:
    """What is said in both, as written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and called(node) == "words":
            en, ja = node.args
            if isinstance(en, ast.Constant | ast.JoinedStr) and isinstance(
                ja, ast.Constant | ast.JoinedStr
            ):
                yield ast.unparse(en), ast.unparse(ja)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: str(path.relative_to(DEPLOY.parent)))
def test_nothing_is_told_in_english_only(tool: Path) -> None:
    assert list(in_one_language(tool.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: str(path.relative_to(DEPLOY.parent)))
def test_both_languages_name_the_same_options_roles_and_commands(tool: Path) -> None:
    for en, ja in pairs(tool.read_text(encoding="utf-8")):
        assert sorted(NAMES.findall(ja)) == sorted(NAMES.findall(en)), ja
        assert JAPANESE.search(ja) or "：" in ja, ja


def test_a_sentence_in_one_language_is_found() -> None:
    assert list(in_one_language('say(f"All traffic is back at {before}.")')) != []
    assert list(in_one_language('raise CloudRunFailed("It did not start.")')) != []
    assert list(in_one_language('say(words("It is back.", "戻しました。"))')) == []


def test_english_is_spoken_until_somebody_says_otherwise_and_again_afterwards() -> None:
    assert words("yes", "はい") == "yes"
    with speaking("ja"):
        assert words("yes", "はい") == "はい"
    assert words("yes", "はい") == "yes"


def test_columns_stand_in_line_under_japanese_headings() -> None:
    letters = [Letter("a", "1", NOON, b"no task", {}), Letter("b", "23456789", NOON, b"none", {})]
    with speaking("ja"):
        heading, *rows = report.table(dead_tasks(letters), NOON)
    assert "未知のタスクのため再実行できません" in rows[0]
    begins = {columns(row[: row.index("未知")]) for row in rows}
    assert begins == {columns(heading[: heading.index("備考")])}
    assert padded("経過", 6) == "経過  "
