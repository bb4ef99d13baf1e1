"""A message of ours as Slack returns it, and the arguments of a stream's calls."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from processor_service.ports.conversations import Body, TaskCard
from shared.errors import OutcomeUnknown

# Blocks that Slack makes of the cards in a stream: steps on the way, no part of the answer.
_CARDS: Final = ("task_card", "plan")
# docs.slack.dev, chat.postMessage
_MOST_BLOCKS: Final = 50


def without_cards(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message without the cards above its words, and without ill-formed blocks."""
    blocks = message.get("blocks")
    found = [each for each in blocks if isinstance(each, dict)] if isinstance(blocks, list) else []
    return {**message, "blocks": [one for one in found if one.get("type") not in _CARDS]}


def body_shown(message: Mapping[str, Any]) -> Body:
    """The content of a message as Slack returns it, without the cards above it."""
    shown = without_cards(message)
    return Body(str(message.get("text") or ""), tuple(shown["blocks"]))


def sendable(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, as a message takes them. Of one Markdown block Slack makes several
    (docs.slack.dev, markdown block), and may return more than it takes back. Then its headers,
    lines and rich text that follow each other become one block.
    """
    if len(blocks) <= _MOST_BLOCKS:
        return [dict(block) for block in blocks]
    folded: list[dict[str, Any]] = []
    for block in blocks:
        elements = _as_rich_text(block)
        if elements and folded and folded[-1]["type"] == "rich_text":
            folded[-1] = {**folded[-1], "elements": [*folded[-1]["elements"], *elements]}
        else:
            folded.append({"type": "rich_text", "elements": elements} if elements else dict(block))
    return folded


def _as_rich_text(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The block's elements, as rich text has them; none for a block of another kind."""
    if block.get("type") == "rich_text":
        return list(block.get("elements") or ())
    text = block.get("text")
    words = str(text.get("text") or "") if isinstance(text, Mapping) else ""
    if block.get("type") == "header" and words:
        leaf = {"type": "text", "text": f"\n{words}\n", "style": {"bold": True}}
    elif block.get("type") == "divider":
        leaf = {"type": "text", "text": "\n"}
    else:
        return []
    return [{"type": "rich_text_section", "elements": [leaf]}]


def body_in(response: AsyncSlackResponse) -> Body | None:
    """The content of the message that a call made or changed, as Slack returned it."""
    message = response.get("message")
    return body_shown(message) if isinstance(message, dict) else None


def ts_in(response: AsyncSlackResponse, method: str) -> str:
    """The ts of the message that a call posted. Raises OutcomeUnknown if Slack does not say."""
    message = response.get("message")
    ts = response.get("ts") or (message.get("ts") if isinstance(message, dict) else None)
    if not ts:
        raise OutcomeUnknown(f"{method}: Slack did not say what it has posted.")
    return str(ts)


def said_in_stream(markdown: str, cards: Sequence[TaskCard], *, chunked: bool) -> dict[str, Any]:
    """The arguments of a call that adds these to a stream. One that began with cards takes chunks
    alone (docs.slack.dev, streaming_mode_mismatch).
    """
    if not chunked:
        return {"markdown_text": markdown or None}
    words = [{"type": "markdown_text", "text": markdown}] if markdown else []
    return {"chunks": [*map(_update, cards), *words] or None}


def _update(card: TaskCard) -> dict[str, Any]:
    update: dict[str, Any] = {"type": "task_update", "id": card.id, "title": card.title}
    update["status"] = card.status
    if card.details:
        update["details"] = card.details
    if card.sources:
        update["sources"] = [
            {"type": "url", "url": one.url, "text": one.title or one.url} for one in card.sources
        ]
    return update
