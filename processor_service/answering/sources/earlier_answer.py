"""The answer that a button asks to replace: its words for the model, a note for the readers."""

from functools import partial

from processor_service.answering.deps import AnswerSource
from processor_service.delivery.slack_writer import TaskRun
from processor_service.ports.conversations import ThreadReader
from processor_service.prompt.quotes import quotable_name
from processor_service.texts import answers as texts
from shared.errors import SlackRefused
from shared.slack.message import MessageRef, permalink
from shared.slack.message_text import escape
from shared.task import Task


async def earlier_words(
    task: Task, place: MessageRef | None, threads: ThreadReader, run: TaskRun
) -> str:
    """The earlier answer as Slack has it; "" if it is gone. Raises as a Conversation does."""
    if task.earlier is None or place is None:
        return ""
    try:
        return await run.read(partial(threads.answer_at, place, task.earlier.message_ts))
    except SlackRefused:
        return ""


async def note_on_request(task: Task, place: MessageRef | None, source: AnswerSource) -> str:
    """Who asked for another answer, and instead of which; "" if nobody did."""
    if task.earlier is None or place is None:
        return ""
    locale, url = task.locale, await source.workspace.url()
    name = (await source.people.names_of([task.user_id])).get(task.user_id)
    by = texts.AT_REQUEST_OF[locale].format(name=escape(quotable_name(name))) if name else ""
    address = permalink(url, place.channel_id, task.earlier.message_ts, place.thread_ts)
    this = texts.THIS_ANSWER[locale]
    return texts.MADE_OF_IT[task.wish][locale].format(
        by=by or texts.AT_REQUEST[locale], answer=f"<{escape(address)}|{this}>" if address else this
    )
