"""Removing leftovers beside an answer or a notice: messages of a dead or concurrent worker, and the
buttons of older answers.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from processor_service.answering.admit import Delivery
from processor_service.answering.deps import AnswerDeps
from processor_service.delivery.destination import place_by_now, place_to_refuse
from processor_service.delivery.notice import is_settled
from processor_service.delivery.reconcile import ExistingMessages, find_existing
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.ports.conversations import Posted
from processor_service.ports.limits import EDIT, RateBudget
from processor_service.ports.work import Lease
from processor_service.rendering.button_row import without_row
from processor_service.resilience.late_looks import LateLooks
from processor_service.resilience.lease import LeaseLost, NoLease
from processor_service.resilience.run_leased import Outcome
from shared.errors import MechachangError
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_LEFT_WITHIN_S: Final = 5.0
_LOOK_WITHIN_S: Final = 30.0


async def tidy(found: ExistingMessages, writer: SlackWriter) -> None:
    """Remove what a dead worker left beside the answer, or beside the notice."""
    await writer.remove_all(found.delays)
    if found.winner is None:
        await writer.remove_all([*found.answers, *found.files])
        return
    await writer.remove_all(found.beside(found.winner))
    await writer.remove_all(found.notices)


async def clean_up(
    task: Task, delivery: Delivery, deps: AnswerDeps, *, done: bool, within_s: float | None = None
) -> None:
    """Remove doubles after a worker wrote without a lease, or without a confirmed outcome, and may
    have died before looking for them. A task that is not known to be done is left alone unless its
    answer, or a notice, is posted. Raises nothing.
    """
    until = asyncio.get_running_loop().time() + (within_s or deps.deadline_s)
    lease = NoLease(deps.coordination.leases, Lease(task.task_id, delivery.message_id, None))
    run = TaskRun(lease, deps.retry_policy.ending(until))
    # A look shows nothing by itself, least of all a question that nobody answers.
    find = place_by_now if task.response_url is None else place_to_refuse
    try:
        writer = await find(task, deps.slack.conversations, run)
        if writer is None:
            return
        found = await find_existing(task.task_id, writer, in_turn=False)
        if is_settled(found, again=False):
            _tell([one for one in found.posted if one.live])
            await tidy(found, writer)
        elif done or await deps.coordination.leases.is_done(task.task_id):
            await writer.remove_all(found.delays)
            # Its user was told elsewhere. A message with its final mark is no beginning, and stays.
            await writer.remove_all(one for one in found.answers if not one.mark.parts)
    except MechachangError as error:
        log.warning("A possible double stays.", action="clean_up_failed", reason=error.reason)


async def look_later(
    task: Task, delivery: Delivery, outcome: Outcome, run: TaskRun | None, deps: AnswerDeps
) -> None:
    """Look for posts that Slack takes late: of this worker, or of an earlier or concurrent one that
    may have died during its call. After an unconfirmed call of this worker, or where another one's
    could be there unseen, the first look is waited for, so that the delivery comes again if the
    worker dies before it.
    """
    doubtful = run is not None and (run.doubtful or run.after_death)
    if outcome is Outcome.HELD or (outcome is Outcome.TRY_LATER and not doubtful):
        # The task's next worker comes late enough, and looks in turn.
        return
    successor = delivery.attempt > 1 or outcome is Outcome.GAVE_UP
    if doubtful or successor:
        if run is None:
            # The worker that finished the task may have died in doubt, before its own looks.
            doubtful = await deps.coordination.leases.has_possible_duplicate(task.task_id)
        look = partial(clean_up, task, delivery, deps, done=False, within_s=_LOOK_WITHIN_S)
        looks = deps.slack.late_looks
        if outcome is not Outcome.TRY_LATER and _first_is_awaited(outcome, run, looks):
            await looks.first(task.task_id, look, often=doubtful)
        else:
            looks.after(task.task_id, look, often=successor and doubtful)


def _first_is_awaited(outcome: Outcome, run: TaskRun | None, looks: LateLooks) -> bool:
    if run is None:
        # Its worker may have died between the end of the task and its first look.
        return outcome is Outcome.ALREADY_DONE and looks.has_room
    return run.unconfirmed or ((run.unguarded or run.after_death) and looks.has_room)


async def remove_left(task: Task, left: Sequence[Posted], writer: SlackWriter) -> None:
    """Remove the abandoned streams of earlier tasks in the thread. Raises LeaseLost only."""
    if not left:
        return
    brief = _brief(writer)
    try:
        # Meanwhile a successor may have taken one over: then it is a part of that answer.
        now = {one.ts for one in (await brief.read(task.task_id)).left}
        abandoned = [one for one in left if one.ts in now]
        _tell(abandoned)
        await brief.remove_all(abandoned)
    except LeaseLost:
        raise
    except MechachangError as error:
        log.warning("An abandoned stream stays.", action="clean_up_failed", reason=error.reason)


async def keep_newest_row(
    parts: Sequence[Posted], pressable: Sequence[Posted], writer: SlackWriter, budget: RateBudget
) -> None:
    """Leave buttons only below the newest answer of the thread.

    ``parts`` are this task's answer, ``pressable`` the others. Idempotent: an answer that cannot be
    edited now keeps its buttons until the next one. Raises LeaseLost only.
    """
    newest = max((*parts, *pressable), key=lambda one: float(one.ts), default=None)
    brief = _brief(writer)
    for one in pressable:
        if one is newest or one.shown is None:
            continue
        try:
            if not await budget.try_acquire(EDIT):
                return
            await brief.update(one, without_row(one.shown), one.mark)
        except LeaseLost:
            raise
        except MechachangError as error:
            log.info("An older answer keeps its buttons.", action="row_kept", reason=error.reason)


def _brief(writer: SlackWriter) -> SlackWriter:
    """The writer for a few seconds: the next question of the thread waits meanwhile."""
    until = asyncio.get_running_loop().time() + _LEFT_WITHIN_S
    patience = writer.run.patience
    briefly = replace(writer.run, patience=patience.ending(min(until, patience.until)))
    return replace(writer, run=briefly)


def _tell(streams: Sequence[Posted]) -> None:
    if streams:
        log.warning(
            "Abandoned streams are removed.",
            action="stray_streams_removed",
            count=len(streams),
        )
