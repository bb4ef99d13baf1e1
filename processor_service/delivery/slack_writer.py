"""Writing one task's messages into Slack: under the lease, with retries, and each post once."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from processor_service.ports.conversations import (
    Body,
    Conversation,
    Document,
    FileSharing,
    Posted,
    TaskCard,
    ThreadHistory,
)
from processor_service.resilience.cancellation import CancelToken
from processor_service.resilience.lease import TaskLease
from processor_service.resilience.stopping import Stopping
from shared.errors import OutcomeUnknown, RetryableError, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.retry import BackOff, Retries, RetryPolicy, retry
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_Result = TypeVar("_Result")

_MAY_PASS = (SlackUnavailable, OutcomeUnknown)
SLACK_LIMITS: Final = "slack_rate_limited"


@dataclass
class TaskRun:
    """One worker's run on a task, wherever it writes.

    ``doubtful``: another worker may have written beside us, or a post of ours may have had an
    unconfirmed effect; ``unguarded`` if we wrote while nothing kept workers apart, ``unconfirmed``
    if Slack may take a post of ours when no worker looks any more, ``after_death`` if an earlier
    worker died with the task, perhaps during a call. ``cancel`` says whether the user
    has stopped the task, ``stopping`` whether the process was told to end; ``tell_limited`` is
    called with each pause that Slack's limits force. ``untold``: the task is refused, and only
    another one's notice says so.
    """

    lease: TaskLease
    patience: RetryPolicy
    doubtful: bool = False
    unguarded: bool = False
    unconfirmed: bool = False
    after_death: bool = False
    untold: bool = False
    cancel: CancelToken = field(default_factory=CancelToken)
    stopping: Stopping = field(default_factory=Stopping)
    tell_limited: Callable[[float], None] = lambda _: None
    _announced: bool = False

    def __post_init__(self) -> None:
        self.patience = replace(self.patience, back_off=self._telling(self.patience.back_off))

    def _telling(self, back_off: BackOff) -> BackOff:
        """The same pauses; those that Slack's limits force are told."""

        def pause_s(attempt: int, error: RetryableError | None) -> float:
            pause_s = back_off(attempt, error)
            if error is not None and error.reason == SLACK_LIMITS:
                self.tell_limited(pause_s)
            return pause_s

        return pause_s

    async def read(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """Retry a call that may be repeated: it reads, or takes something away."""
        return await retry(self.patience, _MAY_PASS, call)

    async def check_lease(self) -> None:
        """Called before each visible step: raises LeaseLost once another worker has the task."""
        if not await self.lease.still_held():
            self.doubtful = self.unguarded = True

    def not_confirmed(self) -> None:
        """Note that a post may have had an effect, or may still have it."""
        self.doubtful = self.unconfirmed = True

    async def may_have_concurrent_worker(self) -> bool:
        """Called after a post, before reading the conversation for other workers' messages.

        A worker without a lease has announced itself by then, or reads later than we wrote: one of
        the two always sees both.
        """
        if self.doubtful and not self._announced:
            await self.lease.flag_possible_duplicate()
            self._announced = True
        self.doubtful = self.doubtful or await self.lease.has_possible_duplicate()
        return self.doubtful


@dataclass(frozen=True)
class SlackWriter:
    """A ``Conversation``'s verbs for one run: each is retried, and the lease is checked before each
    visible attempt. ``post`` and ``share`` take effect once. ``begins``: this run has just posted
    the message whose thread the conversation is.
    """

    conversation: Conversation
    run: TaskRun
    begins: bool = False

    async def find(self, task_id: str, *, in_turn: bool = True) -> list[Posted]:
        return await self.run.read(partial(self.conversation.find, task_id, in_turn=in_turn))

    async def read(self, task_id: str) -> ThreadHistory:
        return await self.run.read(partial(self.conversation.read, task_id))

    async def post(self, body: Body, mark: Mark) -> Posted:
        """Post one message, once: an unknown outcome is settled by reading back before a repeat.

        If there may be a double, the earlier message stays: every worker decides alike.
        """
        post = partial(self.conversation.post, body, mark)
        posted = await self._write(post, partial(self._adopt, mark))
        if not await self.run.may_have_concurrent_worker():
            return posted
        twins = await self.run.read(partial(self._standing, mark))
        for surplus in twins[1:]:
            log.warning("A message was posted twice; one is removed.", action="twin_removed")
            await self.remove(surplus)
        return twins[0] if twins else posted

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        edits = self.conversation.edits
        return await self._write(partial(edits.update, posted, body, mark)) if edits else posted

    async def end_stream(
        self,
        posted: Posted,
        markdown: str,
        body: Body,
        mark: Mark,
        cards: Sequence[TaskCard] = (),
    ) -> Posted:
        streams = self.conversation.streams
        if streams is None:
            return posted
        return await self._write(partial(streams.end_stream, posted, markdown, body, mark, cards))

    async def remove(self, posted: Posted) -> None:
        """Delete a message of ours; where that cannot be done it stays.

        A workspace may keep its apps from deleting anything (docs.slack.dev, chat.delete:
        compliance_exports_prevent_deletion). No answer and no notice depends on it.
        """
        if edits := self.conversation.edits:
            try:
                await self._write(partial(edits.remove, posted))
            except SlackRefused as refused:
                log_stays(posted.mark.role, refused)

    async def remove_all(self, surplus: Iterable[Posted]) -> None:
        for one in surplus:
            await self.remove(one)

    async def upload(self, files: FileSharing, document: Document) -> str:
        return await self.run.read(partial(files.upload, document))

    async def share(self, files: FileSharing, file_id: str, document: Document) -> None:
        mark = Mark(document.task_id, "file", digest=document.digest)
        share = partial(files.share, file_id, document)
        await self._write(share, partial(self._adopt, mark))

    async def _write(
        self,
        write: Callable[[], Awaitable[_Result]],
        find: Callable[[], Awaitable[_Result | None]] | None = None,
    ) -> _Result:
        """Retry ``write``; with ``find``, repeat it only if that finds nothing."""
        retries, unsure = Retries(self.run.patience), False
        while True:
            try:
                await self.run.check_lease()
                if find and unsure and (found := await find()) is not None:
                    return found
                return await write()
            except _MAY_PASS as error:
                if find and isinstance(error, OutcomeUnknown):
                    self.run.not_confirmed()
                    unsure = True
                if not await retries.again(error):
                    raise

    async def _adopt(self, mark: Mark) -> Posted | None:
        """The message with ``mark`` that a call of unknown outcome has posted."""
        standing = await self._standing(mark)
        if not standing:
            return None
        if mark.role == "file":
            log.info("A file of unknown outcome is in Slack.", action="file_adopted")
        else:
            log.info("A post of unknown outcome is in Slack.", action="post_adopted")
        return standing[0]

    async def _standing(self, mark: Mark) -> list[Posted]:
        """The messages with ``mark``, the earliest first."""
        found = await self.conversation.find(mark.task_id)
        return sorted((one for one in found if one.mark == mark), key=lambda one: float(one.ts))


def log_stays(role: str, refused: SlackRefused) -> None:
    """Log that a message of ours stays where it should be removed."""
    log.warning(
        "Slack does not let us remove a message of ours.",
        action="message_stays",
        role=role,
        slack_error=refused.slack_error,
    )
