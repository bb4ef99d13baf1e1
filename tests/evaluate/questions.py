"""The questions of an evaluation, from ``questions.toml``."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from shared.task import Locale, Mode

Kind = Literal["fact", "explain", "steps", "cannot", "unknown", "code", "data", "creative"]

LOCALES: Final[tuple[Locale, ...]] = ("ja", "en")
_FILE: Final = Path(__file__).with_name("questions.toml")


@dataclass(frozen=True)
class Question:
    """One question in one language, asked in one mode."""

    name: str
    kind: Kind
    locale: Locale
    mode: Mode
    text: str

    @property
    def key(self) -> str:
        """Its place in the results: the same in every run."""
        return f"{self.name} {self.locale} {self.mode}"


def questions() -> list[Question]:
    """Each in both languages, and in chat, in the mode that the model chooses, and in its own."""
    found = []
    for each in tomllib.loads(_FILE.read_text(encoding="utf-8"))["questions"]:
        assert each["kind"] in get_args(Kind), each
        found += [
            Question(each["id"], each["kind"], locale, mode, each[locale])
            for locale in LOCALES
            for mode in (Mode.CHAT, Mode.AUTO, Mode(each["mode"]))
        ]
    return found
