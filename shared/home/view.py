"""The App Home view: the command service publishes it at once, the processor with the usage.

Slack replaces a view as a whole (docs.slack.dev, views.publish), so both services build it here.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from shared.actions import ActionId, HomeChoices
from shared.home import texts
from shared.signing import Signing, signed_value_in, signed_view
from shared.slack.blocks import Block, context, mrkdwn, plain, section
from shared.slack.usage import (
    HomeContent,
    Usage,
    Used,
    UsedOfLimit,
    described_count,
    shown_moment,
)
from shared.task import Locale, Preferences, Texts
from shared.version import described

_HOME: Final = {"type": "home", "callback_id": "home"}


def notice_view(text: str) -> dict[str, Any]:
    """A view with nothing but ``text``."""
    return {**_HOME, "blocks": [section(text)]}


def home_view(
    locale: Locale,
    revision: str | None,
    usage: Usage,
    preferences: Preferences,
    emoji: str = "",
) -> dict[str, Any]:
    """The view of one user: how to ask (also with ``emoji`` as a reaction, if there is one), their
    choices, their usage, our version.
    """
    elsewhere = texts.ELSEWHERE[locale]
    if emoji:
        elsewhere = texts.BY_REACTION[locale].format(elsewhere=elsewhere, emoji=emoji)
    blocks = [
        {"type": "header", "text": plain(texts.HOME_TITLE[locale])},
        *map(section, (texts.ABOUT[locale], texts.WAYS[locale], elsewhere)),
        {"type": "divider"},
        *_selects(preferences, locale),
        {"type": "divider"},
        section(texts.USAGE[locale]),
        *_usage_blocks(usage, locale),
        {"type": "divider"},
        context(texts.HELP[locale]),
        context(f"Mechachang {described(revision)}"),
    ]
    kept = HomeChoices.of(preferences).encode()
    return {**_HOME, "private_metadata": kept, "blocks": blocks}


def _place(user_id: str) -> str:
    """The stand-in for the channel in the signature of a Home's choices."""
    return f"home:{user_id}"


def signed_home(view: Mapping[str, Any], user_id: str, signing: Signing) -> dict[str, Any]:
    """The view as it is published for this user: what it keeps is signed for them."""
    return signed_view(view, _place(user_id), signing)


def kept_in_home(view: object, user_id: str, signing: Signing) -> HomeChoices | None:
    """The choices kept with the Home of this user; None for anything that we did not sign."""
    kept = view.get("private_metadata") if isinstance(view, Mapping) else None
    value = signed_value_in(kept, _place(user_id), signing)
    return None if value is None else HomeChoices.decode(json.dumps(value))


def _selects(preferences: Preferences, locale: Locale) -> list[Block]:
    """Two selects that show the current choices; they have no button."""
    languages = {HomeChoices(language=each): by[locale] for each, by in texts.LANGUAGES.items()}
    modes = {HomeChoices(mode=each): by[locale] for each, by in texts.DEFAULT_MODES.items()}
    return [
        section(texts.SETTINGS[locale]),
        _select(
            ActionId.LANGUAGE,
            texts.LANGUAGE[locale],
            languages,
            HomeChoices(language=preferences.language),
        ),
        _select(
            ActionId.DEFAULT_MODE,
            texts.DEFAULT_MODE[locale],
            modes,
            HomeChoices(mode=preferences.mode),
        ),
    ]


def _select(
    action_id: ActionId, label: str, choices: Mapping[HomeChoices, str], chosen: HomeChoices
) -> Block:
    options = {
        each: {"text": plain(name), "value": each.encode()} for each, name in choices.items()
    }
    element = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(label.split("\n", maxsplit=1)[0].strip("*")),
        "options": [*options.values()],
        "initial_option": options.get(chosen, next(iter(options.values()))),
    }
    return {**section(label), "block_id": action_id, "accessory": element}


def _usage_blocks(usage: Usage, locale: Locale) -> list[Block]:
    match usage:
        case "comes":
            return [context(texts.USAGE_COMES[locale])]
        case "unknown":
            return [context(texts.USAGE_UNKNOWN[locale])]
        case HomeContent(used, at):
            fields = [mrkdwn(field) for field in _fields(used, locale)]
            resets = texts.RESETS[locale].format(
                resets_at=shown_moment(used.resets_at), now=_time(at)
            )
            return [{"type": "section", "fields": fields}, context(resets)]


def _fields(used: Used, locale: Locale) -> list[str]:
    """The team's tokens are shown only if the team has a limit of them."""
    counts: list[tuple[Texts, UsedOfLimit]] = [
        (texts.QUESTIONS, UsedOfLimit(used.questions)),
        (texts.TOKENS, used.tokens),
    ]
    if used.questions_in_a_minute.limit:
        counts.append((texts.IN_A_MINUTE, used.questions_in_a_minute))
    if used.team_tokens.limit:
        counts.append((texts.TEAM_TOKENS, used.team_tokens))
    return [label[locale].format(used=described_count(count, locale)) for label, count in counts]


def _time(at: datetime) -> str:
    return f"<!date^{int(at.timestamp())}^{{time}}|{at.astimezone(UTC):%H:%M} UTC>"
