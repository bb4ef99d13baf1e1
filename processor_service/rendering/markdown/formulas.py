"""Formulas in LaTeX, which Slack does not show, as characters that a reader knows.

``readable_formula`` is whole or nothing: a formula with a command that has no character stays
LaTeX.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from processor_service.rendering.markdown.latex_symbols import (
    ACCENTS,
    DOUBLE_STRUCK,
    FONTS,
    FUNCTIONS,
    LETTERS,
    LOWERED,
    NEGATED,
    NOTHING,
    OPERATORS,
    RAISED,
    SPACES,
    TEXTS,
)

_MOST_DEEP = 8
_TOKEN = re.compile(r"\\(?:[A-Za-z]++\*?|.)|\s++|.", re.DOTALL)
_WHITE = re.compile(r"\s")
_BLANKS = re.compile(r"(?<=[(\[{])\s+|\s+(?=[)\]}])|(?<=\s)\s+")
# More letters than these are a word, which is not written in small letters.
_SMALL_LETTERS = 2
_ONE = re.compile(
    r"[\d.,]+|[d∂Δ]?[^\W\d_]['′\u0300-\u036f\u20d7₀-ₜᵢⱼᵣᵤᵥ⁰-ⁿ²³¹]*|[√\w]?\([^()]*\)|√\w+|[^\x00-\x7f\s]+"
)
_SUM = re.compile(r"[\s+−=<>±≤≥/]")
_ROWS = re.compile(r"\\\\(?:\[[^\]]*\])?")
_ENVIRONMENT = re.compile(
    r"\s*\\begin\{(equation|align|aligned|gather|gathered|split|multline)(\*?)\}(.*)"
    r"\\end\{\1\2\}\s*",
    re.DOTALL,
)
_LIMITED = re.compile(r"(?:lim|max|min|sup|inf|argmax|argmin)\Z")


class _Unreadable(Exception):
    """There is no character for a part of the formula."""


# The same letters come again and again, and with each piece of a growing answer.
@lru_cache(512)
def readable_formula(latex: str) -> str | None:
    """The formula in Unicode on one line; None if a part of it has no character."""
    try:
        return _Formula(_TOKEN.findall(latex)).read()
    except _Unreadable:
        return None


def readable_rows(latex: str) -> list[str] | None:
    """The rows of a formula that stands alone; None if a part of one has no character."""
    inside = _ENVIRONMENT.fullmatch(latex)
    body = inside[3] if inside else latex
    found = [readable_formula(row.replace("&", "")) for row in _ROWS.split(body) if row.strip()]
    rows = [row for row in found if row]
    return rows if rows and len(rows) == len(found) else None


@dataclass
class _Formula:
    """Reads tokens from ``at`` on; raises _Unreadable."""

    tokens: list[str]
    at: int = 0
    deep: int = 0
    written: list[str] = field(default_factory=list)

    def read(self) -> str:
        text = self._sequence("")
        if self.at < len(self.tokens):
            raise _Unreadable
        return text

    def _sequence(self, end: str) -> str:
        """The formula up to ``end``, which is read too."""
        self.deep += 1
        if self.deep > _MOST_DEEP:
            raise _Unreadable
        outer, self.written = self.written, []
        while self.at < len(self.tokens) and self.tokens[self.at] != end:
            if self.tokens[self.at] == "}":
                raise _Unreadable
            self._step()
        if end and self.at >= len(self.tokens):
            raise _Unreadable
        self.at += bool(end)
        text, self.written = "".join(self.written), outer
        self.deep -= 1
        return _BLANKS.sub("", _WHITE.sub(" ", text)).strip()

    def _step(self) -> None:
        part = self.tokens[self.at]
        if part in "^_":
            self.at += 1
            self._script(raised=part == "^")
        elif part[1:] in FUNCTIONS:
            self.at += 1
            gap = " " if self.written and self.written[-1][-1:].isalnum() else ""
            after = " " if self._next_is_a_word() else ""
            self.written.append(f"{gap}{part[1:]}{after}")
        else:
            self.written.append(self._atom())

    def _next_is_a_word(self) -> bool:
        following = self.tokens[self.at : self.at + 2]
        while following and following[0].isspace():
            following.pop(0)
        return bool(following) and (following[0].isalnum() or following[0][1:].isalpha())

    def _atom(self) -> str:
        if self.at >= len(self.tokens):
            raise _Unreadable
        part = self.tokens[self.at]
        self.at += 1
        if part.startswith("\\"):
            return self._command(part[1:])
        if part == "{":
            return self._sequence("}")
        if part in "}^_&#":
            raise _Unreadable
        if part in "<>":
            # Slack reads a tag or a ping where a letter follows.
            return f" {part} "
        return {"-": "−", "~": " ", "'": "′"}.get(part, part)

    def _command(self, name: str) -> str:
        if name in OPERATORS:
            self._skip_blanks()
            return f" {OPERATORS[name]} "
        if name in LETTERS:
            self._skip_blanks()
            return LETTERS[name]
        if name in SPACES:
            return " "
        if name in NOTHING:
            return self._without_sign(name)
        if not name.isalnum() and len(name) == 1 and name not in "([])\\":
            return "‖" if name == "|" else name
        return self._text() if name in TEXTS else self._with_arguments(name)

    def _without_sign(self, name: str) -> str:
        """Nothing: it changes a size only. A dot after it means no parenthesis."""
        if name in ("left", "right") and self.tokens[self.at : self.at + 1] == ["."]:
            self.at += 1
        return ""

    def _with_arguments(self, name: str) -> str:
        if name == "sqrt":
            return self._root()
        if name not in _SHAPES:
            raise _Unreadable
        count, shape = _SHAPES[name]
        return shape(*[self._argument() for _ in range(count)])

    def _argument(self) -> str:
        self._skip_blanks()
        return self._atom()

    def _skip_blanks(self) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1

    def _text(self) -> str:
        """Words, which are no formula: their blanks count."""
        self._skip_blanks()
        if self.tokens[self.at : self.at + 1] != ["{"]:
            raise _Unreadable
        end = self.at + 1
        while end < len(self.tokens) and self.tokens[end] != "}":
            if self.tokens[end] in ("{", "$") or self.tokens[end][1:].isalpha():
                raise _Unreadable
            end += 1
        if end >= len(self.tokens):
            raise _Unreadable
        words = [each.removeprefix("\\") for each in self.tokens[self.at + 1 : end]]
        self.at = end + 1
        return "".join(words)

    def _root(self) -> str:
        degree = ""
        if self.tokens[self.at : self.at + 1] == ["["]:
            self.at += 1
            degree = self._sequence("]")
        under = self._argument()
        small = small_form(degree, RAISED)
        if small is None:
            raise _Unreadable
        sign = {"3": "∛", "4": "∜"}.get(degree, f"{small}√")
        return f"{sign}{under}" if under.isalnum() else f"{sign}({under})"

    def _script(self, *, raised: bool) -> None:
        text = self._argument().strip()
        small = small_form(text, RAISED if raised else LOWERED)
        if small is not None:
            self.written.append(small)
        elif not raised and _LIMITED.search("".join(self.written[-1:]).strip()):
            self.written[-1] = f"{self.written[-1].strip()}({text}) "
        elif raised:
            self.written.append(f"^{text} " if len(text) == 1 else f"^({text})")
        else:
            self.written.append(f"_{text}" if text.isalnum() else f"_({text})")


def small_form(text: str, forms: Mapping[str, str]) -> str | None:
    """``text`` in ``forms`` of its characters, unless one has none or it is a word."""
    text = text.replace(" ", "")
    word = sum(char.isalpha() for char in text) > _SMALL_LETTERS
    if word or any(char not in forms for char in text):
        return None
    return "".join(forms[char] for char in text)


def _grouped(text: str) -> str:
    """``text`` in parentheses if a weaker operator is outside of any in it."""
    depth = 0
    for char in text:
        depth += (char in "([") - (char in ")]")
        if not depth and _SUM.match(char):
            return f"({text})"
    return text


def _fraction(above: str, below: str) -> str:
    return f"{_grouped(above)}/{below if _ONE.fullmatch(below) else f'({below})'}"


def _accented(accent: str) -> Callable[[str], str]:
    def accented(under: str) -> str:
        if len(under) != 1:
            raise _Unreadable
        return under + accent

    return accented


def _negated(relation: str) -> str:
    if relation.strip() not in NEGATED:
        raise _Unreadable
    return f" {NEGATED[relation.strip()]} "


_SHAPES: dict[str, tuple[int, Callable[..., str]]] = {
    **dict.fromkeys(["frac", "dfrac", "tfrac", "cfrac"], (2, _fraction)),
    **dict.fromkeys(["binom", "dbinom", "tbinom"], (2, "C({}, {})".format)),
    **dict.fromkeys(FONTS, (1, str)),
    **{name: (1, _accented(accent)) for name, accent in ACCENTS.items()},
    "mathbb": (1, lambda text: "".join(DOUBLE_STRUCK.get(char, char) for char in text)),
    "pmod": (1, " (mod {})".format),
    "not": (1, _negated),
}
