"""Inline parsing whose work is bounded by the length of its text.

The library searches for the end of a label from each bracket, and reads a description again for
each image around it: brackets in a row take quadratic time, nested ones overflow the stack. Here
every step is counted, and a rule is tried only at characters that can begin it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock, hr
from markdown_it.rules_inline import text

from processor_service.rendering.markdown.inline.state import Rule, State

# Japanese with every second word bold takes nine tenths of a step a byte.
_STEPS_A_BYTE = 1
_STEPS_MORE = 2_000
# The cost of making a token, in looks at a character; an address costs more: it is normalised.
_TOKEN_STEPS = 5
_MORE_STEPS = {"[": 20, "!": 30, "<": 45}
# The most that a failed search for an address may cost: its parentheses are followed 32 deep.
_NO_LINK_STEPS = 30
# The characters at which the library's rule for text ends.
_ENDS_OF_TEXT = "\n!#$%&*+-:<=>@[\\]^_`{}~"

WORK = "work"
# Each of these makes a token of its own.
_MARKERS = "*_~"
_RUN = re.compile(r"[*]+|_+|~+")
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
    """The remaining steps."""

    steps: int

    @classmethod
    def on(cls, text: str) -> "Work":
        """The budget for a text of this length."""
        return cls(_STEPS_A_BYTE * len(text.encode("utf-8", "replace")) + _STEPS_MORE)

    def step(self, number: int = 1) -> None:
        """Spend steps; raises TooDense if not enough are left."""
        self.steps -= number
        if self.steps < 0:
            raise TooDense


class BoundedParser(ParserInline):
    """The library's parser, rule by rule, within the budget ``env[WORK]``; may raise TooDense.

    ``rules``: those to try at each character that can begin one.
    """

    def __init__(self, rules: Mapping[str, Sequence[Rule]]) -> None:
        super().__init__()
        self._at: Mapping[str, Sequence[Rule]] = {**dict.fromkeys(_ENDS_OF_TEXT, ()), **rules}
        self._elsewhere: Sequence[Rule] = (text,)

    def tokenize(self, state: State) -> None:  # type: ignore[override] # our parser makes no other
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

    def skipToken(self, state: State) -> None:  # type: ignore[override] # noqa: N802 - the library's name
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
    def _failed(state: State) -> None:
        if state.src.startswith("[", state.pos):
            state.env[WORK].step(_NO_LINK_STEPS)
