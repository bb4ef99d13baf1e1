"""What splitting promises for every text, judged by a reader of fences of the tests' own."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from processor_service.splitting import split_markdown

LIMITS = st.integers(200, 700)
WORDS = st.text(st.characters(exclude_characters="\n\r`~", exclude_categories=["Cs"]), max_size=60)
LINES = st.one_of(
    WORDS,
    st.sampled_from(
        ["", "", "| a | b |", "# 見出し", "- 項目", "```", "~~~", "````", "```python", "  ```js"]
    ),
    st.sampled_from(["絵文字👩‍👩‍👧‍👦" * 5, "長い行" * 25, "https://example.com/" + "a" * 70]),
)
BLOCKS = st.builds(
    lambda fence, info, lines: "\n".join([fence + info, *lines, fence]),
    st.sampled_from(["```", "`````", "~~~", "~~~~"]),
    st.sampled_from(["", "python", " js"]),
    st.lists(WORDS | st.sampled_from(["```", "~~~", "````", "", "x" * 90]), max_size=12),
)
TEXTS = st.lists(LINES | BLOCKS, max_size=15).map("\n".join)
LONG_LINES = st.lists(LINES | st.text("ab 漢字👩‍💻", max_size=1500), max_size=10).map("\n".join)

# CommonMark 0.31.2, fenced code blocks: a backtick fence has no backtick in its info string, and a
# closing fence is at least as long as the opening one and has no info string.
_OPENING = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)", re.DOTALL)
_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")


def fence_open_after(text: str) -> tuple[str, str]:
    """The fence and the whole line of the code block that is still open at the end, or "" twice."""
    fence = opened_by = ""
    for line in text.split("\n"):
        if fence:
            closing = _CLOSING.fullmatch(line)
            if closing and closing[1].startswith(fence):
                fence = opened_by = ""
        elif opening := _OPENING.fullmatch(line):
            fence, opened_by = opening[1] or opening[2], line
    return fence, opened_by


def joined(text: str, parts: list[str], at: int = 0, reopened_by: str = "") -> bool:
    """Whether ``parts`` are ``text`` from ``at`` on, cut between lines, but for the fences that
    close and reopen a code block around a cut.
    """
    part = parts[0]
    if reopened_by:
        if not part.startswith(f"{reopened_by}\n"):
            return False
        part = part.removeprefix(f"{reopened_by}\n")
    if len(parts) == 1:
        return text[at:] == part
    # A last line like a fence may be the text's own or added: one of the two must fit.
    before_fence, _, last = part.rpartition("\n")
    for body in (part, before_fence):
        end = at + len(body)
        if text[at:end] != body or text[end : end + 1] != "\n":
            continue
        fence, opened_by = fence_open_after(text[:end])
        added_is_right = last == fence if body is before_fence else not fence
        if added_is_right and joined(text, parts[1:], end + 1, opened_by):
            return True
    return False


def with_short_lines(text: str, limit: int) -> str:
    """The text with every line so short that it is never cut inside."""
    return "\n".join(line[: limit // 2 - 5] for line in text.split("\n"))


@given(TEXTS, LIMITS)
@settings(deadline=None, max_examples=200)
def test_without_the_fences_added_at_cuts_the_parts_are_the_text(text: str, limit: int) -> None:
    text = with_short_lines(text, limit)
    assert joined(text, split_markdown(text, limit))


@given(TEXTS, LIMITS)
@settings(deadline=None, max_examples=200)
def test_every_part_of_a_balanced_text_is_balanced(text: str, limit: int) -> None:
    text = with_short_lines(text, limit)
    fence, _ = fence_open_after(text)
    text += f"\n{fence}" if fence else ""
    for part in split_markdown(text, limit):
        assert fence_open_after(part) == ("", "")


@given(LONG_LINES, LIMITS)
@settings(deadline=None, max_examples=200)
def test_no_character_of_a_line_longer_than_a_part_is_lost_or_doubled(
    text: str, limit: int
) -> None:
    parts = split_markdown(text, limit)
    assert all(len(part) <= limit for part in parts)
    if not re.search("[`~]{3}", text):
        assert "".join(parts).replace("\n", "") == text.replace("\n", "")


@given(TEXTS, LIMITS)
@settings(deadline=None, max_examples=200)
def test_no_part_is_longer_than_the_limit(text: str, limit: int) -> None:
    assert all(len(part) <= limit for part in split_markdown(text, limit))
