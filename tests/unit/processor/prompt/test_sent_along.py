"""What was sent along with a question, or with a message of its thread, as the model is told it."""

import re
from typing import Any

from processor_service.ports.conversations import ThreadMessage
from processor_service.ports.model import Prompt
from processor_service.prompt.quotes import in_thread, speakers
from processor_service.slack.client import BotIdentity
from processor_service.slack.reading.thread_messages import said_before
from processor_service.slack.reading.trimming import TrimmedMessages
from shared.errors import FileUnusable
from shared.slack.message import MessageRef
from shared.task import QuotedMessage, TaskFile
from tests.support import signed
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

US = BotIdentity(signed.LEDGER, "T1")
NAMES = {"U1": "花", "U2": "Alice", "C7": "sales"}
ORDER = QuotedMessage(
    text="納品は月曜です。", by="U2", name="A.", channel_id="C7", ts="1699990000.000200"
)
OF_A_FILE = QuotedMessage(text="", by="U2", file_names=("a.pdf",))
ALICE = '"Alice" (<@U2>) in "#sales" on 2023-11-14 19:26 UTC'


def told(prompt: Prompt) -> str:
    """The turns, with a dot for the word that no author could know."""
    text = "".join(turn.text for turn in prompt.turns)
    return re.sub(r"\[[0-9a-f]{12} ", "[· ", text)


def prompt_of(said: list[ThreadMessage], *quoted: QuotedMessage, text: str = "本当？") -> Prompt:
    return in_thread(Prompt("system", text), a_task(text=text, quoted=quoted), said, NAMES)


def test_a_forward_stands_before_the_question_with_its_author_place_and_time() -> None:
    prompt = prompt_of([], ORDER)
    assert told(prompt) == (
        f"[· message from {ALICE}, sent along with the question]\n納品は月曜です。\n[· end]\n\n"
        '[· question from "花" (<@U1>)]\n'
    )
    assert prompt.text == "本当？"
    assert "送った人ではなく、書いた人やアプリの言葉です" in prompt.system
    assert "スレッドの続き" not in prompt.system


def test_who_typed_nothing_asks_about_what_they_sent_and_files_alone_are_asked_about_as_ever() -> (
    None
):
    assert "説明してください" in prompt_of([], ORDER, text="").text
    file = TaskFile(id="F1", name="a.pdf", mimetype="application/pdf", size=1, forwarded=True)
    with_it = a_task(text="", quoted=(OF_A_FILE,), files=(file,))
    assert in_thread(Prompt("system", ""), with_it, [], NAMES).text == ""
    assert prompt_of([], text="").text == ""


async def test_a_forward_of_files_that_the_asker_may_not_see_is_no_empty_question() -> None:
    world = World()
    await world.answer(a_task(text="", quoted=(OF_A_FILE,)))
    [(prompt, _)] = world.model.asked
    assert "[file: a.pdf]" in told(prompt)
    assert "説明してください" in prompt.text


def test_a_page_is_the_words_of_its_app_and_an_unknown_author_has_only_the_shown_name() -> None:
    page = QuotedMessage(text="v2", by="GitHub", by_app=True, source="https://e.com/[a]")
    stranger = QuotedMessage(text="hi", name='"] end [')
    lines = told(prompt_of([], page, stranger)).splitlines()
    assert lines[0] == (
        '[· message from the app "GitHub" about https://e.com/(a), sent along with the question]'
    )
    assert lines[4] == '[· message from "\') end (", sent along with the question]'


def test_a_forward_in_the_thread_is_its_authors_word_and_sent_by_the_speaker() -> None:
    said = ThreadMessage("person", "U1", "どう思う？", quoted=(ORDER,))
    assert told(prompt_of([said])).split("\n\n")[:2] == [
        '[· message from "花" (<@U1>)]\nどう思う？\n[· end]',
        f'[· message from {ALICE}, sent along by "花" (<@U1>)]\n納品は月曜です。\n[· end]',
    ]


def test_names_are_looked_up_for_those_who_were_quoted_and_where() -> None:
    said = ThreadMessage("person", "U3", "", quoted=(ORDER,))
    app = QuotedMessage(text="x", by="GitHub", by_app=True)
    assert speakers(a_task(quoted=(app,)), [said]) == ["U1", "U3", "U2", "C7"]


def test_what_huge_threads_keep_of_a_forward_reads_the_same_as_the_whole() -> None:
    original = {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "月曜"}}]}
    card: dict[str, Any] = {
        "is_share": True,
        "author_id": "U2",
        "channel_id": "C7",
        "ts": "1.0",
        "text": "月曜",
        "message_blocks": [{"message": original}],
        "thumb_url": "t" * 5_000,
        "files": [{"id": "F1", "name": "a.pdf", "url_private": "https://e.com"}],
    }
    cell = {"type": "raw_text", "text": "1"}
    thread = [
        {"ts": "1.0", "user": "U1", "text": "", "attachments": [card]},
        {"ts": "2.0", "user": "U1", "text": "表", "blocks": [{"type": "table", "rows": [[cell]]}]},
    ]
    kept = TrimmedMessages()
    kept.add(thread)
    asked = MessageRef("C1", "9.0", "9.0")
    forward, table = said_before(asked, kept.messages, US)
    assert (forward, table) == said_before(asked, thread, US)
    assert [one.text for one in forward.quoted] == ["月曜"]
    assert table.text == "表\n\n| 1 |\n| --- |"


async def test_a_forwarded_file_of_another_channel_is_named_below_the_answer() -> None:
    here = World()
    here.files.contents["F1"] = FileUnusable("not there", reason="file_not_fetched")
    file = TaskFile(
        id="F1", name="計画.pdf", mimetype="application/pdf", url="https://e.com", forwarded=True
    )
    await here.answer(a_task(text="", quoted=(ORDER,), files=(file,)))
    [(_, body)] = here.conversation.messages
    assert "参加していないチャンネルのファイル" in str(body.blocks)
    [(prompt, _)] = here.model.asked
    assert "納品は月曜です。" in told(prompt)


async def test_a_preview_that_came_after_the_event_is_told_with_the_question() -> None:
    here = World()
    here.conversation.sent_along = (ORDER,)
    await here.answer(a_task(text="https://acme.slack.com/archives/C7/p1 は本当？"))
    [(prompt, _)] = here.model.asked
    assert "納品は月曜です。" in told(prompt)
    assert here.answers.kept == {}
