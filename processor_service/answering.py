"""The use case: one task, one answer.

Deliveries of a task may repeat, overlap and follow a crash. The lease keeps workers apart; the
marks on our own messages in Slack say what is already there. Whoever takes a task over reads them
first, so losing Redis costs speed and never a second answer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from processor_service.caching import cache_key, draft_key, may_read_cache
from processor_service.delivery import Standing, answer_mark, deliver, remove, standing
from processor_service.drafting import Draft
from processor_service.failures import Failure
from processor_service.file_context import with_files
from processor_service.file_verdicts import files_footer, files_text
from processor_service.files import Files, FilesUnusable, attached
from processor_service.footer import answer_footer, stop_button
from processor_service.generation import Generation, Request, generate
from processor_service.growing import Budget, Growing
from processor_service.lease import CleaningUp, TaskLease
from processor_service.limits import Limits
from processor_service.long_answers import LONGEST_THREAD, fitting_thread
from processor_service.measures import answer_shown, because_of
from processor_service.notices import is_settled, post_notice
from processor_service.places import conversation_of
from processor_service.ports import (
    Answer,
    Answers,
    Body,
    Conversation,
    Conversations,
    Lease,
    Leases,
    Model,
    People,
    Posted,
    Prompt,
    Said,
    Stops,
    Threads,
    Turns,
    Workspace,
)
from processor_service.prompts import House, Occasion, day_of, prompt_for
from processor_service.proof import Reader, prove
from processor_service.rendering import render_answer, render_plain
from processor_service.retrying import Patience
from processor_service.same_question import asked_once
from processor_service.sources import sources_footer, sources_text
from processor_service.statuses import Statuses
from processor_service.steps import Steps
from processor_service.stopping import StoppableModel, watched
from processor_service.subjects import asked_about, material
from processor_service.texts import RETRYING, STOPPED_HERE
from processor_service.thread_context import in_thread, speakers
from processor_service.turns import in_turn
from processor_service.working import Outcome, under_lease
from shared.errors import (
    MechachangError,
    ModelUnavailable,
    PermanentError,
    SlackRefused,
    Stopped,
)
from shared.log import get_logger
from shared.metrics import LEDGER_ADOPTIONS, STOPPED
from shared.task import Task
from shared.tracing import span

log = get_logger(__name__)


@dataclass(frozen=True)
class Answering:
    """What the use cases work with."""

    leases: Leases
    answers: Answers
    model: Model
    conversations: Conversations
    people: People
    limits: Limits
    statuses: Statuses
    turns: Turns
    stops: Stops
    budget: Budget
    files: Files
    generation: Generation
    patience: Patience
    deadline_s: float
    workspace: Workspace
    house: House
    threads: Threads


@dataclass(frozen=True)
class Delivery:
    """One delivery of a task's message. ``again``: somebody took it out of the dead letters."""

    message_id: str
    again: bool = False


async def answer(task: Task, delivery: Delivery, using: Answering) -> Outcome:
    """Answer ``task`` unless it is done or in another worker's hands. Never raises for a task's
    own troubles; cancelled, it hands the task back first.
    """

    async def work(lease: Lease, until: float) -> Outcome:
        steps = _steps(lease, until, using)
        async with watched(task.task_id, steps.stop, using.stops):
            return await _answer_once(await _localised(task, using), delivery.again, steps, using)

    outcome = await under_lease(task, delivery.message_id, using.leases, using.deadline_s, work)
    if outcome is Outcome.ALREADY_DONE:
        if await using.leases.is_doubted(task.task_id):
            await _clean_up(task, delivery, using)
        # Whoever asked for the same once more was shown that we think, and nothing would end it.
        _end_status(task, using)
    return outcome


async def _clean_up(task: Task, delivery: Delivery, using: Answering) -> None:
    """The task is done, but somebody without a lease wrote for it and may have died before looking
    for what others wrote.
    """
    until = asyncio.get_running_loop().time() + using.deadline_s
    lease = CleaningUp(using.leases, Lease(task.task_id, delivery.message_id, None))
    steps = Steps(lease, using.patience.ending(until))
    try:
        conversation = await conversation_of(task, using.conversations, steps)
        found = await standing(task.task_id, conversation, steps)
        await _tidy(found, conversation, steps)
    except MechachangError as error:
        log.warning("What may stand twice stays.", action="clean_up_failed", reason=error.reason)


