"""From Gemini's Markdown to Slack messages."""

import json
import re
from dataclasses import asdict
from typing import Any

from processor_service.ports import Answer, Body, Place
from processor_service.splitting import split_markdown
from processor_service.texts import (
    CACHED,
    NOTICE_TITLE,
    QUESTION,
    REGENERATE,
    TOO_LONG_FOR_RESPONSE,
    TRUNCATED,
    reason_text,
)
from shared.task import Locale, Task

# All markdown blocks of one message together hold 12,000 characters (docs.slack.dev, markdown
# block); the rest is room for what neutralising adds.
PART_CHARS = 11_000
_PREVIEW_CHARS = 200
_QUOTE_CHARS = 2_500
_METADATA_BYTES = 8_000

_PINGS = re.compile(r"<(?=(?:@[UW]|!(?:channel|here|everyone|subteam\^))[^<>\n]*>)")


def neutralise(text: str) -> str:
    """The same text to the eye, in which no ``<!channel>`` or ``<@U…>`` reaches anybody."""
    return _PINGS.sub("<\u200b", text)


def escape(text: str) -> str:
    """Text for a mrkdwn field: the three characters Slack gives a meaning are escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render_answer(
    answer: Answer, locale: Locale, capacity: int, *, regenerate_at: Place | None
) -> list[Body]:
    """The messages that together hold the whole answer; at least one.

    With ``regenerate_at`` the answer says that it was given before and offers a new one. A place
    that takes fewer messages than needed ends with words saying so.
    """
    text = neutralise(answer.text)
    if answer.truncated:
        text = f"{text}\n\n{TRUNCATED[locale]}"
    parts = split_markdown(text, PART_CHARS)
    if len(parts) > capacity:
        parts = [*parts[: capacity - 1], f"_{TOO_LONG_FOR_RESPONSE[locale]}_"]
    bodies = [Body(_preview(part), ({"type": "markdown", "text": part},)) for part in parts]
    if regenerate_at is not None:
        last = bodies[-1]
        bodies[-1] = Body(last.text, (*last.blocks, *_cached_blocks(locale, regenerate_at)))
    return bodies


def render_notice(reason: str, task: Task) -> Body:
    """The one message that says why there is no answer."""
    title, text = NOTICE_TITLE[task.locale], reason_text(reason, task.locale)
    sections = [f":warning: *{title}*\n{text}", f"`{reason}` · `{task.task_id}`"]
    return Body(
        title,
        (
            {"type": "section", "text": {"type": "mrkdwn", "text": sections[0]}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": sections[1]}]},
        ),
    )


def render_question(task: Task) -> Body:
    """The message that shows a slash command's question in the channel."""
    shown = task.text if len(task.text) <= _QUOTE_CHARS else task.text[:_QUOTE_CHARS] + " …"
    quote = "\n".join(f"> {line}" for line in escape(shown).splitlines())
    text = f"{QUESTION[task.locale].format(user=f'<@{task.user_id}>')}\n{quote}"
    return Body(text, ({"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}},))


def question_payload(task: Task) -> dict[str, str]:
    """The prompt itself, kept beside the shown question so that it can be asked again.

    Slack limits metadata to about 16 KB; a longer prompt is not kept.
    """
    return {"prompt": task.text} if len(task.text.encode()) <= _METADATA_BYTES else {}


def _preview(markdown: str) -> str:
    text = escape(" ".join(markdown.split()))
    return text if len(text) <= _PREVIEW_CHARS else text[:_PREVIEW_CHARS] + "…"


def _cached_blocks(locale: Locale, place: Place) -> tuple[dict[str, Any], ...]:
    button = {
        "type": "button",
        "action_id": "regenerate",
        "text": {"type": "plain_text", "text": REGENERATE[locale]},
        "value": json.dumps({"v": 1, **asdict(place)}, separators=(",", ":")),
    }
    note = {"type": "mrkdwn", "text": CACHED[locale]}
    return (
        {"type": "context", "elements": [note]},
        {"type": "actions", "elements": [button]},
    )
