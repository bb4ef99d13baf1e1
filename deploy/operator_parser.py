"""The parser of an operator's command line: its help is in the language of ``DEPLOY_LANG``.

Texts are written in English where an option is; ``help_ja.yaml`` has the Japanese ones. A text that
is missing there stays English, so that nobody is left without help; a test finds it.
"""

import argparse
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from deploy.language import Language, columns, padded, speaking, spoken, words
from deploy.settings import WRONG_SETTINGS, OperatorSettings

_TEXTS: Final = Path(__file__).with_name("help_ja.yaml")
# A line may end between Japanese letters, but not in a word or an option, nor before these.
_PIECE: Final = re.compile(
    r"(?:[!-~]+|.)[、。）」：ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]*", re.DOTALL
)


def operators_language() -> Language:
    """The language in the settings; English while they are wrong, as the command itself reports."""
    try:
        return OperatorSettings().deploy_lang
    except WRONG_SETTINGS:
        return "en"


@cache
def japanese_help() -> dict[str, dict[str, str]]:
    """What ``argparse`` says itself, what commands and arguments are for, and what is wrong."""
    found: dict[str, dict[str, str]] = yaml.safe_load(_TEXTS.read_text(encoding="utf-8"))
    return found


def plain(text: str) -> str:
    """``text`` in one line, as the table has it."""
    return " ".join(text.split())


class OperatorParser(argparse.ArgumentParser):
    """Like its base, in both languages."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**{"formatter_class": _formatter, **named})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As the base does; what an argument's own check says is in the operator's language."""
        with speaking(operators_language()):
            return super().parse_known_args(args, namespace)

    def format_help(self) -> str:
        """The help in the operator's language."""
        with speaking(operators_language()):
            return super().format_help()

    def format_usage(self) -> str:
        """The first lines of the help, which are also printed above an error."""
        with speaking(operators_language()):
            return super().format_usage()

    def error(self, message: str) -> NoReturn:
        """Tell it, and end with 2."""
        with speaking(operators_language()):
            told = words(message, _translated(message, japanese_help()["errors"]))
            self.exit(2, f"{self.format_usage()}{self.prog}: {words('error', 'エラー')}: {told}\n")


def subcommand(commands: Any, name: str, text: str, *parents: argparse.ArgumentParser) -> Any:
    """A command beside others, with ``text`` in the list of them and above its own help."""
    return commands.add_parser(name, parents=parents, help=text, description=text)


def _translated(message: str, patterns: dict[str, str]) -> str:
    """What argparse says is wrong; the pieces that it names stay."""
    where, is_about, what = message.partition(": ")
    if is_about and where.startswith("argument "):
        name = where.removeprefix("argument ")
        return f"引数 {name}：{_translated(what, patterns)}"
    for pattern, japanese in patterns.items():
        if found := re.fullmatch(pattern, message):
            return found.expand(japanese)
    return message


def _formatter(prog: str) -> argparse.HelpFormatter:
    return _Japanese(prog) if spoken() == "ja" else argparse.HelpFormatter(prog)


class _Japanese(argparse.HelpFormatter):
    """Takes each text from the table, and breaks lines where Japanese may be broken."""

    def format_help(self) -> str:
        # As wide as the text it replaces, so that the lines below are aligned with it.
        return super().format_help().replace("usage: ", padded("使い方", len("usage: ")), 1)

    def start_section(self, heading: str | None) -> None:
        super().start_section(_twin(heading))

    def add_text(self, text: str | None) -> None:
        super().add_text(_twin(text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return _twin(action.help)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(plain(text), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(f"{indent}{line}" for line in wrapped(plain(text), width - len(indent)))


def _twin(text: str | None) -> str | None:
    known = japanese_help()
    return {**known["argparse"], **known["texts"]}.get(plain(text), text) if text else text


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines that a terminal of ``width`` columns shows whole."""
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and columns(lines[-1] + piece.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> Sequence[str]:
    return _PIECE.findall(text)
