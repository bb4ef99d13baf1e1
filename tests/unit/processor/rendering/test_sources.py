"""What stands below an answer for which something was looked up."""

import pytest

from processor_service.ports.answers import Answer, OmittedFile
from processor_service.ports.citations import Citations, WebPage
from processor_service.rendering.citations import (
    MAX_PAGES,
    sources_footer,
    sources_of_step,
    sources_text,
)
from processor_service.rendering.footer import answer_footer
from processor_service.rendering.messages import (
    PART_BYTES,
    render_answer,
    render_notice,
    render_plain,
)
from processor_service.rendering.omitted_files import files_footer
from processor_service.texts.failures import Failure
from shared.slack.blocks import Block
from shared.slack.message import MessageRef
from shared.task import Locale, Mode
from simulators.slack.content.block_kit import MESSAGE_TEXT, block_errors, text_length
from tests.support.tasks import a_task

PAGES = (
    WebPage("https://a.example/1", "一つ目"),
    WebPage("https://b.example/2?x=1&y=2", "B & C > D"),
)


def texts(block: Block) -> list[str]:
    assert block["type"] == "context"
    return [element["text"] for element in block["elements"]]


def test_pages_and_searches_are_links() -> None:
    footer = sources_footer(Citations(PAGES, ("素数 定義",)), "ja")
    assert [texts(block) for block in footer] == [
        [
            "*出典*",
            "1. <https://a.example/1|一つ目>",
            "2. <https://b.example/2?x=1&amp;y=2|B &amp; C &gt; D>",
        ],
        [
            "*Google 検索*",
            "<https://www.google.com/search?q=%E7%B4%A0%E6%95%B0+%E5%AE%9A%E7%BE%A9|素数 定義>",
        ],
    ]


def test_without_research_nothing_stands_there_and_research_that_failed_is_told() -> None:
    assert sources_footer(Citations(), "ja") == []
    [note] = sources_footer(Citations(missing=True), "ja")
    assert texts(note) == ["検索は使われていません。モデルの知識だけでお答えしています。"]
    [note] = sources_footer(Citations(missing=True), "en")
    assert "No search was used" in texts(note)[0]


def test_the_same_page_and_the_same_words_count_once() -> None:
    twice = (
        Citations()
        .merged_with(PAGES, ["a"])
        .merged_with([PAGES[1], WebPage(PAGES[0].url, "x")], ["b", "a"])
    )
    assert twice == Citations(PAGES, ("a", "b"))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "slack://x", "", "https://a.example/" + "x" * 3_000]
)
def test_an_address_that_is_no_web_page_or_too_long_is_left_out(url: str) -> None:
    with_it = sources_footer(Citations((WebPage(url, "bad"), *PAGES)), "ja")
    assert with_it == sources_footer(Citations(PAGES), "ja")


def test_neither_an_address_nor_a_title_escapes_from_its_link() -> None:
    page = WebPage("https://a.example/<!here>|x", "<!channel> a|b>\n<@U012AB>")
    [block] = sources_footer(Citations((page,), ("<!everyone>",)), "ja")[:1]
    [_, link] = texts(block)
    assert link.startswith("1. <https://a.example/%3C!here%3E%7Cx|")
    assert link.count("<") == link.count(">") == 1
    assert "\n" not in link


def test_a_page_without_a_title_is_called_by_its_place() -> None:
    [block] = sources_footer(Citations((WebPage("https://docs.example/guide/?q=1"),)), "en")
    assert texts(block)[1] == "1. <https://docs.example/guide/?q=1|docs.example/guide>"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://example.com／社内/?q=1", "example.com／社内"),
        ("https://[x/a#b", "[x/a"),
    ],
)
def test_an_address_that_no_host_can_be_read_from_is_shown_as_it_is(url: str, place: str) -> None:
    citations = Citations((WebPage(url),))
    [block] = sources_footer(citations, "ja")
    assert texts(block)[1] == f"1. <{url}|{place}>"
    assert sources_text(citations, "ja") == [f"出典:\n1. {place} {url}"]
    assert sources_of_step(citations.pages) == (WebPage(url, place),)


@pytest.mark.parametrize("length", range(1_985, 2_000))
def test_the_longest_address_still_makes_a_text_that_slack_takes(length: int) -> None:
    page = WebPage("https://a.example/".ljust(length, "x"), "A")
    assert block_errors(sources_footer(Citations((page, *PAGES)), "ja")) == []


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("file", [("&" * 80, ""), ("a.xlsx", "シート「&」、" * 25)])
def test_the_longest_note_on_files_is_one_that_slack_takes(
    file: tuple[str, str], locale: Locale
) -> None:
    files = [OmittedFile(file[0], "file_cut", file[1]) for _ in range(10)]
    [block] = files_footer(files, locale)
    assert block_errors([block]) == []
    shown = texts(block)[0].count("&amp;") // f"{file}".count("&")
    assert 1 <= shown < 10
    assert f"{10 - shown}" in texts(block)[0].splitlines()[-1]
    task = a_task(locale=locale)
    notice = render_notice(Failure("files_unusable", without=tuple(files)), task, None)
    assert block_errors(list(notice.blocks)) == []


@pytest.mark.parametrize("length", [20, 250, 700])
def test_a_full_message_has_room_for_its_sources_and_buttons(length: int) -> None:
    pages = tuple(WebPage(f"https://a.example/{n}/" + "x" * length, "&" * 70) for n in range(30))
    citations = Citations(pages, tuple(f"{n} " + "語" * 30 for n in range(9)))
    place = MessageRef("C0123456789", "1700000000.000001", "1700000000.000001")
    footer = [
        *sources_footer(citations, "en"),
        *answer_footer(a_task(mode=Mode.AUTO), Answer("", "", mode=Mode.CODE), place, cached=True),
    ]
    answer = Answer("word " * (PART_BYTES // 5 - 10), "m")
    [body] = render_answer(answer, "en", 9, footer=footer)
    assert block_errors(list(body.blocks)) == []
    assert text_length(list(body.blocks)) <= MESSAGE_TEXT
    assert 1 <= len(footer[0]["elements"]) - 1 <= MAX_PAGES


def test_as_plain_text_the_sources_come_after_the_answer() -> None:
    citations = Citations(PAGES, ("素数",), missing=True)
    [body] = render_plain(Answer("答え", "m"), "ja", 9, below=sources_text(citations, "ja"))
    assert body.text.startswith("答え\n\n検索は使われていません。")
    assert "1. 一つ目 https://a.example/1" in body.text
    assert "2. B &amp; C &gt; D https://b.example/2?x=1&amp;y=2" in body.text
    assert "Google 検索: 素数" in body.text
