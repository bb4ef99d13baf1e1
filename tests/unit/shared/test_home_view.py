"""The App Home view, in both languages and each of its states, as Slack takes it."""

from datetime import UTC, datetime

import pytest
from slack_sdk.models.views import View

from shared.slack.home_view import HomeContent, Usage, Used, UsedOfLimit, home_view
from shared.task import Locale
from shared.version import VERSION, described
from simulators.slack.content.block_kit import block_errors

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LIMITED = Used(
    12, UsedOfLimit(3, 10), UsedOfLimit(8_500, 100_000), UsedOfLimit(70_000, 1_000_000), NOON
)
FREE = Used(12, UsedOfLimit(0), UsedOfLimit(8_500), UsedOfLimit(70_000), NOON)


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize(
    "usage", ["comes", "unknown", HomeContent(LIMITED, NOON), HomeContent(FREE, NOON)]
)
def test_slack_takes_the_view(locale: Locale, usage: Usage) -> None:
    view = home_view(locale, "rev-7", usage)

    View(**view).validate_json()
    assert block_errors(view["blocks"]) == []
    assert "http" not in str(view)


def test_a_limit_is_shown_with_what_is_used_of_it() -> None:
    shown = str(home_view("en", None, HomeContent(LIMITED, NOON)))

    assert "8,500 of 100,000" in shown
    assert "3 of 10" in shown
    assert "70,000 of 1,000,000" in shown
    assert f"<!date^{int(NOON.timestamp())}^" in shown


def test_without_a_limit_of_the_team_its_tokens_are_nobody_elses_matter() -> None:
    shown = str(home_view("ja", None, HomeContent(FREE, NOON)))

    assert "8,500" in shown
    assert "70,000" not in shown


def test_the_version_is_shown_with_the_revision_if_there_is_one() -> None:
    assert described(None) == VERSION
    assert described("command-00042") == f"{VERSION} (command-00042)"
    assert f"Mechachang {VERSION}" in str(home_view("en", None, "comes"))
