"""What splitting promises for every document, judged by a strict reader of Markdown."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from processor_service.rendering.packing import MessageLayout, split_markdown
from tests.support.markdown.documents import DOCUMENTS
from tests.support.markdown.judge import meant, shown, types

LIMITS = st.integers(300, 700)


def utf8(text: str) -> int:
    return len(text.encode())


def as_text(limit: int) -> MessageLayout:
    """Tables become code, so that all is Markdown to compare."""
    return MessageLayout(utf8, limit, table_blocks=False)


def parts_of(source: str, limit: int) -> list[str]:
    return ["".join(map(str, part)) for part in split_markdown([source], as_text(limit))]


@given(DOCUMENTS, LIMITS)
@settings(deadline=None, max_examples=60)
def test_no_word_is_lost_doubled_or_reordered(source: str, limit: int) -> None:
    parts = parts_of(source, limit)
    assert "".join(map(shown, parts)) == meant(source)


@given(DOCUMENTS, LIMITS)
@settings(deadline=None, max_examples=60)
def test_no_part_is_larger_than_the_limit(source: str, limit: int) -> None:
    assert all(0 < utf8(part) <= limit for part in parts_of(source, limit))


@given(DOCUMENTS, LIMITS, st.integers(20, 200))
@settings(deadline=None, max_examples=40)
def test_any_measure_of_size_is_kept(source: str, limit: int, factor: int) -> None:
    def size(text: str) -> int:
        return sum(1 + ord(char) % 7 for char in text)

    parts = split_markdown([source], MessageLayout(size, limit * 4, table_blocks=False))
    assert all(size(str(piece)) <= limit * 4 for part in parts for piece in part)


@given(DOCUMENTS, LIMITS)
@settings(deadline=None, max_examples=60)
def test_code_stays_code_in_every_part(source: str, limit: int) -> None:
    parts = parts_of(source, limit)
    assert sum(types(part).count("fence") for part in parts) >= types(source).count("fence")
    for part in parts:
        assert types(part + "\n\n終").count("paragraph_open") > types(part).count("paragraph_open")


@given(st.text("ab語。 \n`*_~#>-+.1)(|[]!<&\\\t👩\u200d", max_size=900), LIMITS)
@settings(deadline=None, max_examples=200)
def test_whatever_a_model_writes_no_letter_is_lost(source: str, limit: int) -> None:
    parts = parts_of(source, limit)
    assert all(utf8(part) <= limit for part in parts)
    letters = letters_of("".join(parts))
    assert letters == letters_of(source)


def letters_of(text: str) -> str:
    return "".join(char for char in text if char in "ab語👩")


def test_the_time_it_takes_grows_with_the_length_only() -> None:
    calls: list[int] = []

    def size(text: str) -> int:
        calls.append(len(text))
        return len(text)

    def measured(length: int, make: Callable[[int], str]) -> int:
        calls.clear()
        split_markdown([make(length)], MessageLayout(size, 1_000, table_blocks=True))
        return sum(calls)

    for make in (
        lambda n: "語は**太字**です。" * n,
        lambda n: "- 項目です\n" * n,
        lambda n: "```\n" + "x = 1\n" * n + "```",
        lambda n: "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * n,
    ):
        assert measured(4_800, make) < 10 * measured(600, make)