async def give_up(task: Task, delivery: Delivery, using: Answering) -> Outcome:
    """Tell the asker of a task that every delivery failed, once."""

    async def work(lease: Lease, until: float) -> Outcome:
        failure = Failure(await using.leases.last_failure(task.task_id) or "gave_up")
        because_of(failure.reason)
        steps = _steps(lease, until, using)
        await post_notice(await _localised(task, using), failure, using.conversations, steps)
        _end_status(task, using)
        return Outcome.GAVE_UP

    return await under_lease(task, delivery.message_id, using.leases, using.deadline_s, work)


async def _answer_once(task: Task, again: bool, steps: Steps, using: Answering) -> Outcome:
    try:
        conversation = await conversation_of(task, using.conversations, steps)
        async with in_turn(task, conversation.place, using.turns, steps.stop):
            return await _answer_there(task, again, conversation, steps, using)
    except Stopped as stopped:
        await _tell(task, Failure(stopped.reason), steps, using)
        return _stopped(words=False)
    except FilesUnusable as error:
        return await _tell(task, Failure(error.reason, without=error.without), steps, using)
    except PermanentError as error:
        log.warning("The question cannot be answered.", action="task_refused", reason=error.reason)
        return await _tell(task, Failure(error.reason), steps, using)
    finally:
        using.statuses.over(task)


async def _answer_there(
    task: Task, again: bool, conversation: Conversation, steps: Steps, using: Answering
) -> Outcome:
    if conversation.place is not None and conversation.place.continues_thread:
        using.statuses.line(conversation, task).reading()
    with span("context"):
        history = await steps.read(partial(conversation.read, task.task_id))
    found = Standing(history.posted)
    if found.answers or found.notices:
        LEDGER_ADOPTIONS.add()
    if is_settled(found, again=again):
        await _tidy(found, conversation, steps)
        return Outcome.ALREADY_DONE
    refusal = await using.limits.admit(task.team_id, task.user_id, task.task_id)
    if refusal is not None:
        return await _tell(task, Failure(refusal.reason, refusal.resumes_at), steps, using)
    growing = _growing(task, found, conversation, steps, using)
    answered, cached = await _found_answer(task, history.said, growing, using)
    bodies, parts = await _show(task, answered, cached, growing)
    await remove(found.notices, conversation, steps)
    using.statuses.end(conversation, task)
    reader = Reader(conversation, steps, using.budget)
    proof = await prove(bodies, parts, reader, grew=growing.visible)
    log.info("The answer was looked at.", action="answer_proved", proof=proof)
    return _stopped(words=True) if answered.stopped else Outcome.ANSWERED


def _stopped(*, words: bool) -> Outcome:
    STOPPED.add()
    log.info("The answer was stopped by its asker.", action="answer_stopped", words=words)
    return Outcome.STOPPED


def _growing(
    task: Task, found: Standing, conversation: Conversation, steps: Steps, using: Answering
) -> Growing:
    draft = Draft(min(conversation.capacity, LONGEST_THREAD))
    signs = using.statuses.line(conversation, task)
    below = (stop_button(task),)
    return Growing(task.task_id, conversation, steps, using.budget, draft, found, signs, below)


async def _tidy(found: Standing, conversation: Conversation, steps: Steps) -> None:
    """Remove what a worker that died left beside the answer, or beside the notice."""
    if found.winner is None:
        await remove([*found.answers, *found.files], conversation, steps)
        return
    await remove(found.beside(found.winner), conversation, steps)
    await remove(found.notices, conversation, steps)


async def _found_answer(
    task: Task, said: Sequence[Said], growing: Growing, using: Answering
) -> tuple[Answer, bool]:
    """The answer, and whether it was given to somebody before.

    What an earlier worker on this task had from the model is used again: what it has shown of it
    then stays as it is.
    """
    draft = await using.answers.get(draft_key(task))
    if draft is not None:
        return draft, False
    prompt = await _prompt(task, using)
    key = cache_key(task, prompt, using.generation.model)
    shared = key if may_read_cache(task) else None
    stop = growing.steps.stop
    async with asked_once(shared, task, using.answers, using.turns, stop) as known:
        if known is not None:
            return known, True
        stop.check()
        searching = bool(prompt.manner.tools)
        using.statuses.line(growing.conversation, task).thinking(searching=searching)
        about = await _about(task, said, growing.steps, using)
        prompt = await _quoting(prompt, task, about, using)
        async with attached(task, about, using.files) as files:
            prompt = with_files(prompt, files.materials, files.without, task.locale)
            new = await _generated(
                task, Request(prompt, StoppableModel(using.model, stop), growing), growing, using
            )
        new = replace(new, without=tuple(files.without))
        await _keep(task, key, new, using)
        return new, False


