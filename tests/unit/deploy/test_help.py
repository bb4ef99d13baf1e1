"""``--help`` of what operators type: each text in both languages, each argument explained."""

import argparse
import importlib
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.language import columns
from deploy.operator_parser import OperatorParser, japanese_help, plain, subcommand, wrapped

ROOT = Path(__file__).parents[3]
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
# Names that a reader looks for or types: options, settings, modules.
NAMES = re.compile(r"--[a-z-]+|[A-Z]{4,}(?:_[A-Z]+)+|python -m [a-z_.]+")
OF_TESTS = ("chaos", "drills", "evaluate", "measure")
SOURCED = "/spoken.sh"
SCRIPTS = [
    path for path in sorted((ROOT / "deploy").rglob("*.sh")) if SOURCED in path.read_text("utf-8")
]
_ARGUMENT = re.compile(r" {2,4}[-{\w]")
# argparse puts an explanation into this column, in the same or the next line.
_COLUMN = 24
_IN_LINE = re.compile(r" {2,4}\S.*?  +\S")


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` and no language of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEPLOY_LANG", raising=False)


def modules() -> list[str]:
    """Every module that an operator runs."""
    folders = [ROOT / "deploy", *(ROOT / "tests" / name for name in OF_TESTS)]
    return [
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        if is_typed(path.read_text(encoding="utf-8"))
    ]


def is_typed(source: str) -> bool:
    """Whether a person runs it with options: what reads another's words has no parser."""
    return '__name__ == "__main__"' in source and "Parser(" in source


@cache
def parsers(module: str) -> tuple[argparse.ArgumentParser, ...]:
    """The module's parser and those of its commands."""
    top: argparse.ArgumentParser = importlib.import_module(module).command_line()
    return (top, *commands_of(top))


def commands_of(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in top._actions:
        if isinstance(action.choices, dict):
            yield from (
                each for each in action.choices.values() if isinstance(each, OperatorParser)
            )


def texts(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Everything that is written for a reader."""
    yield from filter(None, (parser.description, parser.epilog))
    yield from (each.help for each in parser._actions if each.help)


def unexplained(told: str) -> Iterator[str]:
    """The arguments that have a name only."""
    _, _, listed = told.partition("positional arguments:" if "positional" in told else "options:")
    lines = [*listed.splitlines(), ""]
    for line, after in pairwise(lines):
        goes_on = after.startswith(" " * _COLUMN) or re.match(r"    \w", after)
        if _ARGUMENT.match(line) and not _IN_LINE.match(line) and not goes_on:
            yield line.strip()


def test_what_has_a_parser_and_is_run_is_typed_by_somebody() -> None:
    assert is_typed('p = ArgumentParser()\nif __name__ == "__main__":')
    assert not is_typed('if __name__ == "__main__":\n    sys.exit(main(sys.argv))')
    assert len(modules()) > 20


def test_an_argument_with_a_name_only_is_found() -> None:
    told = "options:\n  -h, --help  show this\n  --json\n  --long LONG_NAME_OF_ALL\n" + 24 * " "
    assert list(unexplained(told + "said\n")) == ["--json"]


@pytest.mark.parametrize("module", modules())
def test_a_command_says_what_it_does_and_what_each_argument_means(module: str) -> None:
    top, *commands = parsers(module)
    told = top.format_help()
    assert told.startswith(f"usage: python -m {module.removesuffix('.__main__')}")
    for parser in (top, *commands):
        assert parser.description, parser.prog
        assert list(unexplained(parser.format_help())) == []
    if module.startswith("deploy."):
        assert "exit code" in told.lower()


@pytest.mark.parametrize("module", modules())
def test_it_says_all_of_that_in_japanese_too(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    known = japanese_help()
    for parser in parsers(module):
        missing = [each for each in map(plain, texts(parser)) if each not in known["texts"]]
        assert missing in (["show this help message and exit"], []), parser.prog
        told = parser.format_help()
        assert told.startswith(f"使い方 {parser.prog}")
        assert "オプション:" in told
        assert "show this help" not in told
        assert max(map(columns, told.splitlines())) <= 100


def test_the_table_has_nothing_that_no_command_says() -> None:
    said = {plain(text) for module in modules() for one in parsers(module) for text in texts(one)}
    assert sorted(japanese_help()["texts"].keys() - said) == []


@pytest.mark.parametrize("english", sorted(japanese_help()["texts"]))
def test_both_languages_name_the_same_options_and_numbers(english: str) -> None:
    japanese = japanese_help()["texts"][english]
    assert JAPANESE.search(japanese)
    assert sorted(set(NAMES.findall(japanese))) == sorted(set(NAMES.findall(english)))
    numbers = re.findall(r"\d+", english)
    assert [each for each in numbers if each not in japanese.replace(",", "")] == []


def a_parser() -> OperatorParser:
    parser = OperatorParser(prog="python -m nothing", description="For a test.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = subcommand(commands, "one", "this one instead")
    one.add_argument("--at-least", type=int, help="questions that make a verdict")
    return parser


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "エラー: 次の引数が必要です：command"),
        (["two"], "エラー: 引数 command：'two' は指定できません（選べる値：'one'）"),
        (["one", "--at-least"], "エラー: 引数 --at-least：値が必要です"),
        (["one", "--at-least", "x"], "エラー: 引数 --at-least：'x' は値として正しくありません"),
        (["one", "--all"], "エラー: 認識できない引数です：--all"),
    ],
)
def test_what_is_wrong_with_a_command_line_is_told_in_japanese(
    words: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    with pytest.raises(SystemExit) as ended:
        a_parser().parse_args(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("使い方 python -m nothing")
    # Later versions of Python leave the quotes out.
    assert told.replace("'", "") in said.replace("'", "")


def test_help_is_english_while_the_language_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "jp")
    with pytest.raises(SystemExit):
        a_parser().parse_args(["one", "--help"])
    assert "questions that make a verdict" in capsys.readouterr().out


def test_japanese_is_broken_within_the_width_and_never_before_a_full_stop() -> None:
    text = (
        "段階ごとにエラー率と p95 で判定し、--if-bad を付けると、"
        "基準を超えたバージョンだけを戻します。"
    )
    for width in range(20, 60):
        lines = wrapped(text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        # What may not begin a line may stand beyond its end.
        assert all(columns(line) <= width for line in lines if not line.endswith(("。", "、"))), (
            width
        )
        assert not [line for line in lines if line[0] in "、。ー）"]
        assert "--if-bad" in "\n".join(lines)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_its_help_and_its_words_in_both_languages(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    english, _, japanese = text.partition("set -euo pipefail")[0].partition("\n# ---\n")
    assert not JAPANESE.search(english)
    assert JAPANESE.search(japanese)
    settings = re.compile(r"\b[A-Z]{4,}(?:_[A-Z]+)+\b")
    assert set(settings.findall(japanese)) >= set(settings.findall(english)) - {"PROJECT_ID"}
    code = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    assert re.findall(r"(?:fail|echo) \"[^$\"]*[a-z]+ [a-z]+|:\?[A-Z][a-z]", code) == []
    for said in re.findall(
        r"words ((?:\"[^\"]*\"|'[^']*')\s*(?:\\\n\s*)?(?:\"[^\"]*\"|'[^']*'))", code
    ):
        assert JAPANESE.search(said), said


def test_a_script_in_one_language_is_one_that_only_a_build_runs() -> None:
    build = (ROOT / "cloudbuild.yaml").read_text(encoding="utf-8")
    others = {*(ROOT / "deploy").rglob("*.sh")} - {*SCRIPTS}
    named = {path.name for path in others if f"deploy/build/{path.name}" not in build}
    assert named == {"spoken.sh"}
    assert {script.name for script in SCRIPTS} == {"bootstrap.sh", "backup.sh", "tools.sh"}
