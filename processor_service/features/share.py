"""A private answer that its asker shares: copied once to the channel that it was asked in.

There it looks like an answer to a command: below a message that shows the question. After that the
button vanishes from the private answer, so no later press finds one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from processor_service.answering.deps import AnswerDeps
from processor_service.answering.user_preferences import localised
from processor_service.delivery.destination import resolve_destination
from processor_service.delivery.reconcile import answer_mark, find_existing, reconcile
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.ports.conversations import Body, Posted, PrivateAnswer
from processor_service.rendering.button_row import without_row
from processor_service.rendering.footer import row_below
from processor_service.resilience.run_leased import Outcome, leased
from processor_service.texts import answers as texts
from shared.actions import ActionId
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.signing import unsigned_blocks
from shared.slack.blocks import Block, context, section
from shared.slack.message import MessageRef, permalink
from shared.task import Kind, Share, Source, Task, Texts
from shared.telemetry.log import get_logger

log = get_logger(__name__)


async def share_answer(task: Task, message_id: str, deps: AnswerDeps) -> Outcome:
    """Post the answer that ``task.share`` names to its channel, once however often it is asked for.

    The presser is told why it could not be shared, and may press again. Raises nothing for that.
    """
    share, leases = task.share, deps.coordination.leases
    if share is None:
        return Outcome.NOTED
    task = await localised(task, deps.source)
    async with leased(task, message_id, leases, deps.deadline_s, deps.stopping) as work:
        if work.lease is not None:
            patience = deps.retry_policy.ending(work.until)
            run = TaskRun(work.lease, patience, stopping=deps.stopping)
            work.outcome = await _share(task, share, run, deps)
    return work.outcome


async def _share(task: Task, share: Share, run: TaskRun, deps: AnswerDeps) -> Outcome:
    private = MessageRef(task.channel_id, str(task.thread_ts), str(task.message_ts))
    try:
        found = await run.read(partial(deps.source.threads.private_answer, private))
        if found is None:
            return await _refuse(task, texts.SHARE_GONE, "answer_gone", deps)
        if not _offers(found.parts[-1]):
            return Outcome.ALREADY_DONE
        member = partial(deps.source.channels.is_member, task.user_id, share.channel_id)
        if not await run.read(member):
            return await _refuse(task, texts.SHARE_NOT_A_MEMBER, "not_a_member", deps)
        there = await _post(task, share, found, run, deps)
    except SlackRefused as refused:
        return await _refuse(task, texts.SHARE_NOT_THERE, refused.reason, deps)
    await _take_button_away(task, found.parts[-1], there, run, deps)
    log.info("A private answer was shared.", action="answer_shared")
    return Outcome.ANSWERED


def _offers(last: Posted) -> bool:
    """Whether it still has its Share button."""
    rows = [one.get("elements") or () for one in _shown(last).blocks if one["type"] == "actions"]
    return any(each.get("action_id") == ActionId.SHARE for row in rows for each in row)


def _shown(part: Posted) -> Body:
    return part.shown or Body("")


async def _post(
    task: Task, share: Share, found: PrivateAnswer, run: TaskRun, deps: AnswerDeps
) -> MessageRef:
    """Where its question is in the channel, with the answer below it."""
    asked = task.model_copy(
        update={
            "kind": Kind.QUESTION,
            "source": Source.SLASH_COMMAND,
            "channel_id": share.channel_id,
            "thread_ts": None,
            "message_ts": None,
            "text": found.prompt,
            "mode": found.mode,
            "response_url": None,
        }
    )
    writer = await resolve_destination(asked, deps.slack.conversations, run)
    place = writer.conversation.place
    if place is None:
        raise SlackRefused("The channel takes no thread.", slack_error="not_in_channel")
    bodies = [_copied(part, task.channel_id) for part in found.parts]
    row = row_below(asked, share.mode, place)
    bodies[-1] = replace(bodies[-1], blocks=(*bodies[-1].blocks, *row))
    existing = await find_existing(task.task_id, writer)
    await reconcile(bodies, answer_mark(task.task_id, bodies), existing, writer)
    return place


def _copied(part: Posted, private_channel: str) -> Body:
    """The content without its buttons, and without links that lead into the direct messages."""
    body = without_row(_shown(part))
    blocks = [each for each in body.blocks if not _leads_to(private_channel, each)]
    return Body(body.text, tuple(_without_ids(blocks)))


def _leads_to(channel: str, block: Mapping[str, Any]) -> bool:
    return block["type"] == "context" and f"/archives/{channel}/" in str(block)


def _without_ids(blocks: Sequence[Mapping[str, Any]]) -> list[Block]:
    return [{name: each for name, each in one.items() if name != "block_id"} for one in blocks]


async def _take_button_away(
    task: Task, last: Posted, there: MessageRef, run: TaskRun, deps: AnswerDeps
) -> None:
    """Say where the answer was shared instead of offering it again."""
    thread_ts, locale = str(task.thread_ts), task.locale
    writer = SlackWriter(deps.slack.conversations.thread(task, thread_ts, thread_ts), run)
    address = permalink(
        await deps.source.workspace.url(), there.channel_id, there.thread_ts, there.thread_ts
    )
    opens = f" (<{address}|{texts.OPEN[locale]}>)" if address else ""
    note = texts.SHARED_TO[locale].format(channel=f"<#{there.channel_id}>") + opens
    blocks: list[Block] = []
    for block in unsigned_blocks(_without_ids(_shown(last).blocks)):
        blocks += [context(note), _without_share(block)] if block["type"] == "actions" else [block]
    await writer.update(last, Body(_shown(last).text, tuple(blocks)), last.mark)


def _without_share(row: Block) -> Block:
    kept = [each for each in row["elements"] if each.get("action_id") != ActionId.SHARE]
    return {**row, "elements": kept}


async def _refuse(task: Task, text: Texts, reason: str, deps: AnswerDeps) -> Outcome:
    """Tell the presser alone; the next press may succeed."""
    log.info("A private answer was not shared.", action="share_refused", reason=reason)
    if task.response_url is not None:
        conversation = deps.slack.conversations.response(task, task.response_url)
        said = text[task.locale]
        await conversation.post(Body(said, (section(said),)), Mark(task.task_id, "notice"))
    return Outcome.NOTED
