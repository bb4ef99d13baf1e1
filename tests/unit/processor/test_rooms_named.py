"""A newcomer finds each module of a room in the words of the room."""

import ast
import re
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[3] / "processor_service"
ROOMS = sorted(each.parent for each in SERVICE.rglob("__init__.py") if each.parent != SERVICE)


def modules_in(room: Path) -> set[str]:
    files = {each.stem for each in room.glob("*.py")} - {"__init__"}
    return files | {each.parent.name for each in room.glob("*/__init__.py")}


@pytest.mark.parametrize("room", ROOMS, ids=[str(each.relative_to(SERVICE)) for each in ROOMS])
def test_the_words_of_a_room_name_each_of_its_modules(room: Path) -> None:
    words = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    assert modules_in(room) <= set(re.findall(r"``(\w+)``", words))
