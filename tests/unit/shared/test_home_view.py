"""The App Home view, in both languages and each of its states, as Slack takes it."""

from datetime import UTC, datetime

import pytest
from slack_sdk.models.views import View

from command_service.texts.home import PROMPTS
from shared.actions import HomeChoices
from shared.home.texts import WAYS
from shared.home.view import (
    home_view,
    kept_in_home,
    notice_view,
    signed_home,
)
from shared.signing import Signing
from shared.slack.usage import HomeContent, Usage, Used, UsedOfLimit
from shared.task import Locale, Mode, Preferences
from shared.version import VERSION, described
from simulators.slack.content.block_kit import block_errors
from tests.support.signed import SIGNING

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LIMITED = Used(
    12, UsedOfLimit(3, 10), UsedOfLimit(8_500, 100_000), UsedOfLimit(70_000, 1_000_000), NOON
)
FREE = Used(12, UsedOfLimit(0), UsedOfLimit(8_500), UsedOfLimit(70_000), NOON)


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_a_reaction_that_asks_is_named_where_there_is_one(locale: Locale) -> None:
    with_one = home_view(locale, None, "comes", Preferences(), "gemini")

    assert ":gemini:" in str(with_one)
    assert block_errors(with_one["blocks"]) == []
    assert "eaction" not in str(home_view(locale, None, "comes", Preferences()))
    assert "リアクション" not in str(home_view(locale, None, "comes", Preferences()))


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize(
    "usage", ["comes", "unknown", HomeContent(LIMITED, NOON), HomeContent(FREE, NOON)]
)
def test_slack_takes_the_view(locale: Locale, usage: Usage) -> None:
    view = home_view(locale, "rev-7", usage, Preferences())

    View(**view).validate_json()
    assert block_errors(view["blocks"]) == []
    assert "http" not in str(view)


def test_a_limit_is_shown_with_what_is_used_of_it() -> None:
    shown = str(home_view("en", None, HomeContent(LIMITED, NOON), Preferences()))

    assert "8,500 of 100,000" in shown
    assert "3 of 10" in shown
    assert "70,000 of 1,000,000" in shown
    assert f"<!date^{int(NOON.timestamp())}^" in shown


def test_without_a_limit_of_the_team_its_tokens_are_nobody_elses_matter() -> None:
    shown = str(home_view("ja", None, HomeContent(FREE, NOON), Preferences()))

    assert "8,500" in shown
    assert "70,000" not in shown


def test_the_version_is_shown_with_the_revision_if_there_is_one() -> None:
    assert described(None) == VERSION
    assert described("command-00042") == f"{VERSION} (command-00042)"
    assert f"Mechachang {VERSION}" in str(home_view("en", None, "comes", Preferences()))


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("language", ["ja", "en", None])
@pytest.mark.parametrize("mode", [None, Mode.GENERAL, Mode.CODE, Mode.DATA, Mode.CREATIVE])
def test_both_selects_show_what_is_chosen_and_slack_takes_their_options(
    locale: Locale, language: Locale | None, mode: Mode | None
) -> None:
    view = home_view(locale, None, "unknown", Preferences(language=language, mode=mode))
    assert block_errors(view["blocks"]) == []
    selects = [block["accessory"] for block in view["blocks"] if "accessory" in block]
    assert [len(select["options"]) for select in selects] == [3, 5]
    shown = [HomeChoices.decode(select["initial_option"]["value"]) for select in selects]
    assert shown == [HomeChoices(language=language), HomeChoices(mode=mode)]


def test_the_options_carry_what_they_have_always_carried() -> None:
    view = home_view("en", None, "unknown", Preferences(mode=Mode.CHAT))
    language, mode = (block["accessory"] for block in view["blocks"] if "accessory" in block)
    assert [each["value"] for each in language["options"]] == [
        '{"v":1}',
        '{"v":1,"language":"ja"}',
        '{"v":1,"language":"en"}',
    ]
    assert mode["options"][2]["value"] == '{"v":1,"mode":"code"}'
    # A mode that is not offered, of a newer version, is shown as the automatic one.
    assert mode["initial_option"] == mode["options"][0]


def test_a_home_keeps_the_choices_for_its_user_alone() -> None:
    chosen = Preferences(language="en", mode=Mode.CODE, chosen_at=NOON)
    view = signed_home(home_view("en", None, "unknown", chosen), "U1", SIGNING)
    assert len(view["private_metadata"]) < 3_000
    kept = kept_in_home(view, "U1", SIGNING)
    assert kept is not None
    assert kept.preferences == chosen
    broken_views: list[object] = [None, [], {"private_metadata": 7}, {"private_metadata": ""}]
    for broken in broken_views:
        assert kept_in_home(broken, "U1", SIGNING) is None
    assert kept_in_home(view, "U2", SIGNING) is None
    assert kept_in_home(view, "U1", Signing("xoxb-else")) is None
    assert "private_metadata" not in signed_home(notice_view("no"), "U1", SIGNING)


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_home_names_three_ways_to_ask_with_an_example_each(locale: Locale) -> None:
    assert WAYS[locale].count("•") == 3
    for example in ("`@Mechachang ", "`/gemini "):
        assert example in WAYS[locale]
    assert any(prompt["message"] in WAYS[locale] for prompt in PROMPTS[locale])
