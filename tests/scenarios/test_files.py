"""Files in Slack reach Gemini: both services as processes, over the simulated Slack and Gemini."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.ledger import Mark, Role
from simulators.slack import SlackConfig
from simulators.stack import LocalStack
from simulators.stack_config import StackConfig
from tests.slack_workbench import ONE_EVENT_A_MENTION

DEADLINE_S = 30.0
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 1000


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
        ("計画.docx", b"PK\x03\x04"),
    )
    where = stack.slack.people.dm("alice").id
    asked = stack.slack.people.post("alice", where, "Redisとは何ですか", files=files)
    answer = await said(stack, where, asked.ts)
    assert answer.index("図.png") < answer.index("議事録.txt") < answer.index("film.mp4")
    assert "video/mp4, uploaded" in answer
    assert "計画.docx: Office documents cannot be read" in answer
    [request] = stack.gemini.requests
    assert "次回は金曜日です。" in request.prompt
    await stack.gemini.wait_for(lambda: len(stack.gemini.files.deleted) == 1)
    assert stack.gemini.files.files == []


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
