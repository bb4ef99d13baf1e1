"""How an answer gets before people: growing while it is written, and whole in the end."""

from collections.abc import Sequence

from processor_service.delivery import Standing, answer_mark, deliver, standing
from processor_service.drafting import Draft
from processor_service.equipment import Answering
from processor_service.file_verdicts import files_footer, files_text
from processor_service.footer import answer_footer, stop_button
from processor_service.growing import Growing
from processor_service.long_answers import LONGEST_THREAD, fitting_thread
from processor_service.measures import answer_shown
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body, Conversation, Posted
from processor_service.rendering import render_answer, render_plain
from processor_service.sources import sources_footer, sources_text
from processor_service.steps import Steps
from processor_service.texts import STOPPED_HERE
from shared.errors import SlackRefused
from shared.log import get_logger
from shared.task import Task

log = get_logger(__name__)


def growing_answer(
    task: Task, found: Standing, conversation: Conversation, steps: Steps, using: Answering
) -> Growing:
    """The answer as people will watch it grow; ``found`` is what an earlier worker left of it."""
    draft = Draft(min(conversation.capacity, LONGEST_THREAD))
    signs = using.statuses.line(conversation, task)
    below = (stop_button(task),)
    return Growing(task.task_id, conversation, steps, using.budget, draft, found, signs, below)


async def shown(
    task: Task, answered: Answer, cached: bool, growing: Growing
) -> tuple[Sequence[Body], Sequence[Posted]]:
    """Put the answer into the conversation; as plain text where Slack refuses the layout.

    What was to be shown, and where it stands now.
    """
    conversation, steps = growing.conversation, growing.steps
    growing.signs.over()
    rich = render_answer(
        answered,
        task.locale,
        conversation.capacity,
        footer=[
            *files_footer(answered.without, task.locale),
            *sources_footer(answered.sources, task.locale),
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
        bodies = _plain(task, answered, conversation)
        mark = answer_mark(task.task_id, bodies)
        found = await standing(task.task_id, conversation, steps)
        parts = await deliver(bodies, mark, found, conversation, steps)
    ways = sorted(growing.ways) or ["post" if conversation.editable else "response_url"]
    answer_shown(ways, cached=cached)
    log.info("An answer was shown.", action="answer_shown", ways=ways)
    return bodies, parts


def _plain(task: Task, answered: Answer, conversation: Conversation) -> Sequence[Body]:
    below = [
        *([STOPPED_HERE[task.locale]] if answered.stopped else []),
        *sources_text(answered.sources, task.locale),
        *files_text(answered.without, task.locale),
    ]
    return render_plain(answered, task.locale, conversation.capacity, below=below)
