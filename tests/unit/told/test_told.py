"""What the model is told of each message that Slack may send: ``messages`` holds payloads as Slack
sends them, and beside each, in a ``.txt``, what becomes of it.

``python -m tests.unit.told.test_told`` writes the texts again; read the difference before you
commit it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_service.payloads.messages import read_message
from command_service.payloads.model import Identity, NotAQuestion, Question
from command_service.use_cases.policy import Policy, admit
from processor_service.ports.model import Prompt
from processor_service.prompt.quotes import in_thread
from processor_service.slack.client import BotIdentity
from processor_service.slack.reading.thread_messages import said_before
from processor_service.slack.reading.trimming import TrimmedMessages
from shared.slack.message import MessageRef, message_of
from shared.task import TaskFile
from tests.support.signed import LEDGER
from tests.support.tasks import a_task

MESSAGES = Path(__file__).parent / "messages"
PAYLOADS = sorted(MESSAGES.glob("*.json"))
LATER = "1790000900.000100"
NAMES = {"U0HANA": "山田 花", "U0KEN": "佐藤 健", "C0SALES": "sales"}
IDENTITY = Identity("T0HOME", LEDGER.our_bot.user_id, LEDGER.our_bot.bot_id)


def told(message: dict[str, Any]) -> str:
    """The message as a question in direct messages, and as a part of a thread."""
    return "\n".join(
        ["== as a question ==", *_asked(message), "== in a thread ==", *_said(message)]
    )


def _asked(message: dict[str, Any]) -> Iterator[str]:
    event = {**message, "channel": "D0HANA", "channel_type": "im"}
    question = read_message({"team_id": "T0HOME", "event": event}, IDENTITY, False)
    if isinstance(question, NotAQuestion):
        yield f"none: {question.reason}"
        return
    if (reason := admit(question, Policy())) is not None:
        yield f"refused: {reason}"
        return
    yield from _prompt(question)
    yield from map(_file, question.files)


def _prompt(question: Question) -> Iterator[str]:
    asked = {"text": question.text, "quoted": question.quoted, "files": question.files}
    task = a_task(**asked, user_id="U0HANA")
    prompt = in_thread(Prompt("", question.text), task, (), NAMES)
    yield from _lines(prompt)
    yield prompt.text or "(nothing typed)"


def _said(message: dict[str, Any]) -> Iterator[str]:
    kept = TrimmedMessages()
    kept.add([found] if (found := message_of(message)) else [])
    said = said_before(
        MessageRef("C0HERE", LATER, LATER), kept.messages, BotIdentity(LEDGER, "T0HOME")
    )
    if not said:
        yield "nothing"
    yield from _lines(in_thread(Prompt("", "?"), a_task(user_id="U0HANA"), said, NAMES))
    yield from (_file(file) for one in said for file in one.files)


def _lines(prompt: Prompt) -> Iterator[str]:
    """The turns, without the line that leads in to the question, and with a dot for the word that
    no author could know.
    """
    turns = [turn.text for turn in prompt.turns[:-1]]
    yield from re.sub(r"(?m)^\[[0-9a-f]{12} ", "[· ", "".join(turns)).splitlines()


def _file(file: TaskFile) -> str:
    marks = [mark for mark in ("forwarded", "gone") if getattr(file, mark)]
    return " ".join([f"(file {file.id} {file.name!r}", file.mimetype or "untyped", *marks]) + ")"


def written(path: Path) -> dict[str, Any]:
    """The payload in a file."""
    payload: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return payload


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_each_message_is_told_as_it_is_written_beside_it(path: Path) -> None:
    assert told(written(path)) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_there_are_many_and_each_text_has_its_message() -> None:
    assert len(PAYLOADS) >= 40
    assert {path.stem for path in MESSAGES.glob("*.txt")} == {path.stem for path in PAYLOADS}


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_nothing_that_was_quoted_is_among_the_askers_words(path: Path) -> None:
    """Each payload marks others' words with a letter that no author uses for anything else."""
    lines = told(written(path)).splitlines()
    inside = False
    for line in lines:
        inside = line.startswith("[· message") or (inside and line != "[· end]")
        assert inside or "※" not in line


if __name__ == "__main__":
    for payload in PAYLOADS:
        text = told(written(payload)) + "\n"
        payload.with_suffix(".txt").write_text(text, encoding="utf-8")
