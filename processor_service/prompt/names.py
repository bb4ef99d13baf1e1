"""Names of people, channels and groups: beside the ids for the model, in place of them for people.

A name in an answer is plain words, never a ping.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from processor_service.ports.model import Prompt
from processor_service.ports.people import Channels, Groups, People
from processor_service.prompt.quotes import quotable_name
from shared.task import Locale

Names = Mapping[str, str]
"""The names of people (``U…``, ``W…``), public channels (``C…``) and user groups (``S…``)."""

# Slack's form (docs.slack.dev, formatting message text), and a channel that came without a name, as
# ``message_text.plain_text`` leaves it.
_TAG: Final = re.compile(
    r"<(?P<kind>@|#|!subteam\^)(?P<id>[UWCS][A-Z0-9]{1,30})(?:\|[^<>\n]{0,100})?>"
    r"|(?<![A-Za-z0-9_#/&])#(?P<channel>C[A-Z0-9]{8,30})(?![A-Za-z0-9])"
)
# An open tag at the end of a growing answer.
_OPEN: Final = re.compile(r"(?:<(?:[@#!][^<>\n]{0,140})?|#(?:C[A-Z0-9]{0,30})?)\Z")
_OPENS_WITHIN: Final = 150
_MOST: Final = 100
# Each may cost a call of a method that allows some 50 a minute, for all questions together.
_CHANNELS: Final = 10

_EVERYBODY: Final = frozenset({"channel", "here", "everyone"})
# An underscore within a word is plain in Markdown, too.
_MARKDOWN: Final = re.compile(r"[\\`*~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")

_RULE: Final[dict[Locale, str]] = {
    "ja": (
        "「<@ID|名前>」は Slack の人、「<#ID|名前>」はチャンネル、"
        "「<!subteam^ID|名前>」はユーザーグループを指します。"
        "回答では ID を書かず、名前だけを書いてください。"
    ),
    "en": (
        'In Slack "<@ID|name>" means a person, "<#ID|name>" a channel and "<!subteam^ID|name>" a '
        "user group. Write their names without the ids in your answer."
    ),
}


def mentioned(texts: Iterable[str]) -> list[str]:
    """The ids in the texts, each once; of very many the last ones."""
    found = (tag["id"] or tag["channel"] for text in texts for tag in _TAG.finditer(text))
    return list(dict.fromkeys(found))[-_MOST:]


def beside_ids(text: str, names: Names) -> str:
    """``text`` for the model: each id with a known name gets it beside, in Slack's form."""

    def both(tag: re.Match[str]) -> str:
        id_ = tag["id"] or tag["channel"]
        name = re.sub(r"[<>|]", "", quotable_name(names.get(id_, "")))
        return f"<{tag['kind'] or '#'}{id_}|{name}>" if name else tag[0]

    return _TAG.sub(both, text) if names else text


def instead_of_ids(text: str, names: Names) -> str:
    """The model's Markdown for people: each id with a known name is replaced by it."""

    def name_of(tag: re.Match[str]) -> str:
        name = names.get(tag["id"] or tag["channel"])
        return _written("#" if (tag["kind"] or "#") == "#" else "@", name) if name else tag[0]

    return _TAG.sub(name_of, text) if names else text


def _written(sign: str, name: str) -> str:
    name = re.sub(r"[<>]", "", quotable_name(name)).removeprefix(sign)
    apart = "\u200b" if name.casefold() in _EVERYBODY else ""
    return sign + apart + _MARKDOWN.sub(lambda mark: "\\" + mark[0], name)


async def names_of(
    ids: Sequence[str], people: People, channels: Channels, groups: Groups
) -> dict[str, str]:
    """The names known within about a second; without ids there is no call."""
    ids = [each for each in ids if each]
    if not ids:
        return {}
    persons = list(dict.fromkeys(each for each in ids if each[0] in "UW"))
    places = [each for each in ids if each[0] == "C"][-_CHANNELS:]
    named, grouped, found = await asyncio.gather(
        people.names_of(persons),
        groups.names_of([each for each in ids if each[0] == "S"]),
        asyncio.gather(*(channels.of(each) for each in places)),
    )
    known = zip(places, found, strict=True)
    return {**named, **grouped, **{id_: one.name for id_, one in known if one and one.name}}


def explained(prompt: Prompt, ids: Sequence[str], names: Names, locale: Locale) -> Prompt:
    """``prompt`` with an explanation of names beside ids, if any of its ``ids`` has a name."""
    if _RULE[locale] in prompt.system or not any(id_ in names for id_ in ids):
        return prompt
    return replace(prompt, system=f"{prompt.system}\n{_RULE[locale]}")


def growing_with_names(text: str, names: Names) -> str:
    """``instead_of_ids`` for a text that grows: an unfinished id at its end is held back."""
    if names and (open_ := _OPEN.search(text, max(0, len(text) - _OPENS_WITHIN))):
        text = text[: open_.start()]
    return instead_of_ids(text, names)
