"""Putting an answer into Slack exactly once.

Slack has no idempotency key for posts. Existing messages are found by their marks and replaced in
place; a rule that both know settles what two workers wrote at the same time.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from processor_service.delivery.slack_writer import SlackWriter
from processor_service.ports.conversations import Body, Posted
from processor_service.resilience.lease import LeaseLost
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Slack no longer lets us edit it: a user deleted it, the workspace's time for edits is over, or it
# is a stream that Slack did not let us end.
_NOT_EDITABLE = frozenset(
    {
        "cant_update_message",
        "edit_window_closed",
        "message_not_found",
        "streaming_state_conflict",
    }
)


# A concurrent worker withdraws once; Pub/Sub rarely delivers a task to more than two at a time.
_ROUNDS: Final = 3


class AnotherAnswers(LeaseLost):
    """A concurrent worker without a lease began this answer before us."""

    reason = "another_answers"


@dataclass(frozen=True)
class ExistingMessages:
    """A task's messages in a conversation."""

    posted: tuple[Posted, ...]

    @property
    def answers(self) -> list[Posted]:
        """The parts of answers, the earliest first."""
        return self._of_role("answer")

    @property
    def notices(self) -> list[Posted]:
        """The failure notices, the earliest first."""
        return self._of_role("notice")

    @property
    def delays(self) -> list[Posted]:
        """The messages that tell of a delay, the earliest first."""
        return self._of_role("delay")

    @property
    def files(self) -> list[Posted]:
        """The messages that share an answer's whole text as a file, the earliest first."""
        return self._of_role("file")

    def _of_role(self, role: str) -> list[Posted]:
        return sorted(
            (one for one in self.posted if one.mark.role == role), key=lambda one: float(one.ts)
        )

    @property
    def winner(self) -> str | None:
        """The digest of the answer that stays: the whole one, or of several the first begun."""
        return next((d for d in self._digests() if self.is_whole(d)), None)

    @property
    def first_begun(self) -> str | None:
        """The digest of the answer whose first message is the earliest."""
        return next(iter(self._digests()), None)

    def _digests(self) -> list[str]:
        return list(dict.fromkeys(one.mark.digest for one in self.answers))

    def is_whole(self, digest: str) -> bool:
        """Whether every part of the answer ``digest`` exists."""
        marks = [one.mark for one in self.answers if one.mark.digest == digest]
        return bool(marks) and {mark.part for mark in marks} == set(range(1, marks[0].parts + 1))

    def beside(self, digest: str) -> list[Posted]:
        """The messages of answers other than ``digest``, and doubles of its parts or its file."""
        seen: set[tuple[str, int]] = set()
        surplus = []
        for one in [*self.answers, *self.files]:
            part = (one.mark.role, one.mark.part)
            if one.mark.digest != digest or part in seen:
                surplus.append(one)
            else:
                seen.add(part)
        return surplus


def answer_mark(task_id: str, bodies: Sequence[Body]) -> Mark:
    """The mark of the answer in these messages: another version of us may split it elsewhere."""
    content = json.dumps([(body.text, body.blocks) for body in bodies], sort_keys=True)
    return Mark(task_id, "answer", digest=hashlib.sha256(content.encode()).hexdigest()[:12])


async def find_existing(
    task_id: str, writer: SlackWriter, *, in_turn: bool = True
) -> ExistingMessages:
    """The task's messages in the conversation now."""
    return ExistingMessages(tuple(await writer.find(task_id, in_turn=in_turn)))


async def reconcile(
    bodies: Sequence[Body], answer: Mark, found: ExistingMessages, writer: SlackWriter
) -> list[Posted]:
    """Make the conversation hold exactly ``bodies`` for the task, as parts of ``answer``.

    Messages of earlier attempts are edited in place or removed. Returns the parts; none if another
    worker's answer stays instead.
    """
    for _ in range(_ROUNDS):
        parts = {one.mark.part: one for one in reversed(found.answers)}
        delivered: list[Posted] = []
        for number, body in enumerate(bodies, start=1):
            mark = Mark(answer.task_id, "answer", number, len(bodies), answer.digest)
            old = parts.get(number)
            if old is None:
                old = await writer.post(body, mark)
            elif old.mark != mark:
                old = await _replace(old, body, mark, writer)
            delivered.append(old)
        await _remove_others(answer, found, delivered, writer)
        if not await writer.run.may_have_concurrent_worker():
            return delivered
        settled = await _settle(answer, delivered, writer)
        if isinstance(settled, list):
            return settled
        log.warning("A part of the answer is gone; it is posted again.", action="part_missing")
        found = settled
    raise AnotherAnswers("Another worker takes away what this one writes.")


async def _remove_others(
    answer: Mark, found: ExistingMessages, delivered: Sequence[Posted], writer: SlackWriter
) -> None:
    replaced = {one.mark.part: one.ts for one in reversed(found.answers)}
    kept = {replaced.get(number) for number in range(1, len(delivered) + 1)}
    surplus = [one for one in found.answers if one.ts not in kept]
    others = [one for one in found.files if one.mark.digest != answer.digest]
    await writer.remove_all([*surplus, *others])


async def _settle(
    answer: Mark, delivered: list[Posted], writer: SlackWriter
) -> list[Posted] | ExistingMessages:
    """The parts that stay, or the existing messages of an answer that must be made whole again."""
    beside = await _beside_concurrent_workers(answer, writer)
    if beside is None:
        return []
    if not (writer.conversation.edits and beside.answers):
        # Posts there cannot be read.
        return delivered
    if beside.is_whole(answer.digest):
        return _parts_of(answer, beside, delivered)
    surplus = beside.beside(answer.digest)
    return ExistingMessages(tuple(one for one in beside.posted if one not in surplus))


def _parts_of(answer: Mark, found: ExistingMessages, delivered: Sequence[Posted]) -> list[Posted]:
    """The existing parts, with Slack's word on those that were just delivered."""
    known = {one.ts: one for one in delivered}
    ours = [one for one in found.answers if one.mark.digest == answer.digest]
    parts = {one.mark.part: known.get(one.ts, one) for one in reversed(ours)}
    return [parts[number] for number in sorted(parts)]


async def _replace(old: Posted, body: Body, mark: Mark, writer: SlackWriter) -> Posted:
    try:
        return await writer.update(old, body, mark)
    except SlackRefused as refused:
        if refused.slack_error not in _NOT_EDITABLE:
            raise
        await writer.remove(old)
        return await writer.post(body, mark)


async def _beside_concurrent_workers(answer: Mark, writer: SlackWriter) -> ExistingMessages | None:
    """Two workers wrote without a lease: keep the answer that started first, delete the rest.

    Returns what existed then; None if another worker's answer stays. Two workers may have the same
    answer: what one of them removes as its own is then a part of the other's, which may be
    finished.
    """
    found = await find_existing(answer.task_id, writer)
    await writer.remove_all(found.notices)
    await writer.remove_all(found.delays)
    first = found.first_begun
    if first is None or first == answer.digest:
        await writer.remove_all(found.beside(answer.digest))
        return found
    log.warning("Another worker answered first; ours is removed.", action="answer_withdrawn")
    ours = [one for one in found.answers if one.mark.digest == answer.digest]
    await writer.remove_all(ours)
    found = await find_existing(answer.task_id, writer)
    if found.first_begun == answer.digest:
        return found
    files = [one for one in found.files if one.mark.digest == answer.digest]
    await writer.remove_all(files)
    if found.winner is None:
        raise AnotherAnswers("Another worker has begun the answer; whether it ends is not known.")
    return None
