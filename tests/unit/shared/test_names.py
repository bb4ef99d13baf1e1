"""A public name means one thing: what has the same name twice is looked up in the wrong place."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
SERVICES = ("command_service", "processor_service", "shared")
ALLOWED = {
    "log": "each module has its own logger",
    "main": "the entry point of a program",
}


def names_in(module: ast.Module) -> Iterator[str]:
    """The public names that a module defines at its top level."""
    for node in module.body:
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                named = [node.name]
            case ast.Assign():
                named = [each.id for each in node.targets if isinstance(each, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                named = [name]
            case _:
                named = []
        yield from (name for name in named if not name.startswith("_"))


def defined_twice() -> dict[str, list[str]]:
    """Each name with the modules that define it, if they are several."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for service in SERVICES:
        for path in (ROOT / service).rglob("*.py"):
            for name in names_in(ast.parse(path.read_text(encoding="utf-8"))):
                found[name].add(str(path.relative_to(ROOT)))
    return {name: sorted(modules) for name, modules in found.items() if len(modules) > 1}


def test_no_public_name_is_defined_twice_but_for_a_few() -> None:
    assert {name: where for name, where in defined_twice().items() if name not in ALLOWED} == {}
    assert len(ALLOWED) <= 5


def test_what_is_defined_is_found_whatever_defines_it() -> None:
    source = "A = B = 1\nC: int = 2\nclass D: E = 3\ndef f(): g = 4\nasync def h(): ...\n_i = 5\n"
    assert [*names_in(ast.parse(source))] == ["A", "B", "C", "D", "f", "h"]
