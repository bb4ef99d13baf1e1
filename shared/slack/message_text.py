"""Slack's message markup as the plain words the person typed, and words escaped for it.

Slack sends links, mentions and channels as ``<...>`` and escapes the characters ``& < >``
(docs.slack.dev, formatting message text).
"""

import html
import re

from shared.well_formed import well_formed

# People write < and > too: ``List<String>``, ``a<b && c>d``. If an app has Slack's escaping off,
# its slash commands arrive with them as they were typed.
_TAG = re.compile(
    r"<((?:[@#][A-Z0-9]+|![a-z]+)(?=[|^>])[^<>\n]*|(?:https?://|mailto:|tel:)[^<>\n]*)>"
)
# At most 40,000 characters (docs.slack.dev, chat.postMessage), each escaped as five at most.
LONGEST_MARKUP = 200_000
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def mentions(text: str, user_id: str) -> bool:
    """Whether a message's markup mentions the user."""
    return re.search(_mention(user_id), text) is not None


def _mention(user_id: str) -> str:
    return re.escape(f"<@{user_id}") + r"(?:\|[^<>\n]*)?>"


def plain_text(text: str, bot_user_id: str) -> str:
    """``text`` without mentions of our bot, and with readable links and channels.

    Mentions of other people stay ``<@U..>``: the answer may need them. A text longer than any
    message in Slack is only too long, so it stays as it came.
    """
    text = well_formed(text)
    if len(text) > LONGEST_MARKUP:
        return text
    text = without_mention(text, bot_user_id)
    return unescaped(_TAG.sub(lambda tag: _readable(tag[1]), text)).strip()


def escape(text: str) -> str:
    """Text for a mrkdwn field, with Slack's three special characters escaped."""
    return html.escape(text, quote=False)


def unescaped(text: str) -> str:
    """``text`` without Slack's escaping."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def without_mention(text: str, user_id: str) -> str:
    """``text`` without mentions of the user, the blanks before them, and what ends an address."""
    own = _mention(user_id)
    text = re.sub(rf"\A\s*{own}[\s:,、，：]*", "", text)
    # The search starts from the mention: an expression that begins with blanks would try each run
    # of them from each of its characters.
    *before, rest = re.split(own, text)
    return "".join([*(piece.rstrip(" \t") for piece in before), rest])


def _readable(tag: str) -> str:
    target, _, label = tag.partition("|")
    if target.startswith("@"):
        return f"<{target}>"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!subteam^") and not label:
        # Slack does not always send the group's name; a caller that knows it can insert it.
        return f"<{target}>"
    if target.startswith("!"):
        return label or f"@{target[1:].split('^')[0]}"
    return _link(target, label)


def _link(url: str, label: str) -> str:
    address = re.sub(r"\A(?:mailto|tel):", "", url)
    if address != url:
        return address if label in {"", address} else f"{label} ({address})"
    shown_as_is = label in {"", url} or re.sub(r"\Ahttps?://", "", url).rstrip("/") == label
    return url if shown_as_is else f"{label} ({url})"
