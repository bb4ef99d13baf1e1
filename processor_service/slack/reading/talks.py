"""Threads read for who spoke to whom."""

from processor_service.ports.talks import Remark, Talk
from processor_service.slack.client import BotIdentity, SlackCalls
from processor_service.slack.reading.reader import SlackReading
from shared.slack.message import Message
from shared.slack.message_text import mentions, plain_text
from shared.slack.reading.block_text import text_of_blocks
from shared.slack.reading.said import is_from_an_app, markup_of, said_by_person
from shared.task import Task, task_id_of_message


class SlackTalks:
    """``ports.Talks`` by ``conversations.replies``."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls

    async def around(self, task: Task) -> Talk:
        """The messages before the task's own; later messages do not count."""
        thread_ts, asked = task.thread_ts or "", float(task.message_ts or 0)
        reading = SlackReading(self._calls, task.channel_id, thread_ts, thread_ts=thread_ts)
        messages, whole = await reading.whole(asked)
        us = await self._calls.ourselves()
        marks = [us.ledger.mark_of(one, task.channel_id) for one in messages]
        begun = any(mark is not None and mark.task_id == task.task_id for mark in marks)
        if not whole:
            return Talk((), begun)
        before = [one for one in messages if float(one["ts"]) < asked]
        return Talk(tuple(_remark(one, task.channel_id, us) for one in before), begun)


def _remark(message: Message, channel_id: str, us: BotIdentity) -> Remark:
    our_bot = us.ledger.our_bot
    if our_bot.sent(message):
        return _ours(message, channel_id, us)
    if is_from_an_app(message) or not message.get("user"):
        return Remark("app", "", "")
    said = said_by_person(message, our_bot)
    return Remark(
        *("person", str(message["user"]), said.text),
        task_id_of_message(us.team_id, channel_id, str(message["ts"])),
        calls_us=mentions(markup_of(message), our_bot.user_id),
        files=bool(said.files or said.quoted),
    )


def _ours(message: Message, channel_id: str, us: BotIdentity) -> Remark:
    """An answer or a notice of ours, or the person for whom we show a question."""
    mark = us.ledger.mark_of(message, channel_id)
    if mark is not None and mark.role == "question":
        from shared.actions import ShownQuestion  # noqa: PLC0415 - see ``cold_start``

        shown = ShownQuestion.of_fields(us.ledger.kept_with(message, channel_id))
        return Remark(
            "person", shown.asked_by or "", shown.prompt or "", mark.task_id, calls_us=True
        )
    text = text_of_blocks(message) or plain_text(str(message.get("text") or ""), "")
    return Remark("us", "", text, mark.task_id if mark else "")
