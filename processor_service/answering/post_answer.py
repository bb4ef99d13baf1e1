"""Showing an answer: growing while it is written, and whole in the end."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from processor_service.answering.deps import AnswerDeps
from processor_service.delivery.answer_file import LONGEST_THREAD, in_file_alone, shorten_for_thread
from processor_service.delivery.context import AnswerContext
from processor_service.delivery.preview.live_preview import LivePreview
from processor_service.delivery.reconcile import answer_mark, find_existing, reconcile
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body, Posted
from processor_service.rendering.citations import sources_footer, sources_text
from processor_service.rendering.footer import answer_footer, stop_button
from processor_service.rendering.incremental import IncrementalRenderer
from processor_service.rendering.messages import PLAIN_BYTES, render_answer, render_plain
from processor_service.rendering.omitted_files import files_footer, files_text
from processor_service.rendering.plain_text import log_layout_refused
from processor_service.resilience.off_loop import off_the_loop
from processor_service.telemetry.task_metrics import answer_shown
from processor_service.texts.answers import STOPPED_HERE
from shared.errors import UNSHOWABLE, SlackRefused
from shared.telemetry.log import get_logger

log = get_logger(__name__)


def live_preview(ctx: AnswerContext, deps: AnswerDeps) -> LivePreview:
    """The live preview of the answer."""
    renderer = IncrementalRenderer(min(ctx.conversation.capacity, LONGEST_THREAD))
    return LivePreview(ctx, deps.slack.budget, renderer, (stop_button(ctx.task),))


async def post_answer(
    ctx: AnswerContext, answered: Answer, cached: bool, preview: LivePreview
) -> tuple[Sequence[Body], Sequence[Posted]]:
    """Post the answer to the conversation; as plain text if Slack refuses the layout.

    Returns the rendered messages, and the posted ones.
    """
    await ctx.writer.run.read(ctx.status.make_way)
    rich = await _render(ctx, answered, cached)
    try:
        bodies = await shorten_for_thread(ctx, answered, rich, preview)
        mark = answer_mark(ctx.task.task_id, bodies)
        existing = await preview.finish(bodies, mark)
        parts = await reconcile(bodies, mark, existing, ctx.writer)
    except SlackRefused as refused:
        # Messages that only the user sees were posted one by one, and cannot be removed.
        if refused.reason != UNSHOWABLE or ctx.conversation.edits is None:
            raise
        log_layout_refused(refused)
        bodies, parts = await _post_plainly(ctx, answered, preview)
    ways = sorted(preview.ways) or ["post" if ctx.conversation.edits else "response_url"]
    answer_shown(ways, cached=cached)
    log.info("An answer was shown.", action="answer_shown", ways=ways)
    return bodies, parts


async def _render(ctx: AnswerContext, answered: Answer, cached: bool) -> Sequence[Body]:
    locale = ctx.task.locale
    footer = [
        *files_footer(answered.without, locale),
        *sources_footer(answered.sources, locale),
        *answer_footer(
            ctx.task, answered, ctx.conversation.place, cached=cached, request=ctx.request
        ),
    ]
    render = partial(render_answer, answered, locale, ctx.conversation.capacity, footer)
    return await off_the_loop(len(answered.text), render)


async def _post_plainly(
    ctx: AnswerContext, answered: Answer, preview: LivePreview
) -> tuple[Sequence[Body], list[Posted]]:
    """The whole answer as text alone; in smaller messages, and as a file, if Slack refuses that.

    Raises the last refusal.
    """
    for part_bytes in (PLAIN_BYTES, PLAIN_BYTES // 4):
        bodies = await off_the_loop(len(answered.text), partial(_plain, ctx, answered, part_bytes))
        try:
            return bodies, await _reconcile_again(ctx, bodies)
        except SlackRefused as refused:
            if refused.reason != UNSHOWABLE:
                raise
            last = refused
    existing = await find_existing(ctx.task.task_id, ctx.writer)
    note = await in_file_alone(replace(ctx, existing=existing), answered)
    if note is None:
        raise last
    preview.ways.add("file")
    return note, await _reconcile_again(ctx, note)


async def _reconcile_again(ctx: AnswerContext, bodies: Sequence[Body]) -> list[Posted]:
    existing = await find_existing(ctx.task.task_id, ctx.writer)
    return await reconcile(bodies, answer_mark(ctx.task.task_id, bodies), existing, ctx.writer)


def _plain(ctx: AnswerContext, answered: Answer, part_bytes: int) -> Sequence[Body]:
    locale = ctx.task.locale
    below = [
        *([STOPPED_HERE[locale]] if answered.stopped else []),
        *sources_text(answered.sources, locale),
        *files_text(answered.without, locale),
    ]
    return render_plain(
        answered, locale, ctx.conversation.capacity, below=below, part_bytes=part_bytes
    )
