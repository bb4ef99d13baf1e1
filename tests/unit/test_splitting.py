import re

from hypothesis import given
from hypothesis import strategies as st

from processor_service.splitting import split_markdown

LINES = st.lists(
    st.one_of(
        st.text(
            st.characters(exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029`~"),
            max_size=300,
        ),
        st.sampled_from(["", "", "```python", "```", "~~~", "| a | b |", "# 見出し", "- 項目"]),
    ),
    max_size=120,
)


@given(LINES, st.integers(200, 700))
def test_no_text_is_lost_doubled_or_reordered(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    parts = split_markdown(text, limit)
    assert _letters("".join(parts)) == _letters(text)


def _letters(text: str) -> str:
    """The text without line breaks and without fences, which may be added at joints."""
    kept = [line for line in text.split("\n") if not re.match(r" {0,3}(```|~~~)", line)]
    return "".join(kept)


@given(LINES, st.integers(200, 700))
def test_every_part_keeps_the_limit(lines: list[str], limit: int) -> None:
    assert all(len(part) <= limit for part in split_markdown("\n".join(lines), limit))


def test_a_short_text_stays_whole() -> None:
    assert split_markdown("短い文です。", 11_000) == ["短い文です。"]


def test_a_code_block_across_a_joint_is_closed_and_opened_again() -> None:
    code = "\n".join(f"value_{n} = {n}" for n in range(100))
    parts = split_markdown(f"例です。\n\n```python\n{code}\n```\n以上です。", 600)
    assert len(parts) > 2
    for part in parts:
        assert part.count("```") % 2 == 0
    assert all(part.startswith("```python\n") for part in parts[1:-1])


def test_paragraphs_are_kept_together_where_possible() -> None:
    paragraph = "あ" * 150
    parts = split_markdown("\n\n".join([paragraph] * 6), 500)
    assert all(part.strip("\n").split("\n\n").count(paragraph) >= 1 for part in parts)
    assert all(set(part) <= {"あ", "\n"} and len(part.split("\n")[0]) == 150 for part in parts)


FENCES = st.sampled_from(["```", "```python", "````md", "````", "~~~", "~~~~", "   ```", "``` js"])
CODE = st.lists(
    FENCES | st.sampled_from(["x = 1", "", "語" * 90, "```not a fence```"]), max_size=60
)


@given(CODE, st.integers(200, 500))
def test_every_part_closes_the_code_block_that_it_opens(lines: list[str], limit: int) -> None:
    parts = split_markdown("\n".join(lines), limit)
    assert all(_open_fence(part) == "" for part in parts[:-1])


def _open_fence(markdown: str) -> str:
    """The marker of the block left open at the end, by CommonMark's rules for fences."""
    opened = ""
    for line in markdown.split("\n"):
        match = re.match(r" {0,3}(`{3,}|~{3,})(.*)$", line)
        if match is None:
            continue
        marker, rest = match.groups()
        if not opened and not (marker[0] == "`" and "`" in rest):
            opened = marker
        elif opened and marker[0] == opened[0] and len(marker) >= len(opened) and not rest.strip():
            opened = ""
    return opened
