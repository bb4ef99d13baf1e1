"""Answers too long for a thread: their beginning stands there, and all of them in a file.

A file carries no metadata, so its name says which task it belongs to and its title which answer. It
is shared before the text's last part takes its mark: an answer that is whole has its file.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from processor_service.delivery.live_preview import LivePreview
from processor_service.delivery.reconcile import answer_mark, remove
from processor_service.delivery.slack_writer import Steps
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body, Conversation, Document
from processor_service.texts.answers import IN_FILE, ONLY_IN_FILE, TRUNCATED, WHOLE_ANSWER
from shared.errors import MechachangError, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.task import Locale, Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Six messages are some 20,000 Japanese letters or 60,000 Latin ones, half an hour to read. Whoever
# wants more wants to keep and search it, and a thread remains that can be scrolled through.
LONGEST_THREAD: Final = 6


async def shorten_for_thread(
    task: Task, answered: Answer, bodies: Sequence[Body], growing: LivePreview
) -> Sequence[Body]:
    """The messages that the thread gets: ``bodies``, or their beginning above the file of all.

    Where Slack takes no file (without the scope files:write, for one) they all go there.
    """
    if len(bodies) <= LONGEST_THREAD or not growing.conversation.takes_files:
        return bodies
    beginning = _beginning_of(bodies, task.locale)
    await growing.show_all(beginning)
    if not await share_once(_document(task, answered, beginning), growing):
        return bodies
    growing.ways.add("file")
    return beginning


async def in_file_alone(
    task: Task, answered: Answer, growing: LivePreview
) -> Sequence[Body] | None:
    """The message that stands beside the file of the whole answer, for an answer that Slack takes
    in no other form; None where it takes no file either.
    """
    note = [Body(ONLY_IN_FILE[task.locale])]
    if not growing.conversation.takes_files:
        return None
    if not await share_once(_document(task, answered, note), growing):
        return None
    growing.ways.add("file")
    return note


def _document(task: Task, answered: Answer, bodies: Sequence[Body]) -> Document:
    """The file with the whole of the answer that is shown by ``bodies``."""
    digest = answer_mark(task.task_id, bodies).digest
    text = "\n\n".join([answered.text, *([TRUNCATED[task.locale]] if answered.truncated else [])])
    return Document(task.task_id, digest, WHOLE_ANSWER[task.locale], text)


def _beginning_of(bodies: Sequence[Body], locale: Locale) -> list[Body]:
    """The first messages. What stood below the last of all stands below the last of them."""
    *first, last = bodies[:LONGEST_THREAD]
    note = {"type": "context", "elements": [{"type": "mrkdwn", "text": IN_FILE[locale]}]}
    below = [each for each in bodies[-1].blocks if each["type"] not in ("markdown", "table")]
    return [*first, replace(last, blocks=(*last.blocks, note, *below))]


async def share_once(document: Document, growing: LivePreview) -> bool:
    """Whether the file stands in the thread now; an earlier worker's is adopted."""
    conversation, steps, files = growing.conversation, growing.steps, growing.found.files
    ours = [one for one in files if one.mark.digest == document.digest][:1]
    await remove((one for one in files if one not in ours), conversation, steps)
    if ours:
        return True
    try:
        file_id = await steps.read(partial(conversation.upload, document))
    except (SlackRefused, SlackUnavailable, OutcomeUnknown) as error:
        return _log_refusal(error)
    try:
        await _share(file_id, document, conversation, steps)
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


async def _share(
    file_id: str, document: Document, conversation: Conversation, steps: Steps
) -> None:
    """Share the file once: an unknown outcome is settled by looking for it before a repeat."""
    unsure = False

    async def attempt() -> None:
        nonlocal unsure
        if unsure and await _stands(document, conversation):
            log.info("A file of unknown outcome stands in Slack.", action="file_adopted")
            return
        try:
            await conversation.share(file_id, document)
        except OutcomeUnknown:
            steps.not_confirmed()
            unsure = True
            raise

    await steps.show(attempt)


async def _stands(document: Document, conversation: Conversation) -> bool:
    found = await conversation.find(document.task_id)
    return Mark(document.task_id, "file", digest=document.digest) in [one.mark for one in found]
