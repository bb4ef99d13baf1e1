"""Files in Slack reach Gemini: both services as processes, over the simulated Slack and Gemini."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.ledger import Mark, Role
from shared.slack.files import CANVAS_TYPE
from simulators.faults import Fault
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.chaos.ledger import has_card_at_work
from tests.support.hostile_files import HOSTILE
from tests.support.office_files import sales
from tests.support.sample_files import PDF, PDF_PROTECTED, PDF_WITHOUT_PAGES, PNG, PNG_HEADER
from tests.support.workbenches.slack import ONE_EVENT_A_MENTION

DEADLINE_S = 60.0


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[LocalStack]:
    slack = SlackConfig(files_redirect=True, subscriptions=ONE_EVENT_A_MENTION)
    async with LocalStack(StackConfig(folder=tmp_path, slack=slack)) as started:
        yield started


async def said(stack: LocalStack, where: str, thread_ts: str, role: Role = "answer") -> str:
    """The blocks of the one message of ours with that role, once it stands whole."""

    def whole() -> str | None:
        for message in stack.slack.messages(where, thread_ts=thread_ts):
            mark = Mark.of_message(message)
            if mark is not None and mark.role == role and (mark.parts or role == "notice"):
                return str(message["blocks"])
        return None

    found = await stack.slack.wait_for(whole, DEADLINE_S)
    assert found is not None
    return found


def shared(stack: LocalStack, *files: tuple[str, bytes]) -> list[str]:
    return [stack.slack.people.upload("alice", name, content).id for name, content in files]


async def test_files_of_a_question_reach_gemini_or_are_named_below_the_answer(
    stack: LocalStack,
) -> None:
    film = b"film" * 4 * 1024 * 1024
    files = shared(
        stack,
        ("図.png", PNG),
        ("議事録.txt", "次回は金曜日です。".encode("cp932")),
        ("film.mp4", film),
        ("計画.doc", b"\xd0\xcf\x11\xe0"),
    )
    where = stack.slack.people.dm("alice").id
    asked = stack.slack.people.post("alice", where, "Redisとは何ですか", files=files)
    answer = await said(stack, where, asked.ts)
    assert answer.index("図.png") < answer.index("議事録.txt") < answer.index("film.mp4")
    assert "video/mp4, uploaded" in answer
    assert "計画.doc: I can't read the old formats (.doc, .xls, .ppt)" in answer
    [request] = stack.gemini.requests
    assert "次回は金曜日です。" in request.prompt
    await stack.gemini.wait_for(lambda: len(stack.gemini.files.deleted) == 1)
    assert stack.gemini.files.files == []


async def test_files_that_take_long_are_a_task_card_above_the_answer(stack: LocalStack) -> None:
    stack.faults.add("slack", "download", Fault("delay", seconds=2.5))
    files = shared(stack, ("notes.txt", b"The next meeting is on Friday."))
    where = stack.slack.people.dm("alice").id
    asked = stack.slack.people.post("alice", where, "What is Redis?", files=files)
    await said(stack, where, asked.ts)
    [message] = [
        one for one in stack.slack.messages(where, thread_ts=asked.ts) if one.get("bot_id")
    ]
    [card, *_] = message["blocks"]
    assert (card["type"], card["title"]) == ("task_card", "Read notes.txt")
    assert not has_card_at_work(message)


async def test_a_workbook_reaches_gemini_as_a_table_and_a_protected_one_is_named(
    stack: LocalStack,
) -> None:
    files = shared(
        stack,
        ("売上.xlsx", sales()),
        ("社外秘.docx", HOSTILE["an encrypted document"][0]()),
        ("爆弾.docx", HOSTILE["a zip bomb"][0]()),
    )
    where = stack.slack.people.dm("alice").id
    asked = stack.slack.people.post("alice", where, "5 月の前年比は?", files=files)
    answer = await said(stack, where, asked.ts)
    assert "社外秘.docx: It's password-protected" in answer
    assert "爆弾.docx: I didn't open it" in answer
    [request] = stack.gemini.requests
    told = str(request.body)
    assert "|  | A | B | C |" in told
    assert "| 4 | 2026/5/1 | ¥800 | 50.0% |" in told
    assert 'missing "社外秘.docx"' in told


async def test_tables_mails_canvases_and_voice_clips_reach_gemini_as_what_they_are(
    stack: LocalStack,
) -> None:
    people = stack.slack.people
    mail = "Subject: 見積の件\nFrom: a@example.com\nContent-Type: text/plain; charset=utf-8\n\n本文"
    clip = people.upload("alice", "audio_message.webm", b"voice", "video/webm")
    clip.subtype = "slack_audio"
    files = [
        *shared(
            stack,
            ("売上.csv", "日付,金額\r\n4/1,300\r\n".encode("cp932")),
            ("転送.eml", mail.encode()),
        ),
        people.upload("alice", "議事録", "<h1>決定</h1>".encode(), CANVAS_TYPE).id,
        clip.id,
    ]
    where = people.dm("alice").id
    asked = people.post("alice", where, "Redisとは何ですか", files=files)
    await said(stack, where, asked.ts)
    [request] = stack.gemini.requests
    told = str(request.body)
    assert "| 1 | 日付 | 金額 |" in told
    assert "Subject: 見積の件" in told
    assert "# 決定" in told
    assert "audio/webm" in told


async def test_a_mention_with_nothing_but_an_unusable_file_gets_a_notice(
    stack: LocalStack,
) -> None:
    files = shared(stack, ("計画.xlsx", b"PK\x03\x04"))
    asked = stack.slack.people.post("alice", "#general", "@mechachang", files=files)
    notice = await said(stack, "#general", asked.ts, "notice")
    assert "計画.xlsx" in notice
    assert "files_unusable" in notice
    assert stack.gemini.requests == []


async def test_an_image_of_the_thread_goes_along_with_a_later_question(stack: LocalStack) -> None:
    people = stack.slack.people
    begun = people.post("hana", "#general", "この図を見て", files=shared(stack, ("図.png", PNG)))
    people.post("alice", "#general", "@mechachang What is Redis?", thread_ts=begun.ts)
    answer = await said(stack, "#general", begun.ts)
    assert "図.png" in answer


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("空.pdf", PDF_WITHOUT_PAGES),
        ("鍵.pdf", PDF_PROTECTED),
        ("壊れた図.png", PNG_HEADER + b"0" * 100),
    ],
)
async def test_a_file_that_gemini_refuses_is_named_below_the_answer_to_its_question(
    stack: LocalStack, name: str, content: bytes
) -> None:
    where = stack.slack.people.dm("alice").id
    files = shared(stack, (name, content), ("よい図.png", PNG), ("よい.pdf", PDF))
    asked = stack.slack.people.post("alice", where, "Redisとは何ですか", files=files)
    answer = await said(stack, where, asked.ts)
    assert f"{name}: Gemini couldn't read" in answer
    [request] = stack.gemini.requests
    good = {"空.pdf": "よい図.png", "鍵.pdf": "よい図.png", "壊れた図.png": "よい.pdf"}[name]
    assert f'file "{good}"' in str(request.body)


async def test_an_old_picture_of_somebody_else_does_not_keep_a_thread_from_being_answered(
    stack: LocalStack,
) -> None:
    people = stack.slack.people
    broken = shared(stack, ("古い図.png", PNG_HEADER + b"0" * 100))
    begun = people.post("hana", "#general", "この図を見て", files=broken)
    asked = people.post("alice", "#general", "@mechachang Redisとは何ですか", thread_ts=begun.ts)
    answer = await said(stack, "#general", begun.ts)
    assert "古い図.png: Gemini couldn't read it" in answer
    assert asked.ts
    again = people.post("alice", "#general", "@mechachang もう一度", thread_ts=begun.ts)

    def both() -> bool:
        found = stack.slack.messages("#general", thread_ts=begun.ts)
        marks = [Mark.of_message(message) for message in found]
        return len([mark for mark in marks if mark is not None and mark.parts]) == 2

    assert again.ts
    await stack.slack.wait_for(both, DEADLINE_S)


async def test_a_question_that_is_nothing_but_a_refused_file_gets_one_notice_that_names_it(
    stack: LocalStack,
) -> None:
    files = shared(stack, ("空.pdf", PDF_WITHOUT_PAGES))
    asked = stack.slack.people.post("alice", "#general", "@mechachang", files=files)
    notice = await said(stack, "#general", asked.ts, "notice")
    assert "空.pdf" in notice
    assert "files_unusable" in notice
    assert "shorten" not in notice
