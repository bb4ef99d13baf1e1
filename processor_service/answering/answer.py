"""The use case: one task, one answer.

Deliveries of a task may repeat, overlap and follow a crash. The lease keeps workers apart; the
marks on our own messages in Slack say what is already there. A worker that takes over a task reads
them first, so losing Redis costs speed and never a second answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from processor_service.answering.admit import Delivery, application, refusal_of, tell_refusal
from processor_service.answering.clean_up import (
    clean_up,
    keep_newest_row,
    look_later,
    remove_left,
    tidy,
)
from processor_service.answering.deps import AnswerDeps, SlackDeps
from processor_service.answering.obtain import obtain_answer
from processor_service.answering.post_answer import live_preview, post_answer
from processor_service.answering.single_flight import audience_of, saved_answer_key
from processor_service.answering.sources.earlier_answer import note_on_request
from processor_service.answering.thread_queue import LongWait, TurnNeverCame, wait_for_turn
from processor_service.answering.user_preferences import as_chosen, localised
from processor_service.attachments.attach import FilesUnusable
from processor_service.delivery.context import AnswerContext
from processor_service.delivery.destination import resolve_destination
from processor_service.delivery.notice import is_settled, post_notice
from processor_service.delivery.preview.card_stream import cards_shown
from processor_service.delivery.reconcile import ExistingMessages
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.delivery.thread_status import TaskStatus
from processor_service.delivery.verify import verify
from processor_service.following.direct_messages import note_answered
from processor_service.following.follow_up import is_for_us
from processor_service.ports.conversations import ThreadHistory
from processor_service.ports.people import Channels
from processor_service.ports.work import UNDECIDED
from processor_service.prompt.visible_quotes import sent_along_for_asker
from processor_service.rendering.task_cards import TaskCards
from processor_service.resilience.cancellation import watch_cancellation
from processor_service.resilience.lease import TaskLease
from processor_service.resilience.run_leased import LeasedWork, Outcome, leased
from processor_service.telemetry.task_metrics import set_reason
from processor_service.texts.failures import Failure
from shared.errors import Cancelled, ModelRejected, PermanentError
from shared.task import Source, Task
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import LEDGER_ADOPTIONS, STOPPED
from shared.telemetry.tracing import span

log = get_logger(__name__)

_AT_ONCE_S: Final = 2.0


# A task that kills each of its workers (a file that fills the memory) also stops their other work
# each time; but two workers killed in a row may just be a deployment.
MOST_DEATHS: Final = 4


# The same button pressed again, or the same reaction put there again, is the same task. A refusal
# without a notice of its own, and so without a Retry, must not be the end of it.
_SAME_AGAIN: Final = frozenset({Source.BUTTON, Source.REACTION, Source.RETRY})

# Slack has the answer: its saved copy is no longer needed.
_DELIVERED = frozenset({Outcome.ANSWERED, Outcome.ALREADY_DONE, Outcome.STOPPED})


async def answer(task: Task, delivery: Delivery, deps: AnswerDeps) -> Outcome:
    """Answer ``task`` unless it is done or another worker has it. Never raises for a task's own
    failures; cancelled, it hands the task back first.
    """
    run: TaskRun | None = None
    async with _leased(task, delivery, deps) as work:
        if work.lease is not None:
            run = _begin(work.lease, work, deps)
            if not await _is_ours(task, run, deps, again=_had_workers(task, delivery)):
                work.outcome = Outcome.NOT_FOLLOWED
            else:
                async with (
                    watch_cancellation(task.task_id, run.cancel, deps.coordination.cancellations),
                    deps.slack.statuses.of(
                        task,
                        deps.slack.conversations,
                        delivery.told_within_s,
                        again=run if _had_workers(task, delivery) else None,
                    ) as status,
                    _failures_told(task, delivery, run, work, deps),
                ):
                    if work.deaths >= MOST_DEATHS and not delivery.again:
                        # Another one would die with it, too.
                        why = f"{work.deaths} workers in a row died with the task."
                        raise PermanentError(why, reason="workers_died")
                    work.outcome = await _answer_once(task, delivery, status, run, deps)
                    work.comes_again = run.untold and task.source in _SAME_AGAIN
    await _after(task, delivery, work.outcome, run, deps)
    return work.outcome


async def _after(
    task: Task, delivery: Delivery, outcome: Outcome, run: TaskRun | None, deps: AnswerDeps
) -> None:
    """Clean up behind a delivery, whose lease has ended: doubles, saved words and statuses."""
    if outcome is Outcome.TRY_LATER and run is not None and run.doubtful:
        await _leave_nothing_beside(task, delivery, deps)
    if outcome in _DELIVERED:
        await deps.source.saved.forget(saved_answer_key(task))
    if outcome is Outcome.ALREADY_DONE:
        if await deps.coordination.leases.has_possible_duplicate(task.task_id):
            await clean_up(task, delivery, deps, done=True)
        if run is None and task.follow_up is None:
            # The command service showed "thinking" for this redelivery too, and no new message
            # clears it.
            status = TaskStatus(deps.slack.statuses, task, deps.slack.conversations)
            status.end()
            await status.cleared()
    if run is None and outcome is not Outcome.HELD and _had_workers(task, delivery):
        # A worker of this message may have died while another message's worker had the task.
        await TaskStatus(deps.slack.statuses, task, deps.slack.conversations).end_session(
            always=True
        )
    await look_later(task, delivery, outcome, run, deps)


async def _is_ours(task: Task, run: TaskRun, deps: AnswerDeps, *, again: bool) -> bool:
    """Whether the task speaks to us. What a worker before this one has begun is finished, whatever
    the thread, or the judge, says by now.
    """
    if await is_for_us(task, deps.follow_ups, run.patience):
        return True
    return again and await deps.coordination.limits.was_admitted(task.task_id)


def _had_workers(task: Task, delivery: Delivery) -> bool:
    """Whether an earlier worker may have left the task's session at work. Slack's redelivery and
    the catch-up make a message of their own, whose first delivery knows nothing of the other's
    workers.
    """
    late_s = (task.received_at - task.occurred_at).total_seconds()
    return delivery.attempt > 1 or late_s > _AT_ONCE_S


async def _leave_nothing_beside(task: Task, delivery: Delivery, deps: AnswerDeps) -> None:
    """Look for a second answer after writing without a lease and perhaps without announcing it: a
    concurrent worker whose answer is whole by now did not look for ours, and its delivery may have
    been the last.
    """
    await deps.coordination.leases.flag_possible_duplicate(task.task_id)
    await clean_up(task, delivery, deps, done=False)


async def give_up(task: Task, delivery: Delivery, deps: AnswerDeps) -> Outcome:
    """Tell the user, once, that every delivery of the task failed; nobody, if it is a follow-up
    that was not for us.
    """
    run: TaskRun | None = None
    async with _leased(task, delivery, deps) as work:
        if work.lease is not None:
            run = _begin(work.lease, work, deps)
            if await _is_ours(task, run, deps, again=True):
                async with deps.slack.statuses.of(task, deps.slack.conversations, again=run):
                    await _tell_given_up(await localised(task, deps.source), run, deps)
                work.outcome = Outcome.GAVE_UP
            else:
                work.outcome = Outcome.NOT_FOLLOWED
    await look_later(task, delivery, work.outcome, run, deps)
    return work.outcome


async def _tell_given_up(task: Task, run: TaskRun, deps: AnswerDeps) -> None:
    owed = await deps.coordination.limits.owed(application(task))
    if owed is not None:
        await tell_refusal(task, owed, run, deps)
        return
    failure = Failure(await deps.coordination.leases.last_failure(task.task_id) or "gave_up")
    set_reason(failure.reason)
    await post_notice(task, failure, deps.slack.conversations, run)


async def _answer_once(
    task: Task, delivery: Delivery, status: TaskStatus, run: TaskRun, deps: AnswerDeps
) -> Outcome:
    refusal = await refusal_of(task, delivery, run, deps)
    if refusal is None or not refusal.told:
        task = await as_chosen(task, deps.source)
    if refusal is not None:
        await tell_refusal(task, refusal, run, deps)
        return Outcome.TOLD_FAILURE
    writer = await resolve_destination(task, deps.slack.conversations, run)
    waiting = partial(status.waiting, writer, task, deps.slack.budget)
    long = LongWait(deps.slack.statuses.delays_after_s, waiting)
    async with wait_for_turn(task, writer.conversation.place, deps.coordination.queue, run, long):
        ctx, history = await _look(task, writer, status, deps.slack, deps.source.channels)
        if is_settled(ctx.existing, again=delivery.again):
            await tidy(ctx.existing, writer)
            await keep_newest_row(
                ctx.existing.answers, history.pressable, writer, deps.slack.budget
            )
            return Outcome.ALREADY_DONE
        request = await note_on_request(task, writer.conversation.place, deps.source)
        ctx = replace(ctx, request=request)
        preview = live_preview(ctx, deps)
        async with cards_shown(preview):
            answered, cached = await obtain_answer(ctx, preview, deps)
        bodies, parts = await post_answer(ctx, answered, cached, preview)
        await writer.remove_all(ctx.existing.notices)
        status.end()
        await note_answered(ctx.conversation.place, deps.last_threads)
        proof = await verify(ctx, bodies, parts, deps.slack.budget, grew=preview.visible)
        log.info("The answer was verified.", action="answer_proved", proof=proof)
        await remove_left(ctx.task, history.left, writer)
        await keep_newest_row(parts, history.pressable, writer, deps.slack.budget)
        return _stopped(words=True) if answered.stopped else Outcome.ANSWERED


async def _look(
    task: Task, writer: SlackWriter, status: TaskStatus, slack: SlackDeps, channels: Channels
) -> tuple[AnswerContext, ThreadHistory]:
    """Read the thread, unless it begins with this task: the existing messages of the task, and the
    messages around them. Slack is asked meanwhile who shares the answer: the model need not wait
    for it.
    """
    line, place = status.begin(writer, task, slack.budget), writer.conversation.place
    cards = TaskCards(task.locale, slack.cards_after_s)
    if place is not None and place.continues_thread:
        line.reading()
        cards.reading()
    with span("context"):
        reading = _nothing() if writer.begins else writer.read(task.task_id)
        history, _ = await asyncio.gather(reading, audience_of(task, channels))
    cards.read(len(history.said))
    existing = ExistingMessages(history.posted)
    line.told_before(existing.delays)
    if existing.answers or existing.notices:
        LEDGER_ADOPTIONS.add()
    if task.subject is None and history.sent_along:
        quoted = await sent_along_for_asker(task, history, channels)
        task = task.model_copy(update={"quoted": quoted})
    return AnswerContext(task, writer, existing, line, history.said, cards=cards), history


async def _nothing() -> ThreadHistory:
    return ThreadHistory(())


def _stopped(*, words: bool) -> Outcome:
    STOPPED.add()
    log.info("The user stopped the answer.", action="answer_stopped", words=words)
    return Outcome.STOPPED


@asynccontextmanager
async def _failures_told(
    task: Task, delivery: Delivery, run: TaskRun, work: LeasedWork, deps: AnswerDeps
) -> AsyncIterator[None]:
    """Tell the user, once, of a failure of the body that no further delivery fixes."""
    try:
        yield
    except (PermanentError, TurnNeverCame) as error:
        if isinstance(error, TurnNeverCame) and not delivery.may_be_last:
            raise
        await _tell(await localised(task, deps.source), _failure_of(error), run, deps)
        stopped = isinstance(error, Cancelled)
        work.outcome = _stopped(words=False) if stopped else Outcome.TOLD_FAILURE
    finally:
        await asyncio.shield(deps.coordination.limits.leave(application(task)))


def _failure_of(error: PermanentError | TurnNeverCame) -> Failure:
    match error:
        case TurnNeverCame() | Cancelled():
            return Failure(error.reason)
        case FilesUnusable():
            return Failure(error.reason, without=error.without)
    log.warning("The question cannot be answered.", action="task_refused", reason=error.reason)
    return Failure(error.reason, error.resumes_at if isinstance(error, ModelRejected) else None)


async def _tell(task: Task, failure: Failure, run: TaskRun, deps: AnswerDeps) -> None:
    set_reason(failure.reason)
    # A status that arrives after the notice is cleared behind it; a message would stay.
    await run.read(partial(deps.slack.statuses.take_away, task))
    await post_notice(task, failure, deps.slack.conversations, run)


def _leased(
    task: Task, delivery: Delivery, deps: AnswerDeps
) -> AbstractAsyncContextManager[LeasedWork]:
    leases, claimed_by = deps.coordination.leases, delivery.message_id
    if task.follow_up is not None:
        # An edit that mentions us makes the same task certain, and must not count on this delivery.
        claimed_by = f"{UNDECIDED}{claimed_by}"
    return leased(task, claimed_by, leases, deps.deadline_s, deps.stopping)


def _begin(lease: TaskLease, work: LeasedWork, deps: AnswerDeps) -> TaskRun:
    patience = deps.retry_policy.ending(work.until)
    return TaskRun(lease, patience, after_death=work.deaths > 0, stopping=deps.stopping)
