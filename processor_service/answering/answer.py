"""The use case: one task, one answer.

Deliveries of a task may repeat, overlap and follow a crash. The lease keeps workers apart; the
marks on our own messages in Slack say what is already there. Whoever takes a task over reads them
first, so losing Redis costs speed and never a second answer.
"""

import asyncio
from functools import partial

from processor_service.answering.admit import Delivery, application, refusal_of, tell_refusal
from processor_service.answering.clean_up import clean_up, look_later, remove_left, tidy
from processor_service.answering.deps import AnswerDeps
from processor_service.answering.obtain import obtain_answer
from processor_service.answering.post_answer import growing_answer, post_answer
from processor_service.answering.single_flight import saved_answer_key
from processor_service.answering.thread_queue import TurnNeverCame, wait_for_turn
from processor_service.attachments.attach import FilesUnusable
from processor_service.delivery.destination import resolve_destination
from processor_service.delivery.notice import is_settled, post_notice
from processor_service.delivery.reconcile import ExistingMessages, remove
from processor_service.delivery.slack_writer import Steps
from processor_service.delivery.verify import Reader, verify
from processor_service.ports.conversations import Conversation
from processor_service.ports.work import Lease
from processor_service.resilience.cancellation import watch_cancellation
from processor_service.resilience.lease import TaskLease
from processor_service.resilience.run_leased import Outcome, run_leased
from processor_service.telemetry.task_metrics import set_reason
from processor_service.texts.failures import Failure
from shared.errors import Cancelled, ModelRejected, PermanentError
from shared.task import Task
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import LEDGER_ADOPTIONS, STOPPED
from shared.telemetry.tracing import span

log = get_logger(__name__)


# Slack has it: nobody needs a draft of it any more.
_DELIVERED = frozenset({Outcome.ANSWERED, Outcome.ALREADY_DONE, Outcome.STOPPED})


async def answer(task: Task, delivery: Delivery, deps: AnswerDeps) -> Outcome:
    """Answer ``task`` unless it is done or in another worker's hands. Never raises for a task's
    own troubles; cancelled, it hands the task back first.
    """

    worked: list[Steps] = []

    async def work(lease: Lease, until: float) -> Outcome:
        steps = _steps(lease, until, deps)
        worked.append(steps)
        async with watch_cancellation(task.task_id, steps.stop, deps.stops):
            return await _answer_once(task, delivery, steps, deps)

    outcome = await run_leased(task, delivery.message_id, deps.leases, deps.deadline_s, work)
    if outcome is Outcome.TRY_LATER and any(steps.doubtful for steps in worked):
        await _leave_nothing_beside(task, delivery, deps)
    if outcome in _DELIVERED:
        await deps.saved.forget(saved_answer_key(task))
    if outcome is Outcome.ALREADY_DONE:
        if await deps.leases.is_doubted(task.task_id):
            await clean_up(task, delivery, deps, done=True)
        # Whoever asked for the same once more was shown that we think, and nothing would end it.
        _end_status(task, deps)
    look_later(task, delivery, outcome, worked, deps)
    return outcome


async def _leave_nothing_beside(task: Task, delivery: Delivery, deps: AnswerDeps) -> None:
    """We wrote without knowing that we are alone, and may not have been able to say so: a rival
    whose answer is whole by now did not look for ours, and its delivery may have been the last.
    """
    await deps.leases.announce_doubt(task.task_id)
    await clean_up(task, delivery, deps, done=False)


async def give_up(task: Task, delivery: Delivery, deps: AnswerDeps) -> Outcome:
    """Tell the asker of a task that every delivery failed, once."""

    worked: list[Steps] = []

    async def work(lease: Lease, until: float) -> Outcome:
        steps = _steps(lease, until, deps)
        worked.append(steps)
        owed = await deps.limits.owed(application(task))
        if owed is not None:
            await tell_refusal(await _localised(task, deps), owed, steps, deps)
        else:
            failure = Failure(await deps.leases.last_failure(task.task_id) or "gave_up")
            set_reason(failure.reason)
            await post_notice(await _localised(task, deps), failure, deps.conversations, steps)
        _end_status(task, deps)
        return Outcome.GAVE_UP

    outcome = await run_leased(task, delivery.message_id, deps.leases, deps.deadline_s, work)
    look_later(task, delivery, outcome, worked, deps)
    return outcome


