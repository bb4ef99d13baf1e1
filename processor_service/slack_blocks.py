"""The words in Slack's blocks: a bot's ``text`` is only what its notification says."""

from collections.abc import Iterable, Mapping
from typing import Any

from processor_service.ports.conversations import Body
from shared.message_text import plain_text
from shared.slack_message import ILL_FORMED

Block = Mapping[str, Any]


def body_shown(message: Mapping[str, Any]) -> Body:
    """What a message shows, as Slack tells it."""
    return Body(str(message.get("text") or ""), tuple(message.get("blocks") or ()))


def text_of_blocks(message: Mapping[str, Any]) -> str:
    """The text in a message's blocks as Markdown; buttons and footers are none, nor is what has an
    unknown form.
    """
    texts = (_read(block) for block in message.get("blocks") or ())
    return "\n\n".join(text for text in texts if text)


def _read(block: Block) -> str:
    try:
        return _text_of(block)
    except (*ILL_FORMED, RecursionError):
        return ""


def _text_of(block: Block) -> str:
    match block.get("type"):
        case "markdown":
            return str(block.get("text") or "").strip()
        case "section":
            fields = [block.get("text"), *(block.get("fields") or ())]
            return "\n".join(_of_text_object(field) for field in fields if field)
        case "header":
            return f"## {_of_text_object(block['text'])}"
        case "rich_text":
            return "\n".join(_of_rich_part(part) for part in block.get("elements") or ())
        case "table":
            return "\n".join(_of_row(row) for row in block.get("rows") or ())
    return ""


def _of_text_object(text: Mapping[str, Any]) -> str:
    words = str(text.get("text") or "")
    return plain_text(words, "") if text.get("type") == "mrkdwn" else words


def _of_row(row: Iterable[Block]) -> str:
    cells = (
        " ".join(_of_rich_part(part) for part in cell.get("elements") or ())
        if cell.get("type") == "rich_text"
        else str(cell.get("text") or "")
        for cell in row
    )
    return f"| {' | '.join(cells)} |"


def _of_rich_part(part: Block) -> str:
    """A section, list, quote or code block of rich text."""
    elements = part.get("elements") or ()
    match part.get("type"):
        case "rich_text_list":
            indent = "  " * int(part.get("indent") or 0)
            return "\n".join(f"{indent}- {_of_rich_part(item)}" for item in elements)
        case "rich_text_preformatted":
            return f"```\n{''.join(_of_element(each) for each in elements)}\n```"
        case "rich_text_quote":
            quoted = "".join(_of_element(each) for each in elements)
            return "\n".join(f"> {line}" for line in quoted.splitlines())
    return "".join(_of_element(each) for each in elements)


def _of_element(element: Block) -> str:
    match element.get("type"):
        case "link":
            url, label = str(element.get("url") or ""), str(element.get("text") or "")
            return f"{label} ({url})" if label and label != url else url
        case "emoji":
            return f":{element.get('name')}:"
        case "user":
            return f"<@{element.get('user_id')}>"
        case "broadcast":
            return f"@{element.get('range')}"
    return str(element.get("text") or "")
