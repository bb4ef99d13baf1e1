"""``docs/telemetry.md`` tells of each metric, each span and each log action, and of no other."""

import ast
import re
from collections.abc import Iterator

from shared.telemetry.metrics import INSTRUMENTS
from simulators.processes.environment import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
SOURCES = [
    ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("shared", "command_service", "processor_service")
    for path in (PROJECT_ROOT / folder).rglob("*.py")
]
SPAN_MAKERS = {"span", "measured"}


def rows(section: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their heads."""
    text = PAGE.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]


def calls() -> Iterator[ast.Call]:
    return (node for tree in SOURCES for node in ast.walk(tree) if isinstance(node, ast.Call))


def texts(node: ast.expr) -> set[str]:
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def actions() -> set[str]:
    """Every literal that is given, or assigned, as ``action``."""
    given = {
        text
        for call in calls()
        for word in call.keywords
        if word.arg == "action"
        for text in texts(word.value)
    }
    for tree in SOURCES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "action" for target in node.targets
            ):
                given |= texts(node.value)
    return given


def spans() -> set[str]:
    """The first words of every span's name."""
    named = (
        call.args[0]
        for call in calls()
        if isinstance(call.func, ast.Name) and call.func.id in SPAN_MAKERS and call.args
    )
    found = {text.strip() for name in named for text in texts(name)}
    return {name for name in found if re.fullmatch(r"[a-z_]+", name)}


def test_each_metric_stands_there_with_its_unit_and_labels() -> None:
    written = {row[0]: (row[1], row[2]) for row in rows("Metrics")}
    assert written == {
        f"`{one.name}`": (f"`{one.unit}`", ", ".join(one.labels)) for one in INSTRUMENTS
    }
    assert all(len(row) == 5 and row[3] and row[4] for row in rows("Metrics"))


def test_each_log_action_stands_there_in_order() -> None:
    written = [row[0].strip("`") for row in rows("Logs")]
    assert written == sorted(actions())


def test_each_span_stands_there() -> None:
    assert {row[0].strip("`").split()[0] for row in rows("Spans")} == spans()


def test_names_and_units_survive_every_translation_to_prometheus() -> None:
    for one in INSTRUMENTS:
        assert re.fullmatch(r"mechachang_[a-z_]+", one.name)
        assert one.name.endswith("_total") == (one.kind == "counter")
        suffix = {"s": "_seconds", "By": "_bytes"}.get(one.unit, "")
        assert one.name.removesuffix("_total").endswith(suffix)
        assert suffix or re.fullmatch(r"\{[a-z]+\}", one.unit)
