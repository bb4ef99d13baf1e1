"""Answers as Gemini writes them (``golden/NAME.md``), and the messages of each (``NAME.json``)."""

import json
from pathlib import Path
from typing import Any

from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.rendering.messages import render_answer

FOLDER = Path(__file__).parents[2] / "unit" / "processor" / "rendering" / "golden"
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))


def source_of(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text()


def rendered(name: str) -> list[Body]:
    """The messages for an answer that has room for as many as it needs."""
    return render_answer(Answer(source_of(name), "model"), "ja", 1_000)


def written(bodies: list[Body]) -> str:
    """The messages as readable JSON, in which spaces that nobody sees are seen."""
    messages: list[dict[str, Any]] = [{"text": each.text, "blocks": each.blocks} for each in bodies]
    text = json.dumps(messages, ensure_ascii=False, indent=2)
    return text.replace("\u200b", "\\u200b").replace("\u200a", "\\u200a") + "\n"
