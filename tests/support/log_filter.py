"""The part of Cloud Logging's query language that our alerts use, tried on a log entry.

Whatever else stands in a filter is refused. Comparisons are a line each, or joined by AND and OR in
parentheses; ``:`` and ``=`` overlook case, ``=~`` searches (cloud.google.com/logging/docs/view/
logging-query-language).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<word>AND|OR|NOT)\b|(?P<mark>[()])|(?P<op>=~|=|:)|(?P<field>[a-zA-Z_.]+)"
    r'|"(?P<text>(?:[^"\\]|\\.)*)")'
)


class NotUnderstood(Exception):
    """The filter is not one, or not one that can be tried here."""


def matches(query: str, entry: Mapping[str, Any]) -> bool:
    """Whether Cloud Logging would find ``entry`` with ``query``."""
    # A line without an operator at its end goes on with AND.
    return all(_Reader(line, entry).whole() for line in query.splitlines() if line.strip())


class _Reader:
    def __init__(self, line: str, entry: Mapping[str, Any]) -> None:
        self._tokens = list(_tokens(line))
        self._entry = entry

    def whole(self) -> bool:
        value = self._either()
        if self._tokens:
            raise NotUnderstood(f"left over: {self._tokens}")
        return value

    def _next(self, kind: str, text: str = "") -> str | None:
        if self._tokens and self._tokens[0][0] == kind and text in {"", self._tokens[0][1]}:
            return self._tokens.pop(0)[1]
        return None

    def _either(self) -> bool:
        value = self._both()
        while self._next("word", "OR"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._next("word", "AND"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._next("word", "NOT"):
            return not self._one()
        if self._next("mark", "("):
            value = self._either()
            self._closed()
            return value
        field, op = self._next("field"), self._next("op")
        if field is None or op is None:
            raise NotUnderstood(f"a comparison was expected: {self._tokens}")
        found = _value(self._entry, field)
        return any(_compared(op, found, wanted) for wanted in self._wanted())

    def _wanted(self) -> list[str]:
        if not self._next("mark", "("):
            return [self._text()]
        texts = [self._text()]
        while self._next("word", "OR"):
            texts.append(self._text())
        self._closed()
        return texts

    def _text(self) -> str:
        text = self._next("text")
        if text is None:
            raise NotUnderstood(f"a text was expected: {self._tokens}")
        return text

    def _closed(self) -> None:
        if not self._next("mark", ")"):
            raise NotUnderstood("a parenthesis is not closed")


def _tokens(line: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while line[at:].strip():
        found = _TOKEN.match(line, at)
        if found is None or found.lastgroup is None:
            raise NotUnderstood(line[at:])
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _value(entry: Mapping[str, Any], path: str) -> str | None:
    value: Any = entry
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return None if value is None else str(value)


def _compared(op: str, found: str | None, wanted: str) -> bool:
    if found is None:
        return False
    match op:
        case "=":
            return found.lower() == wanted.lower()
        case ":":
            return wanted.lower() in found.lower()
    return re.search(wanted, found) is not None
