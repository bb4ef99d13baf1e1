"""Documents in Markdown as models write them, for Hypothesis."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

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


def bulleted(items: list[str]) -> str:
    return "\n".join(_indented(item, "- ") for item in items)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def _nested(blocks: SearchStrategy[str]) -> SearchStrategy[str]:
    items = st.tuples(LINES, blocks).map(lambda each: f"{each[0]}\n\n{each[1]}") | LINES
    return (
        st.lists(items, min_size=1, max_size=5).map(bulleted)
        | st.lists(items, min_size=1, max_size=5).map(_numbered)
        | blocks.map(_quoted)
    )


BLOCKS = st.recursive(LINES | CODE | HEADINGS | TABLES | st.just("---"), _nested, max_leaves=4)
DOCUMENTS = st.lists(BLOCKS, min_size=1, max_size=5).map("\n\n".join)
