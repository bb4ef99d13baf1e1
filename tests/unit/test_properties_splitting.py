"""What splitting promises for every document, judged by a strict reader of Markdown."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from processor_service.splitting import Layout, split_markdown
from tests.markdown_judge import meant, shown, types

LIMITS = st.integers(300, 700)

WORDS = st.sampled_from(
    [
        *(
            "重要",
            "「注意」",
            "（補足）",
            "Foo (bar)",
            "x = 1",
            "これは",
            "です。",
            "結論：",
            "絵文字👩‍👩‍👧‍👦",
        ),
        *(
            "1.",
            "- 5",
            "# 3",
            "a_b_c",
            "A & B",
            "次のとおり",
            "the quick brown fox.",
            "ｶﾅ",
            "가나다",
        ),
    ]
)
PLAIN = st.lists(WORDS, min_size=1, max_size=6).map("".join).map("語".__add__)
MARKED = st.one_of(
    PLAIN,
    *(
        PLAIN.map(form.format)
        for form in ("**{}**", "*{}*", "~~{}~~", "`{}`", "[{}](https://e.com/a)", "と**{}**と")
    ),
)
SENTENCES = st.lists(MARKED, min_size=1, max_size=8).map("は".join)
LINES = st.lists(SENTENCES, min_size=1, max_size=3).map("\n".join)
CODE_LINES = st.sampled_from(
    ["", "x = 1", "```", "  indented", "# 注釈 **太字**", "| a | b |", "長い行" * 60, "- item"]
)
CODE = st.lists(CODE_LINES, min_size=1, max_size=30).map(
    lambda lines: "\n".join(["````python", "c", *lines, "````"])
)
HEADINGS = PLAIN.map("## {}".format)
CELLS = st.sampled_from(["甲", "**乙**", "`丙`", "", "12.5", "戊" * 4])


def _table(rows: list[list[str]]) -> str:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---|:-:|", *body])


# So small that none of them is divided, which would repeat its head.
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=2, max_size=3).map(_table)


def _indented(text: str, marker: str) -> str:
    lines = text.split("\n")
    indent = " " * len(marker)
    rest = [indent + line if line else line for line in lines[1:]]
    return "\n".join([marker + lines[0], *rest])


def _numbered(items: list[str]) -> str:
    return "\n".join(_indented(item, f"{number}. ") for number, item in enumerate(items, 8))


def _bulleted(items: list[str]) -> str:
    return "\n".join(_indented(item, "- ") for item in items)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def _nested(blocks: SearchStrategy[str]) -> SearchStrategy[str]:
    items = st.tuples(LINES, blocks).map(lambda each: f"{each[0]}\n\n{each[1]}") | LINES
    return (
        st.lists(items, min_size=1, max_size=5).map(_bulleted)
        | st.lists(items, min_size=1, max_size=5).map(_numbered)
        | blocks.map(_quoted)
    )


BLOCKS = st.recursive(LINES | CODE | HEADINGS | TABLES | st.just("---"), _nested, max_leaves=4)
DOCUMENTS = st.lists(BLOCKS, min_size=1, max_size=5).map("\n\n".join)


def utf8(text: str) -> int:
    return len(text.encode())


def as_text(limit: int) -> Layout:
    """Tables become code, so that all is Markdown to compare."""
    return Layout(utf8, limit, table_blocks=False)


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

    parts = split_markdown([source], Layout(size, limit * 4, table_blocks=False))
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
        split_markdown([make(length)], Layout(size, 1_000, table_blocks=True))
        return sum(calls)

    for make in (
        lambda n: "語は**太字**です。" * n,
        lambda n: "- 項目です\n" * n,
        lambda n: "```\n" + "x = 1\n" * n + "```",
        lambda n: "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * n,
    ):
        assert measured(2_400, make) < 10 * measured(300, make)
