"""The words of a message in a thread, in Japanese and English: whom they speak to, and whether they
ask for anything. The expressions are data, in ``words.toml``.
"""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

_END_CHARS: Final = 300
"""Only the ends of a long message are read."""
_MOST_SENTENCES: Final = 12
_SENTENCE_END: Final = re.compile(r"[。\n]|(?<=[?？!！])|(?<=[a-z0-9)]\.) ")
# Custom emoji may have names in any script.
_MARKUP: Final = re.compile(r":[\w+'-]{1,100}:|[\U0001F000-\U0001FAFF\u2600-\u27BF\ufe0f]")
_TRAILING: Final = " 　、,.~〜～ー…!！*_"
_COURTESY: Final = re.compile(r"(?:どうぞ)?(?:よろしく|宜しく)お願い(?:いた|致)?します")
_OTHERS_MENTION: Final = re.compile(
    r"(?<!for )(?<!to )(?<!about )(?<!from )(?<!with )(?<!by )(?<!of )"
    r"<(?:@[A-Z0-9]+|!subteam\^[^<>]*)>"
    r"(?!\s?(?:さん|様)?(?:に|へ|の|が|は|と|を|向け|宛|から|も|s\b))"
)
"""A mention that calls somebody, instead of speaking about them."""


@cache
def _words() -> dict[str, list[str]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


@cache
def _any_of(name: str) -> re.Pattern[str]:
    """The group's expressions as one. Made when first needed: all of them take 0.07 s, which each
    cold start would pay.
    """
    flags = re.NOFLAG if name == "names" else re.IGNORECASE
    return re.compile("|".join(f"(?:{each})" for each in _words()[name]), flags)


def sentences(text: str) -> list[str]:
    """The sentences at both ends of a text, without its quotes, emoji and apostrophes."""
    if len(text) > 2 * _END_CHARS:
        text = f"{text[:_END_CHARS]}\n{text[-_END_CHARS:]}"
    lines = [line for line in text.splitlines() if not line.startswith((">", "&gt;"))]
    plain = _MARKUP.sub(" ", unicodedata.normalize("NFKC", "\n".join(lines)))
    plain = plain.replace("'", "").replace("’", "")
    found = (piece.strip().strip(_TRAILING) for piece in _SENTENCE_END.split(plain))
    return [piece for piece in found if piece][:_MOST_SENTENCES]


def calls_us(text: str) -> bool:
    """Whether a message opens with our name."""
    opening = unicodedata.normalize("NFKC", text.strip()[:_END_CHARS])
    return _any_of("ours").match(opening) is not None


def calls_somebody_else(text: str) -> bool:
    """Whether a message calls a person, or everybody, by name or by a mention."""
    return any(
        _any_of("names").search(each) or _OTHERS_MENTION.search(each) for each in sentences(text)
    )


def is_for_people(text: str, *, among_people: bool) -> bool:
    """Whether a message says what only people are told; ``among_people`` also what could be asked
    of us, but is asked of one of them where there are some.
    """
    said = [_COURTESY.sub("", each) for each in sentences(text)]
    if any(_any_of("people").search(each) for each in said):
        return True
    return among_people and any(_any_of("people_among").search(each) for each in said)


def asks(text: str) -> bool:
    """Whether a message asks for something, or reports a trouble."""
    return any(_any_of("asks").search(_COURTESY.sub("", each)) for each in sentences(text))


def starts_anew(text: str) -> bool:
    """Whether a message says at its beginning that it is about something else."""
    return any(_any_of("anew").search(each) for each in sentences(text)[:2])


def closes(text: str) -> bool:
    """Whether a message thanks, agrees, reports success, or says what its author will do."""
    said = sentences(text)
    return not said or any(_any_of("closing").search(each) for each in said)
