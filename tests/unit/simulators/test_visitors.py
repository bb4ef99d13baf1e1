"""Who the chat page is opened as, and the language of the console's hints."""

import pytest

from simulators.slack.config import SlackConfig
from simulators.slack.page.visitors import visitor
from simulators.slack.state.seed import Seed
from simulators.stack.console import hints

HUMANS = Seed(SlackConfig()).humans


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({}, "hana"),
        ({"user": "tom", "languages": "ja"}, "tom"),
        ({"user": HUMANS[1].id}, "kenji"),
        ({"languages": "ja,en"}, "hana"),
        ({"languages": "en-US,en,ja"}, "alice"),
        ({"languages": "en-GB"}, "tom"),
        ({"languages": "fr-FR,fr,ja"}, "hana"),
        ({"languages": "fr-FR,fr"}, "alice"),
        ({"user": "nobody", "languages": "en"}, "alice"),
    ],
)
def test_a_page_is_opened_as_somebody_who_reads_the_browsers_language(
    query: dict[str, str], name: str
) -> None:
    assert visitor(query, HUMANS).name == name


@pytest.mark.parametrize(
    ("environment", "is_japanese"),
    [
        ({"LANG": "ja_JP.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C", "LC_MESSAGES": "ja_JP.UTF-8", "LC_ALL": ""}, True),
        ({}, False),
    ],
)
def test_the_console_gives_its_hints_in_the_terminals_language(
    environment: dict[str, str], *, is_japanese: bool
) -> None:
    shown = "\n".join(hints("command-service 1", environment))
    assert ("ダイレクトメッセージ" in shown, "direct message" in shown) == (
        is_japanese,
        not is_japanese,
    )
    assert "command-service 1" in shown