async def _answer_once(task: Task, delivery: Delivery, steps: Steps, deps: AnswerDeps) -> Outcome:
    try:
        refusal = await refusal_of(task, delivery, steps, deps)
        if refusal is None or not refusal.told:
            task = await _localised(task, deps)
        if refusal is not None:
            await tell_refusal(task, refusal, steps, deps)
            _end_status(task, deps)
            return Outcome.TOLD_FAILURE
        conversation = await resolve_destination(task, deps.conversations, steps)
        async with wait_for_turn(task, conversation.place, deps.turns, steps):
            return await _answer_there(task, delivery.again, conversation, steps, deps)
    except TurnNeverCame as error:
        if not delivery.may_be_last:
            raise
        return await _tell(task, Failure(error.reason), steps, deps)
    except Cancelled as stopped:
        await _tell(task, Failure(stopped.reason), steps, deps)
        return _stopped(words=False)
    except FilesUnusable as error:
        return await _tell(task, Failure(error.reason, without=error.without), steps, deps)
    except PermanentError as error:
        log.warning("The question cannot be answered.", action="task_refused", reason=error.reason)
        resumes_at = error.resumes_at if isinstance(error, ModelRejected) else None
        return await _tell(task, Failure(error.reason, resumes_at), steps, deps)
    finally:
        deps.statuses.over(task)
        await asyncio.shield(deps.limits.leave(application(task)))


async def _answer_there(
    task: Task, again: bool, conversation: Conversation, steps: Steps, deps: AnswerDeps
) -> Outcome:
    if conversation.place is not None and conversation.place.continues_thread:
        deps.statuses.line(conversation, task).reading()
    with span("context"):
        history = await steps.read(partial(conversation.read, task.task_id))
    found = ExistingMessages(history.posted)
    if found.answers or found.notices:
        LEDGER_ADOPTIONS.add()
    if is_settled(found, again=again):
        await tidy(found, conversation, steps)
        if task.message_ts is None:
            # A command's thread is known only here; elsewhere ``answer`` ends the status.
            deps.statuses.end(conversation, task)
        return Outcome.ALREADY_DONE
    growing = growing_answer(task, found, conversation, steps, deps)
    answered, cached = await obtain_answer(task, history.said, growing, deps)
    bodies, parts = await post_answer(task, answered, cached, growing)
    await remove(found.notices, conversation, steps)
    deps.statuses.end(conversation, task)
    reader = Reader(conversation, steps, deps.budget)
    proof = await verify(bodies, parts, reader, grew=growing.visible)
    log.info("The answer was looked at.", action="answer_proved", proof=proof)
    await remove_left(history.left, conversation, steps)
    return _stopped(words=True) if answered.stopped else Outcome.ANSWERED


def _stopped(*, words: bool) -> Outcome:
    STOPPED.add()
    log.info("The answer was stopped by its asker.", action="answer_stopped", words=words)
    return Outcome.STOPPED


async def _tell(task: Task, failure: Failure, steps: Steps, deps: AnswerDeps) -> Outcome:
    set_reason(failure.reason)
    line = deps.statuses.over(task)
    await post_notice(task, failure, deps.conversations, steps)
    if line is not None:
        # What it was just showing may have come after the notice; a command's thread only it knows.
        deps.statuses.end(line.conversation, task)
    else:
        _end_status(task, deps)
    return Outcome.TOLD_FAILURE


def _end_status(task: Task, deps: AnswerDeps) -> None:
    if task.message_ts is not None:
        thread_ts = task.thread_ts or task.message_ts
        thread = deps.conversations.thread(task, thread_ts, task.message_ts)
        deps.statuses.end(thread, task)


def _steps(lease: Lease, until: float, deps: AnswerDeps) -> Steps:
    return Steps(TaskLease(deps.leases, lease), deps.patience.ending(until))


async def _localised(task: Task, deps: AnswerDeps) -> Task:
    """The task in its asker's language; the wire's is a guess for somebody new."""
    locale = await deps.people.locale_of(task.user_id)
    return task if locale is None else task.model_copy(update={"locale": locale})
