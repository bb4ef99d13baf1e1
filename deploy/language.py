"""The language that operators' tools speak: ``DEPLOY_LANG``, English unless it says otherwise."""

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


def words(en: str, ja: str) -> str:
    """The one of the two that the operator reads."""
    return {"en": en, "ja": ja}[_SPOKEN.get()]
