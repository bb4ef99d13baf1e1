"""What is drawn of a text while it grows, and how much work that takes."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.rendering.incremental import IncrementalRenderer, first_markdown
from processor_service.rendering.markdown.document import MarkdownBlock, read_document
from processor_service.rendering.messages import render_answer
from tests.support.markdown.documents import CODE, DOCUMENTS, HEADINGS, LINES, TABLES, bulleted
from tests.support.markdown.golden_answers import NAMES, source_of

# A link may know its address later; a table in a list or a quote becomes code of another width with
# each row; the head of a table may have no bar at its beginning. And a paragraph, or code, that
# outgrows what is left of a message moves to the next one.
CHANGING_LATER = {
    "en-footnotes",
    "en-table-without-outer-pipes",
    "ja-reference-links",
    "ja-table-in-list",
    "ja-table-in-quote",
}
OUTGROWING = {"ja-long-code", "ja-long-list", "ja-long-paragraph", "ja-long-article"}


def rendered(text: str) -> list[Body]:
    return render_answer(Answer(text, "m"), "ja", 1_000)


def growing(text: str, step: int) -> Iterator[str]:
    yield from (text[:end] for end in range(1, len(text), step))
    yield text


@given(DOCUMENTS, st.integers(7, 90))
@settings(deadline=None, max_examples=25)
def test_a_text_that_grew_is_drawn_as_it_is_rendered_at_once(text: str, step: int) -> None:
    text += "\n\n以上です。"
    draft = IncrementalRenderer()
    for so_far in growing(text, step):
        drawn = draft.draw(so_far)
    assert list(drawn.bodies) == rendered(text)


def settles(text: str, step: int) -> None:
    """What counts as settled of a message is never taken back, up to the end."""
    draft, seen = IncrementalRenderer(), [""]
    for so_far in growing(text, step):
        drawn = draft.draw(so_far)
        seen += [""] * (len(drawn.bodies) - len(seen))
        settled = drawn.settled()
        assert settled.startswith(seen[-1]) or seen[-1].startswith(settled)
        seen[-1] = max(settled, seen[-1], key=len)
        assert first_markdown(drawn.bodies[-1]).startswith(seen[-1])
    for settled, body in zip(seen, rendered(text), strict=True):
        assert first_markdown(body).startswith(settled)


PARTS = LINES | CODE | HEADINGS | TABLES | st.lists(LINES, min_size=1, max_size=3).map(bulleted)


@given(st.lists(PARTS, min_size=1, max_size=5).map("\n\n".join), st.integers(3, 20))
@settings(deadline=None, max_examples=25)
def test_what_is_settled_stays(text: str, step: int) -> None:
    settles(text + "\n\n以上です。", step)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in CHANGING_LATER | OUTGROWING])
def test_what_is_settled_of_a_realistic_answer_stays(name: str) -> None:
    text = source_of(name) + "\n\n以上です。"
    settles(text, 2 + len(text) // 200)


@pytest.mark.parametrize(
    ("so_far", "settled"),
    [
        ("値は5 * 3です", "値は5 * 3です"),
        ("これは*強", "これは"),
        ("これは**強調**", "これは"),
        ("これは~~誤", "これは"),
        ("図は![構", "図は"),
        ("図は!", "図は"),
        ("次は https://example.com/a", "次は"),
        ("次は https://example.com/a を", "次は https://example.com/a を"),
        ("参照は[文書](https://e.com/", "参照は"),
        ("使うのは`co", "使うのは"),
        ("前です。\n\n| 項目 | 数", "前です。"),
        ("前です。\n\n| 項目 | 数 |\n|--", "前です。"),
        ("前です。\n\n| 項目 | 数 |\n|---|---|\n| 甲 | 1 |", "前です。"),
        ("前です。\n\n## 見出し", "前です。"),
        ("```py\nx = 1\n``", "```py\nx = 1"),
        ("```py\nx = 1\n```", "```py\nx = 1"),
        ("1. 一\n2", "1. 一"),
        ("x <@U01", "x"),
    ],
)
def test_what_the_next_words_may_change_is_not_settled(so_far: str, settled: str) -> None:
    assert IncrementalRenderer().draw(so_far).settled() == settled


def test_what_stays_open_too_long_is_taken_for_what_it_is() -> None:
    text = "これは**" + "長い話です。" * 60
    assert IncrementalRenderer().draw(text).settled() == text


def test_a_table_appears_when_it_is_whole() -> None:
    draft, table = IncrementalRenderer(), "| a | b |\n|---|---|\n| 1 | 2 |\n"
    [before] = draft.draw(f"前です。\n\n{table}").bodies
    assert [block["type"] for block in before.blocks] == ["markdown"]
    [after] = draft.draw(f"前です。\n\n{table}\n後").bodies
    assert [block["type"] for block in after.blocks] == ["markdown", "table", "markdown"]


def test_a_text_that_begins_anew_is_drawn_anew() -> None:
    draft = IncrementalRenderer()
    draft.draw("一つ目。\n\n二つ目。\n\n三つ目。\n")
    assert list(draft.draw("別の答え。\n\n続き").bodies) == rendered("別の答え。\n\n続き")


def test_no_more_messages_are_drawn_than_are_wanted_and_the_last_one_is_settled() -> None:
    text = "\n\n".join("長い段落です。" * 20 for _ in range(200))
    drawn = IncrementalRenderer(most=3).draw(text)
    assert list(drawn.bodies) == rendered(text)[:3]
    assert drawn.settled() == first_markdown(drawn.bodies[-1])


def work(text: str, step: int) -> int:
    """How many characters the parser reads while a text grows by ``step`` at a time."""
    read: list[int] = []

    def counting(source: str) -> list[MarkdownBlock]:
        read.append(len(source))
        return read_document(source, whole=False)

    draft = IncrementalRenderer(read=counting)
    for so_far in growing(text, step):
        draft.draw(so_far)
    return sum(read)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "語は**太字**です。" * 12 + "\n\n" if n else "",
        lambda n: "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 12 + "\n文です。\n\n",
        lambda n: "```py\n" + f"x = {n}\n" * 20 + "```\n\n",
        lambda n: f"## 見出し{n}\n\n- 一\n- 二\n\n",
    ],
    ids=["paragraphs", "tables", "code", "lists"],
)
def test_four_times_the_text_takes_four_times_the_work(make: Callable[[int], str]) -> None:
    def document(blocks: int) -> str:
        return "".join(make(number) for number in range(1, blocks + 1))

    short, long = work(document(40), 50), work(document(160), 50)
    assert long < 4.5 * short
