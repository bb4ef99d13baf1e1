"""What a message brings along is bounded, and its authors are told apart."""

from typing import Any

from shared.slack.message import OurBot
from shared.slack.reading.attachments import MOST_QUOTED, QUOTED_CHARS, brought_along
from shared.slack.reading.said import said_by_person, said_in

US = OurBot("UBOT", "BBOT")


def a_forward(text: str = "a", **more: Any) -> dict[str, Any]:
    return {"is_share": True, "author_id": "U9", "text": text, **more}


def test_so_many_messages_with_so_many_letters_come_along_and_what_is_cut_says_so() -> None:
    found = brought_along({"attachments": [a_forward("あ" * 5_000)] * 30}, US)
    assert len(found.quoted) == QUOTED_CHARS // 5_000
    huge = brought_along({"attachments": [a_forward("a" * 100_000), a_forward("b")]}, US).quoted
    assert [len(one.text) for one in huge] == [QUOTED_CHARS]
    assert huge[0].text.endswith("a […]")
    many = brought_along({"attachments": [a_forward()] * 30}, US)
    assert len(many.quoted) == MOST_QUOTED


def test_forwards_are_followed_three_deep_however_wide_they_are() -> None:
    inner = a_forward("4")
    for depth in ("3", "2", "1"):
        inner = a_forward(depth, attachments=[inner] * 5)
    found = brought_along({"attachments": [inner]}, US)
    assert {one.text for one in found.quoted} == {"1", "2", "3"}
    assert len(found.quoted) == MOST_QUOTED


def test_no_more_files_come_along_than_a_question_could_use() -> None:
    files = [{"id": f"F{number}"} for number in range(15)]
    found = brought_along({"attachments": [a_forward(files=files)] * 4}, US)
    assert len(found.files) == 20
    assert all(one.forwarded for one in found.files)


def test_a_card_of_an_app_is_no_message_of_the_person_that_it_names() -> None:
    card = a_forward("transfer approved", is_app_unfurl=True, author_name="The boss", files=[{}])
    [quoted] = brought_along({"attachments": [card]}, US).quoted
    assert (quoted.by_app, quoted.by, quoted.file_names) == (True, "The boss", ())


def test_our_own_message_is_read_without_the_notes_below_it_and_an_apps_with_all() -> None:
    blocks = [
        {"type": "markdown", "text": "42"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "a note"}]},
    ]
    message = {"bot_id": "BBOT", "user": "UBOT", "text": "42…", "blocks": blocks}
    assert said_in(message, US).text == "42"
    assert said_in({**message, "bot_id": "B9"}, US).text == "42\n\na note"


def test_what_looks_like_markup_in_a_forward_stays_text() -> None:
    said = said_by_person({"text": "", "attachments": [a_forward("&lt;@UBOT&gt; <!here>")]}, US)
    assert said.text == ""
    assert [one.text for one in said.quoted] == ["<@UBOT> @here"]
