"""An answer as named fields, so that it fits a response schema as well as plain Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["general", "code", "data", "creative"]
MODES: tuple[Mode, ...] = ("general", "code", "data", "creative")
# The property that only this kind of answer has, by which a schema shows that it asks for it.
SIGNATURE: Mapping[Mode, str] = {
    "general": "key_points",
    "code": "code",
    "data": "insights",
    "creative": "variations",
}


@dataclass(frozen=True)
class Answer:
    """``fields`` by property name (snake_case); ``markdown`` is the same answer as a text.

    ``known`` is False for one that only says that there is no answer.
    """

    mode: Mode
    locale: str
    fields: Mapping[str, Any]
    markdown: str
    known: bool = True
