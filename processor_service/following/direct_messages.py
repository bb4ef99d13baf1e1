"""The exchange that a new direct message continues: each message begins a thread of its own, but
people who write into the main composer mean to go on talking.
"""

from processor_service.following.words import starts_anew
from processor_service.ports.conversations import Conversations, ThreadMessage
from processor_service.ports.talks import LastThreads
from shared.channel_ids import is_direct
from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.slack.message import MessageRef
from shared.task import Source, Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_TYPED = frozenset({Source.DM, Source.RETRY})


async def last_exchange(
    task: Task, place: MessageRef | None, last: LastThreads, conversations: Conversations
) -> tuple[ThreadMessage, ...]:
    """The last question and its answer, if a direct message follows it within minutes and does not
    plainly start anew. Empty if they cannot be read: the message is answered without them.
    """
    if place is None or place.continues_thread or not _goes_on(task, place):
        return ()
    thread_ts = await last.of(place.channel_id)
    if thread_ts is None or float(thread_ts) >= float(place.message_ts):
        return ()
    thread = conversations.thread(task, thread_ts, place.message_ts)
    try:
        history = await thread.read(task.task_id)
    except (SlackUnavailable, OutcomeUnknown, SlackRefused) as error:
        log.info("A thread cannot be read.", action="thread_unread", reason=error.reason)
        return ()
    return _last_of(history.said)


def _goes_on(task: Task, place: MessageRef) -> bool:
    direct = is_direct(place.channel_id) and task.source in _TYPED
    return direct and task.subject is None and not starts_anew(task.text)


def _last_of(said: tuple[ThreadMessage, ...]) -> tuple[ThreadMessage, ...]:
    """The last answer, which may have several parts, and the message before it."""
    end = len(said)
    while end > 0 and said[end - 1].role != "us":
        end -= 1
    begin = end
    while begin > 0 and said[begin - 1].role == "us":
        begin -= 1
    return said[max(0, begin - 1) : end]


async def note_answered(place: MessageRef | None, last: LastThreads) -> None:
    """Remember that a question of a direct message was answered there."""
    if place is not None and is_direct(place.channel_id):
        await last.note(place.channel_id, place.thread_ts)