async def _prompt(task: Task, using: Answering) -> Prompt:
    utc_offset, workspace = await asyncio.gather(
        using.people.utc_offset_of(task.user_id), using.workspace.name()
    )
    # The day of the question, not of its answer: a redelivery after midnight is the same question.
    occasion = Occasion(day_of(task.occurred_at, utc_offset), workspace)
    return prompt_for(task, occasion, using.house)


async def _about(
    task: Task, said: Sequence[Said], steps: Steps, using: Answering
) -> Sequence[Said]:
    """What people wrote in the question's thread, or where a shortcut was used."""
    if task.subject is None:
        return said
    return await material(task, task.subject, using.threads, steps)


async def _quoting(prompt: Prompt, task: Task, about: Sequence[Said], using: Answering) -> Prompt:
    if not about:
        return prompt
    names = await using.people.names_of(speakers(task, about))
    if task.subject is None:
        return in_thread(prompt, task, about, names)
    return asked_about(prompt, task, task.subject, about, names)


async def _generated(task: Task, request: Request, growing: Growing, using: Answering) -> Answer:
    stop = growing.steps.stop
    generation = replace(using.generation, patience=stop.cutting_short(using.generation.patience))
    try:
        new = await generate(request, generation, growing.steps.patience.until)
    except ModelUnavailable:
        stop.check()
        await growing.conversation.show_status(RETRYING[task.locale])
        raise
    await using.limits.spend(
        task.team_id, task.user_id, task.task_id, new.prompt_tokens + new.output_tokens
    )
    return new


async def _keep(task: Task, key: str | None, new: Answer, using: Answering) -> None:
    await using.answers.put(draft_key(task), new)
    if key is not None and _is_worth_keeping(new, using):
        await using.answers.put(key, new)


def _is_worth_keeping(new: Answer, using: Answering) -> bool:
    """Whether the answer is as good as one to the same question later would be."""
    whole = not (new.truncated or new.stopped or new.sources.missing)
    return whole and new.model == using.generation.model


async def _show(
    task: Task, answered: Answer, cached: bool, growing: Growing
) -> tuple[Sequence[Body], Sequence[Posted]]:
    """Put the answer into the conversation; as plain text where Slack refuses the layout.

    What was to be shown, and where it stands now.
    """
    conversation, steps = growing.conversation, growing.steps
    sources = sources_footer(answered.sources, task.locale)
    rich = render_answer(
        answered,
        task.locale,
        conversation.capacity,
        footer=[
            *files_footer(answered.without, task.locale),
            *sources,
            *answer_footer(task, answered, conversation.place, cached=cached),
        ],
    )
    try:
        bodies = await fitting_thread(task, answered, rich, growing)
        mark = answer_mark(task.task_id, bodies)
        found = await growing.finish(bodies, mark)
        parts = await deliver(bodies, mark, found, conversation, steps)
    except SlackRefused as refused:
        if refused.reason != "slack_unshowable":
            raise
        log.warning(
            "Slack does not show the answer's layout; it is posted as plain text.",
            action="layout_refused",
            slack_error=refused.slack_error,
        )
        below = [
            *([STOPPED_HERE[task.locale]] if answered.stopped else []),
            *sources_text(answered.sources, task.locale),
            *files_text(answered.without, task.locale),
        ]
        bodies = render_plain(answered, task.locale, conversation.capacity, below=below)
        mark = answer_mark(task.task_id, bodies)
        found = await standing(task.task_id, conversation, steps)
        parts = await deliver(bodies, mark, found, conversation, steps)
    ways = sorted(growing.ways) or ["post" if conversation.editable else "response_url"]
    answer_shown(ways, cached=cached)
    log.info("An answer was shown.", action="answer_shown", ways=ways)
    return bodies, parts


async def _tell(task: Task, failure: Failure, steps: Steps, using: Answering) -> Outcome:
    because_of(failure.reason)
    await post_notice(task, failure, using.conversations, steps)
    _end_status(task, using)
    return Outcome.TOLD_FAILURE


def _end_status(task: Task, using: Answering) -> None:
    if task.message_ts is not None:
        thread_ts = task.thread_ts or task.message_ts
        thread = using.conversations.thread(task, thread_ts, task.message_ts)
        using.statuses.end(thread, task)


def _steps(lease: Lease, until: float, using: Answering) -> Steps:
    return Steps(TaskLease(using.leases, lease), using.patience.ending(until))


async def _localised(task: Task, using: Answering) -> Task:
    """The task in its asker's language; the wire's is a guess for somebody new."""
    locale = await using.people.locale_of(task.user_id)
    return task if locale is None else task.model_copy(update={"locale": locale})
