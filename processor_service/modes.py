"""The mode of an answer, as people see it: its name, and buttons to be answered in another."""

from typing import Final

from processor_service.ports import Place
from processor_service.rendering import Block, button, question_payload
from processor_service.texts import MODE, MODE_CHOSEN, OTHER_MODES
from shared.task import Locale, Mode, Source, Task

NAMES: Final[dict[Locale, dict[Mode, str]]] = {
    "ja": {
        Mode.GENERAL: "一般",
        Mode.CODE: "コード",
        Mode.DATA: "データ",
        Mode.CREATIVE: "創作",
    },
    "en": {
        Mode.GENERAL: "General",
        Mode.CODE: "Code",
        Mode.DATA: "Data",
        Mode.CREATIVE: "Creative",
    },
}


def mode_footer(task: Task, mode: Mode, place: Place | None) -> list[Block]:
    """What stands below an answer in ``mode``; nothing below one in free Markdown.

    Buttons only where the question can be read again, at ``place``.
    """
    names = NAMES[task.locale]
    if mode not in names:
        return []
    note = (MODE_CHOSEN if task.mode is Mode.AUTO else MODE)[task.locale].format(name=names[mode])
    if place is None or not _is_kept(task):
        return [_context(note)]
    others = [
        button(f"mode_{other}", name, place, other)
        for other, name in names.items()
        if other != mode
    ]
    note = f"{note} · {OTHER_MODES[task.locale]}"
    return [_context(note), {"type": "actions", "elements": others}]


def _is_kept(task: Task) -> bool:
    """Whether the prompt can be read in Slack: a command's is in our own message, unless long."""
    return task.source is not Source.SLASH_COMMAND or bool(question_payload(task))


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}
