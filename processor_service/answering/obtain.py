"""Where an answer comes from: an earlier worker, the cache, or Gemini."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from processor_service.answering.deps import AnswerDeps, AnswerSource
from processor_service.answering.generate import generate
from processor_service.answering.generation import GenerationRequest, Progress
from processor_service.answering.single_flight import (
    SharedQuestion,
    audience_of,
    cache_key,
    may_read_cache,
    saved_answer_key,
    single_flight,
)
from processor_service.answering.sources.earlier_answer import earlier_words
from processor_service.answering.sources.shortcut_source import caught_up, material, open_beside
from processor_service.answering.thread_queue import LongWait
from processor_service.answering.token_count import CountingModel
from processor_service.answering.without_files import ask_with_files
from processor_service.attachments.attach import Attachments, attach_files
from processor_service.delivery.context import AnswerContext
from processor_service.delivery.preview.live_preview import LivePreview
from processor_service.delivery.preview.model_progress import ModelProgress
from processor_service.following.direct_messages import last_exchange
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import ThreadMessage
from processor_service.ports.model import Prompt
from processor_service.prompt.build import PromptContext, day_of, prompt_for
from processor_service.prompt.earlier_answer import instead_of
from processor_service.prompt.lookups import beside_quotes
from processor_service.prompt.names import (
    Names,
    beside_ids,
    explained,
    growing_with_names,
    instead_of_ids,
    mentioned,
    names_of,
)
from processor_service.prompt.quotes import in_thread, speakers
from processor_service.prompt.shortcut_request import asked_about
from processor_service.prompt.visible_quotes import visible_to_asker
from processor_service.resilience.cancellation import CancellableModel
from shared.errors import Cancelled, ModelUnavailable
from shared.task import Purpose, QuotedMessage, Task


async def obtain_answer(
    ctx: AnswerContext, preview: LivePreview, deps: AnswerDeps
) -> tuple[Answer, bool]:
    """The answer, and whether it was given before.

    A model's answer to an earlier worker on this task is used again: what that worker has shown of
    it then stays.
    """
    task, source = ctx.task, deps.source
    saved = await source.saved.get(saved_answer_key(task))
    if saved is not None:
        return saved, False
    prompt, names = await _with_names(await _prompt(task, source), task, source)
    place, conversations = ctx.conversation.place, deps.slack.conversations
    exchange = await last_exchange(task, place, deps.last_threads, conversations)
    ctx = replace(ctx, said=ctx.said or exchange)
    audience = await audience_of(task, source.channels)
    key = None if exchange else cache_key(task, prompt, source.generation.model, audience)
    shared = SharedQuestion(key, task, source.cache) if key and may_read_cache(task) else None
    long = LongWait(deps.slack.statuses.delays_after_s, lambda _: ctx.status.waiting_for_the_same())
    async with single_flight(shared, deps.coordination.queue, ctx.writer.run, long) as known:
        if known is not None:
            return known, True
        ctx.cancel.check()
        about, since = await _about(ctx, source)
        prompt = await _quoting(prompt, task, about, names, source)
        earlier = await earlier_words(task, place, source.threads, ctx.writer.run)
        told = partial(_told, task, earlier, source)
        searching = bool(told(prompt).options.tools) and not task.files
        ctx.status.thinking(searching=searching)
        async with _files_attached(ctx, about, source) as files:
            ctx.cards.thinking(searching=searching)

            def ask(prompt: Prompt) -> AsyncGenerator[Progress, None]:
                return _ask(ctx, preview, names, deps, told(prompt))

            new = await _watch(ask_with_files(task, prompt, files, ask), preview)
        new = replace(_as_seen(new, ctx, preview), without=tuple(files.without), since=since)
        await _keep(task, key, new, source)
        return new, False


@asynccontextmanager
async def _files_attached(
    ctx: AnswerContext, about: Sequence[ThreadMessage], source: AnswerSource
) -> AsyncIterator[Attachments]:
    """The files for the model; the reading of them is a step."""
    if ctx.task.files or any(one.files for one in about):
        ctx.cards.files([one.name for one in ctx.task.files])
    async with attach_files(ctx.task, about, source.files, ctx.cancel) as files:
        ctx.cards.files_read([one.name for one in files.attachments])
        yield files


async def _watch(progress: AsyncGenerator[Progress, None], preview: LivePreview) -> Answer:
    """The whole answer; until then the preview shows how it grows."""
    step: Progress = ""
    try:
        async with aclosing(progress):
            async for step in progress:
                if isinstance(step, str):
                    await preview.update(step)
    finally:
        await preview.settle()
    if isinstance(step, str):
        raise ModelUnavailable("The answer has no end.", reason="answer_cut")
    return step


def _as_seen(new: Answer, ctx: AnswerContext, preview: LivePreview) -> Answer:
    """A stopped answer as Slack showed it: nobody wanted the words after the press.

    Raises Cancelled if Slack showed none of it.
    """
    if not new.stopped or ctx.existing.answers:
        return new
    if not preview.seen:
        raise Cancelled("The answer was stopped before a word was shown.")
    return replace(new, text=preview.seen)


async def _prompt(task: Task, source: AnswerSource) -> Prompt:
    # One after another: both are nearly always known already.
    utc_offset = await source.people.utc_offset_of(task.user_id)
    workspace = await source.workspace.name()
    # The day of the question, not of its answer: a redelivery after midnight is the same question.
    prompt_context = PromptContext(day_of(task.occurred_at, utc_offset), workspace)
    return prompt_for(task, prompt_context, source.prompt_config)


async def _about(
    ctx: AnswerContext, source: AnswerSource
) -> tuple[Sequence[ThreadMessage], datetime | None]:
    """The messages to quote, and for a channel the time at which they begin if older messages of
    the period were left out.
    """
    task, said, since = ctx.task, ctx.said, None
    if task.subject is not None and task.subject.purpose is Purpose.CATCH_UP:
        ctx.cards.reading()
        run = ctx.writer.run
        talk = await caught_up(task, task.subject, source.threads, source.channels, run)
        said = talk.said
        ctx.cards.read(len(said))
        since = None if talk.whole else datetime.fromtimestamp(float(said[0].ts), UTC)
    elif task.subject is not None:
        ctx.cards.reading()
        read = open_beside if task.subject.beside else material
        said = await read(task, task.subject, source.threads, source.channels, ctx.writer.run)
        ctx.cards.read(len(said))
    return await visible_to_asker(task, said, source.channels), since


async def _with_names(
    prompt: Prompt, task: Task, source: AnswerSource
) -> tuple[Prompt, dict[str, str]]:
    ids = mentioned([prompt.text]) if task.asks_in_words else []
    names = await names_of(ids, source.people, source.channels, source.groups)
    named = replace(prompt, text=beside_ids(prompt.text, names))
    return explained(named, ids, names, task.locale), names


async def _quoting(
    prompt: Prompt,
    task: Task,
    about: Sequence[ThreadMessage],
    names: dict[str, str],
    source: AnswerSource,
) -> Prompt:
    """``prompt`` with the messages before it. Adds the names it needs to ``names``."""
    if not about and not task.quoted:
        return prompt
    along = [one.text for one in task.quoted]
    ids = mentioned([*(text for one in about for text in one.words), *along])
    wanted = [*ids, *speakers(task, about)]
    names |= await names_of(wanted, source.people, source.channels, source.groups)
    prompt = explained(prompt, ids, names, task.locale)
    named = [one if one.role == "us" else _named(one, names) for one in about]
    if task.subject is None:
        asked = task.model_copy(update={"quoted": _named_quotes(task.quoted, names)})
        return in_thread(prompt, asked, named, names)
    return asked_about(prompt, task, task.subject, named, names)


def _told(task: Task, earlier: str, source: AnswerSource, prompt: Prompt) -> Prompt:
    """``prompt`` with all quotes, and with the ``earlier`` answer behind its question; without the
    tools that are off beside them.
    """
    whole = instead_of(prompt, task, earlier)
    return beside_quotes(whole, source.prompt_config.options_by_mode, task.locale)


def _named(said: ThreadMessage, names: Names) -> ThreadMessage:
    text, quoted = beside_ids(said.text, names), _named_quotes(said.quoted, names)
    return replace(said, text=text, quoted=quoted)


def _named_quotes(quoted: Sequence[QuotedMessage], names: Names) -> tuple[QuotedMessage, ...]:
    return tuple(one.model_copy(update={"text": beside_ids(one.text, names)}) for one in quoted)


async def _ask(
    ctx: AnswerContext, preview: LivePreview, names: Names, deps: AnswerDeps, prompt: Prompt
) -> AsyncGenerator[Progress, None]:
    """Ask the model, with names instead of ids in its answer; its tokens are spent in any case."""
    task, counted = ctx.task, CountingModel(deps.source.model)
    patience = ctx.cancel.cutting_short(deps.source.generation.patience)
    generation = replace(deps.source.generation, patience=patience)
    model = CancellableModel(counted, ctx.cancel)
    may_hedge = partial(deps.coordination.limits.has_tokens_left, task.team_id, task.user_id)
    request = GenerationRequest(prompt, model, ModelProgress(preview), may_hedge=may_hedge)
    until = ctx.writer.run.patience.until
    try:
        async with aclosing(generate(request, generation, until)) as steps:
            async for step in steps:
                if isinstance(step, str):
                    yield growing_with_names(step, names)
                else:
                    yield replace(step, text=instead_of_ids(step.text, names))
    except ModelUnavailable:
        ctx.cancel.check()
        await ctx.status.stay()
        raise
    finally:
        await deps.coordination.limits.spend(task.team_id, task.user_id, counted.tokens)


async def _keep(task: Task, key: str | None, new: Answer, source: AnswerSource) -> None:
    await source.saved.put(saved_answer_key(task), new)
    if key is not None and _is_worth_keeping(new, source):
        await source.cache.put(key, new)


def _is_worth_keeping(new: Answer, source: AnswerSource) -> bool:
    """Whether a later question could not get a better answer."""
    whole = not (new.truncated or new.stopped or new.sources.missing)
    return whole and new.model == source.generation.model
