"""Answers too long for a thread: the beginning in the thread, the whole in a file.

A file has no metadata, so its name names the task and its title the answer. It is shared before the
text's last part gets its mark: an answer that is whole has its file.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from processor_service.delivery.context import AnswerContext
from processor_service.delivery.preview.live_preview import LivePreview
from processor_service.delivery.reconcile import ExistingMessages, answer_mark
from processor_service.delivery.slack_writer import SlackWriter
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body, Document
from processor_service.texts.answers import IN_FILE, ONLY_IN_FILE, TRUNCATED, WHOLE_ANSWER
from shared.errors import MechachangError, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.slack.blocks import context
from shared.task import Locale, Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Six messages are some 20,000 Japanese letters or 60,000 Latin ones, half an hour to read. A longer
# text is better kept and searched as a file, and the thread stays short enough to scroll.
LONGEST_THREAD: Final = 6


async def shorten_for_thread(
    ctx: AnswerContext, answered: Answer, bodies: Sequence[Body], preview: LivePreview
) -> Sequence[Body]:
    """All messages, or the first six plus a file with the full answer.

    If Slack takes no file (without the scope files:write, for one) it is all messages.
    """
    if len(bodies) <= LONGEST_THREAD or ctx.conversation.files is None:
        return bodies
    beginning = _beginning_of(bodies, ctx.task.locale)
    await preview.show_all(beginning)
    document = _document(ctx.task, answered, beginning)
    if not await share_once(document, preview.existing, ctx.writer):
        return bodies
    preview.ways.add("file")
    return beginning


async def in_file_alone(ctx: AnswerContext, answered: Answer) -> Sequence[Body] | None:
    """The message beside the file of the whole answer, for an answer that Slack takes in no other
    form; None if it takes no file either.
    """
    note = [Body(ONLY_IN_FILE[ctx.task.locale])]
    document = _document(ctx.task, answered, note)
    return note if await share_once(document, ctx.existing, ctx.writer) else None


def _document(task: Task, answered: Answer, bodies: Sequence[Body]) -> Document:
    digest = answer_mark(task.task_id, bodies).digest
    text = "\n\n".join([answered.text, *([TRUNCATED[task.locale]] if answered.truncated else [])])
    return Document(task.task_id, digest, WHOLE_ANSWER[task.locale], text)


def _beginning_of(bodies: Sequence[Body], locale: Locale) -> list[Body]:
    """The first messages, with the footer moved to the last of them."""
    *first, last = bodies[:LONGEST_THREAD]
    note = context(IN_FILE[locale])
    below = [each for each in bodies[-1].blocks if each["type"] not in ("markdown", "table")]
    return [*first, replace(last, blocks=(*last.blocks, note, *below))]


async def share_once(document: Document, existing: ExistingMessages, writer: SlackWriter) -> bool:
    """Whether the file is in the thread now; an earlier worker's is adopted."""
    files = writer.conversation.files
    if files is None:
        return False
    ours = [one for one in existing.files if one.mark.digest == document.digest][:1]
    await writer.remove_all(one for one in existing.files if one not in ours)
    if ours:
        return True
    try:
        file_id = await writer.upload(files, document)
    except (SlackRefused, SlackUnavailable, OutcomeUnknown) as error:
        return _log_refusal(error)
    try:
        await writer.share(files, file_id, document)
    except (SlackRefused, SlackUnavailable) as error:
        return _log_refusal(error)
    return True


def _log_refusal(error: MechachangError) -> bool:
    log.warning(
        "Slack takes no file; the whole answer is posted in the thread.",
        action="file_not_shared",
        reason=error.reason,
        why=str(error),
    )
    return False
