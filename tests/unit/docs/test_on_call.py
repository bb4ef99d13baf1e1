"""The table of urgencies: each of its rows that calls somebody has an alert that calls them."""

import re
from pathlib import Path

import pytest

from tests.support.raised_alerts import POLICIES

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [DOCS / "on-call.md", DOCS / "ja" / "on-call.md"]
CALLS = {1: "CRITICAL", 2: "CRITICAL", 3: "WARNING", 4: "WARNING"}

each_page = pytest.mark.parametrize("page", PAGES, ids=["en", "ja"])


def levels(page: Path) -> dict[str, int]:
    """The runbook of each example, with the level of its row."""
    rows = re.findall(r"^\| ([1-4]) \|(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        runbook: int(level)
        for level, row in rows
        for runbook in re.findall(r"\]\(runbooks/([\w-]+)\.md\)", row)
    }


@each_page
def test_the_table_has_four_levels_with_examples(page: Path) -> None:
    assert set(levels(page).values()) == {1, 2, 3, 4}


@each_page
def test_every_example_has_an_alert_as_loud_as_its_level(page: Path) -> None:
    loudness = {name: policy["severity"] for name, policy in POLICIES.items()}
    assert {name: loudness.get(name) for name in levels(page)} == {
        name: CALLS[level] for name, level in levels(page).items()
    }


@each_page
def test_every_alert_is_in_the_table(page: Path) -> None:
    assert POLICIES.keys() == levels(page).keys()


def test_both_languages_have_the_same_table() -> None:
    assert levels(PAGES[0]) == levels(PAGES[1])
