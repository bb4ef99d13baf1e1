"""Direct messages are told from channels by their id, and one place knows how."""

import ast
from pathlib import Path

import pytest

from shared.channel_ids import is_direct

ROOT = Path(__file__).parents[3]
SERVICES = ("command_service", "processor_service", "shared")


@pytest.mark.parametrize("direct", ["D024BFF1M", "D0AGENTVIEW9"])
def test_a_conversation_with_one_person_is_direct(direct: str) -> None:
    assert is_direct(direct)


@pytest.mark.parametrize("other", ["C024BE91L", "G012AC86C", "C0DDDDDDDDD", "U0D123456", "d1", ""])
def test_a_channel_and_a_group_are_not_direct_nor_is_anything_else(other: str) -> None:
    assert not is_direct(other)


def knowing(source: str) -> bool:
    """Whether the code asks a text for the letter of direct messages."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "startswith"
        and any(isinstance(leaf, ast.Constant) and leaf.value == "D" for leaf in ast.walk(node))
        for node in ast.walk(ast.parse(source))
    )


def test_the_letter_of_direct_messages_is_known_in_one_place() -> None:
    paths = [path for service in SERVICES for path in (ROOT / service).rglob("*.py")]
    found = [path for path in paths if knowing(path.read_text(encoding="utf-8"))]
    assert [str(path.relative_to(ROOT)) for path in found] == ["shared/channel_ids.py"]
