"""Inline parsing whose work is bounded by the length of its text.

The library searches for the end of a label from each bracket, and reads a description again for
each image around it: brackets in a row take quadratic time, nested ones overflow the stack. Here
every step is counted, and a rule is tried only at characters that can begin it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock, hr
from markdown_it.rules_inline import StateInline

# Japanese with every second word bold takes nine tenths of a step a byte.
_STEPS_A_BYTE = 1
_STEPS_MORE = 2_000
# The cost of making a token, in looks at a character; an address costs more: it is normalised.
_TOKEN_STEPS = 5
_MORE_STEPS = {"[": 20, "!": 30, "<": 45}
# The most that a failed search for an address may cost: its parentheses are followed 32 deep.
_NO_LINK_STEPS = 30
_MOST_DEEP = 20

# The characters that each rule, the library's or ours, can begin with; "text" begins at all others.
_BEGINNINGS = {
    "linkify": ":",
    "newline": "\n",
    "formula": "$\\",
    "escape": "\\",
    "backticks": "`",
    "strikethrough": "~",
    "emphasis": "*_",
    "bracket": "]",
    "citation": "[",
    "footnote": "[",
    "link": "[",
    "image": "!",
    "slack_link": "<",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
}

WORK = "work"
# Each of these makes a token of its own.
_MARKERS = "*_~"
_RUN = re.compile(r"[*]+|_+|~+")
_Rule = Callable[[StateInline, bool], bool]


_RULE = re.compile(r"([-*_])(?:[ \t]*+\1)*+[ \t]*+\Z")


def read_rule(state: StateBlock, first_line: int, end_line: int, silent: bool) -> bool:
    """The library's rule for horizontal rules, which reads to a line's end in nested lists."""
    start = state.bMarks[first_line] + state.tShift[first_line]
    if not _RULE.match(state.src, start, state.eMarks[first_line]):
        return False
    return bool(hr(state, first_line, end_line, silent))


class TooDense(Exception):
    """The text has so many marks that parsing them is not worth the time."""


@dataclass
class Work:
    """The remaining steps, and the depth of image descriptions the parser is in."""

    steps: int
    deep: int = 0

    @classmethod
    def on(cls, text: str) -> "Work":
        """The budget for a text of this length."""
        return cls(_STEPS_A_BYTE * len(text.encode("utf-8", "replace")) + _STEPS_MORE)

    def step(self, number: int = 1) -> None:
        """Spend steps; raises TooDense if not enough are left."""
        self.steps -= number
        if self.steps < 0:
            raise TooDense

    def enter(self) -> None:
        """Enter a description; raises TooDense if it is nested too deep."""
        self.deep += 1
        if self.deep > _MOST_DEEP:
            raise TooDense

    def leave(self) -> None:
        """Leave a description."""
        self.deep -= 1


class BoundedParser(ParserInline):
    """The library's parser, rule by rule, within the budget ``env[WORK]``; may raise TooDense."""

    def __init__(self) -> None:
        super().__init__()
        self._at: dict[str, Sequence[_Rule]] = {}
        self._elsewhere: Sequence[_Rule] = ()

    def prepare(self) -> None:
        """Note which rules begin where; call it once all rules are set."""
        rules = dict(zip(self.ruler.get_active_rules(), self.ruler.getRules(""), strict=True))
        self._elsewhere = (rules.pop("text"),)
        self._at = dict.fromkeys("#$%+-=>@]^{}", ())
        for name, rule in rules.items():
            for char in _BEGINNINGS[name]:
                self._at[char] = (*self._at.get(char, ()), rule)

    def tokenize(self, state: StateInline) -> None:
        """Make tokens of the text up to ``state.posMax``."""
        work: Work = state.env[WORK]
        at, elsewhere, source = self._at, self._elsewhere, state.src
        end, most = state.posMax, state.md.options.maxNesting
        while state.pos < end:
            work.step()
            char = source[state.pos]
            if char in _MARKERS and (run := _RUN.match(source, state.pos)):
                work.step(_TOKEN_STEPS * len(run[0]))
            rules = at.get(char, elsewhere) if state.level < most else ()
            for rule in rules:
                if rule(state, False):
                    work.step(_MORE_STEPS.get(char, _TOKEN_STEPS))
                    break
            else:
                self._failed(state)
                state.append_pending(source[state.pos])
                state.pos += 1
        if state.pending:
            state.pushPending()

    def skipToken(self, state: StateInline) -> None:  # noqa: N802 - the library's name
        """Skip what would become one token."""
        state.env[WORK].step()
        start = state.pos
        if start in state.cache:
            state.pos = state.cache[start]
            return
        if state.src[start] == "<":
            state.env[WORK].step(_MORE_STEPS["<"])
        rules = self._at.get(state.src[start], self._elsewhere)
        if state.level >= state.md.options.maxNesting:
            rules, state.pos = (), state.posMax
        state.level += 1
        if not any(rule(state, True) for rule in rules):
            self._failed(state)
            state.pos += 1
        state.level -= 1
        state.cache[start] = state.pos

    @staticmethod
    def _failed(state: StateInline) -> None:
        if state.src.startswith("[", state.pos):
            state.env[WORK].step(_NO_LINK_STEPS)
