"""The subscription filter language, as Google documents it under "Filter messages".

expression = term, { "AND", term } | term, { "OR", term }
term       = [ "NOT" ], ( "(", expression, ")" | has | equals | prefix )
has        = "attributes", ":", key
equals     = "attributes", ".", key, ( "=" | "!=" ), string
prefix     = "hasPrefix", "(", "attributes", ".", key, ",", string, ")"

AND and OR are not mixed without parentheses, operators are upper case, a key of other characters
than letters, digits, "-" and "_" is quoted. "!=" holds for messages without the key as well.
"""

import re
from collections.abc import Callable, Mapping

from simulators.pubsub.errors import Rejected, invalid, unsupported

Matcher = Callable[[Mapping[str, str]], bool]

MAX_FILTER_BYTES = 256

_TOKEN = re.compile(r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[\w-]+)|(?P<mark>!=|[=:.(),]))')
_ESCAPE = re.compile(r"\\(.)")
_KEY = re.compile(r"[\w-]+")


def parse_filter(text: str) -> Matcher:
    """What decides by a message's attributes; raises Rejected for what Google would refuse."""
    if len(text.encode()) > MAX_FILTER_BYTES:
        raise invalid(f"The filter is longer than {MAX_FILTER_BYTES} bytes.")
    return _Parser(text).parse()


class _Parser:
    """A recursive descent over the tokens, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._tokenize()

    def _tokenize(self) -> list[str]:
        tokens, position, text = [], 0, self._text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found:
                raise self._error(f"unexpected character at {position}: {text[position:]!r}")
            tokens.append(found[found.lastgroup or 0])
            position = found.end()
        return tokens[::-1]

    def parse(self) -> Matcher:
        matcher = self._expression()
        if self._tokens:
            raise self._error(f"unexpected {self._next()!r}")
        return matcher

    def _expression(self) -> Matcher:
        terms, operator = [self._term()], ""
        while self._peek() in {"AND", "OR"}:
            if operator not in {"", self._peek()}:
                raise self._error("AND and OR may only be mixed with parentheses")
            operator = self._next()
            terms.append(self._term())
        combine = any if operator == "OR" else all
        return lambda attributes: combine(term(attributes) for term in terms)

    def _term(self) -> Matcher:
        word = self._next()
        if word == "NOT":
            term = self._term()
            return lambda attributes: not term(attributes)
        if word == "(":
            inner = self._expression()
            self._expect(")")
            return inner
        if word == "hasPrefix":
            return self._prefix()
        if word == "attributes":
            return self._attribute()
        raise self._error(f'expected "attributes", "hasPrefix", "NOT" or "(" before {word!r}')

    def _prefix(self) -> Matcher:
        for mark in ("(", "attributes", "."):
            self._expect(mark)
        key = self._key()
        self._expect(",")
        prefix = self._string()
        self._expect(")")
        return lambda attributes: key in attributes and attributes[key].startswith(prefix)

    def _attribute(self) -> Matcher:
        mark = self._next()
        if mark not in {":", "."}:
            raise self._error(f'expected ":" or "." after "attributes", found {mark!r}')
        key = self._key()
        if mark == ":":
            return lambda attributes: key in attributes
        operator = self._next()
        if operator not in {"=", "!="}:
            raise self._error(f'expected "=" or "!=", found {operator!r}')
        value = self._string()
        return lambda attributes: (attributes.get(key) == value) is (operator == "=")

    def _key(self) -> str:
        word = self._next()
        if word.startswith('"'):
            return self._unquote(word)
        if _KEY.fullmatch(word):
            return word
        raise self._error(f"expected an attribute key, found {word!r}")

    def _string(self) -> str:
        word = self._next()
        if not word.startswith('"'):
            raise self._error(f"expected a string in double quotes, found {word!r}")
        return self._unquote(word)

    def _unquote(self, word: str) -> str:
        body = word[1:-1]
        # Google also knows \u, \x and octal escapes; what is not understood must not be guessed.
        if unknown := set(_ESCAPE.findall(body)) - {'"', "\\"}:
            raise unsupported(f"The escape \\{min(unknown)} in the filter {self._text!r}")
        return _ESCAPE.sub(r"\1", body)

    def _expect(self, mark: str) -> None:
        if (word := self._next()) != mark:
            raise self._error(f"expected {mark!r}, found {word!r}")

    def _peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _next(self) -> str:
        return self._tokens.pop() if self._tokens else "the end"

    def _error(self, reason: str) -> Rejected:
        return invalid(f"The filter {self._text!r} is not valid: {reason}.")
