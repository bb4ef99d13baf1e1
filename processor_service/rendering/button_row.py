"""The row of buttons below an answer: found and taken away, without what draws it (decision 24)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from processor_service.ports.conversations import Body

_ROW: Final = frozenset({"actions", "context_actions"})


def has_row(blocks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether there is something to press below an answer with these blocks."""
    return any(block.get("type") in _ROW for block in blocks)


def without_row(body: Body) -> Body:
    """The same message with nothing to press; its notes stay."""
    return replace(body, blocks=tuple(one for one in body.blocks if one.get("type") not in _ROW))
