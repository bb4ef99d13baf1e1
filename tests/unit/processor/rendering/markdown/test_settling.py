"""What of a growing text is settled: the same as by the expression that took 2^n steps."""

import random
import re

from processor_service.rendering.markdown.stable_prefix import _OPEN_AT_THE_END, settled_text

# As it was until nested links froze a process: the judge of what it shall find, for short texts.
_AS_IT_WAS = re.compile(
    r"!?\[(?:[^\[\]\n]|\[[^\[\]\n]*\](?:\([^()\n]*\))?)*(?:\](?:\([^)\n]*|\[[^\]\n]*)?)?\Z"
)
# Here the two differ, and the new one is right: brackets in an address belong to the address.
_BRACKETS_IN_AN_ADDRESS = re.compile(r"\]\([^()\n]*[\[\]]")
_PIECES = (*"[]()!a\n", "[1](", "](", "[a](b)", "[[a](b)", "][", "語")


def test_open_links_are_found_as_before() -> None:
    draw = random.Random(1)
    for _ in range(20_000):
        text = "".join(draw.choices(_PIECES, k=draw.randint(0, 12)))[:24]
        if _BRACKETS_IN_AN_ADDRESS.search(text):
            continue
        before, now = _AS_IT_WAS.search(text), _OPEN_AT_THE_END[1].search(text)
        assert (before and before.span()) == (now and now.span()), text


def test_many_sources_in_brackets_are_settled_as_few_are() -> None:
    def studies(count: int) -> str:
        return ", ".join(f"[{number}](https://e.com/{number})" for number in range(count))

    assert settled_text(f"Studies [{studies(3)}] agree") == f"Studies [{studies(3)}] agree"
    assert settled_text(f"Studies [{studies(60)}] agree") == f"Studies [{studies(60)}] agree"
    assert settled_text(f"Studies [{studies(3)}, [4](https://e") == "Studies"
