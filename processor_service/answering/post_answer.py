"""How an answer gets before people: growing while it is written, and whole in the end."""

from collections.abc import Sequence
from functools import partial

from processor_service.answering.deps import AnswerDeps
from processor_service.delivery.answer_file import LONGEST_THREAD, in_file_alone, shorten_for_thread
from processor_service.delivery.live_preview import LivePreview
from processor_service.delivery.reconcile import (
    ExistingMessages,
    answer_mark,
    find_existing,
    reconcile,
)
from processor_service.delivery.slack_writer import Steps
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body, Conversation, Posted
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
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)


def growing_answer(
    task: Task, found: ExistingMessages, conversation: Conversation, steps: Steps, deps: AnswerDeps
) -> LivePreview:
    """The answer as people will watch it grow; ``found`` is what an earlier worker left of it."""
    draft = IncrementalRenderer(min(conversation.capacity, LONGEST_THREAD))
    signs = deps.statuses.line(conversation, task)
    below = (stop_button(task),)
    return LivePreview(task.task_id, conversation, steps, deps.budget, draft, found, signs, below)


async def post_answer(
    task: Task, answered: Answer, cached: bool, growing: LivePreview
) -> tuple[Sequence[Body], Sequence[Posted]]:
    """Put the answer into the conversation; as plain text where Slack refuses the layout.

    What was to be shown, and where it stands now.
    """
    conversation, steps = growing.conversation, growing.steps
    await growing.signs.make_way()
    footer = [
        *files_footer(answered.without, task.locale),
        *sources_footer(answered.sources, task.locale),
        *answer_footer(task, answered, conversation.place, cached=cached),
    ]
    render = partial(render_answer, answered, task.locale, conversation.capacity, footer)
    rich = await off_the_loop(len(answered.text), render)
    try:
        bodies = await shorten_for_thread(task, answered, rich, growing)
        mark = answer_mark(task.task_id, bodies)
        found = await growing.finish(bodies, mark)
        parts = await reconcile(bodies, mark, found, conversation, steps)
    except SlackRefused as refused:
        # What only its asker sees was posted message by message, and cannot be taken back.
        if refused.reason != UNSHOWABLE or not conversation.editable:
            raise
        log_layout_refused(refused)
        bodies, parts = await _shown_plainly(task, answered, growing)
    ways = sorted(growing.ways) or ["post" if conversation.editable else "response_url"]
    answer_shown(ways, cached=cached)
    log.info("An answer was shown.", action="answer_shown", ways=ways)
    return bodies, parts


async def _shown_plainly(
    task: Task, answered: Answer, growing: LivePreview
) -> tuple[Sequence[Body], list[Posted]]:
    """The whole answer as text alone; in smaller messages, and as a file, where Slack refuses that.

    Raises the refusal of the last of these.
    """
    conversation, steps = growing.conversation, growing.steps
    for part_bytes in (PLAIN_BYTES, PLAIN_BYTES // 4):
        render = partial(_plain, task, answered, conversation, part_bytes)
        bodies = await off_the_loop(len(answered.text), render)
        try:
            return bodies, await _delivered(task, bodies, growing)
        except SlackRefused as refused:
            if refused.reason != UNSHOWABLE:
                raise
            last = refused
    growing.found = await find_existing(task.task_id, conversation, steps)
    note = await in_file_alone(task, answered, growing)
    if note is None:
        raise last
    return note, await _delivered(task, note, growing)


async def _delivered(task: Task, bodies: Sequence[Body], growing: LivePreview) -> list[Posted]:
    conversation, steps = growing.conversation, growing.steps
    found = await find_existing(task.task_id, conversation, steps)
    return await reconcile(bodies, answer_mark(task.task_id, bodies), found, conversation, steps)


def _plain(
    task: Task, answered: Answer, conversation: Conversation, part_bytes: int
) -> Sequence[Body]:
    below = [
        *([STOPPED_HERE[task.locale]] if answered.stopped else []),
        *sources_text(answered.sources, task.locale),
        *files_text(answered.without, task.locale),
    ]
    return render_plain(
        answered, task.locale, conversation.capacity, below=below, part_bytes=part_bytes
    )
