"""The language that operators' tools speak: ``DEPLOY_LANG``, English unless it says otherwise."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal, get_args

Language = Literal["en", "ja"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_SPOKEN: ContextVar[Language] = ContextVar("deploy_language", default="en")


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Inside, ``words`` are in ``language``, also in tasks that are started there."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def spoken() -> Language:
    """The operator's language."""
    return _SPOKEN.get()


def words(en: str, ja: str) -> str:
    """The one of the two that the operator reads."""
    return {"en": en, "ja": ja}[spoken()]


def columns(text: str) -> int:
    """How wide a terminal shows it."""
    # A kanji or kana takes two columns (Unicode Standard Annex 11).
    return sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def padded(text: str, width: int) -> str:
    """``text`` with spaces after it, so that the next column is aligned."""
    return text + " " * (width - columns(text))
