"""The only ways by which text becomes HTML: everything from outside passes through one of these."""

import html
import re
from collections.abc import Mapping
from typing import Any, Protocol

Json = Mapping[str, Any]
_LONGEST_TIME = 11
_LINK = re.compile(r"(?:https?://|mailto:)[^\x00-\x20\x7f\ue000\ue001]+", re.IGNORECASE)


class Names(Protocol):
    """Display names for ids; an unknown id is answered with something readable."""

    def user(self, user_id: str, /) -> str:
        """The display name of a user, without the ``@``."""

    def channel(self, channel_id: str, /) -> str:
        """The name of a channel, without the ``#``."""


def escape(text: object) -> str:
    """``text`` as HTML text or as the value of a quoted attribute."""
    return html.escape(str(text), quote=True)


def tag(name: str, content: str = "", /, **attributes: str | bool | None) -> str:
    """An element around ``content``, which is HTML; attribute values are text.

    Underscores in attribute names become hyphens (``class_`` is ``class``), ``True`` gives a bare
    attribute, ``None`` and ``False`` give none.
    """
    return f"<{name}{_attributes(attributes)}>{content}</{name}>"


def void_tag(name: str, /, **attributes: str | bool | None) -> str:
    """An element that has no content, such as ``img``."""
    return f"<{name}{_attributes(attributes)}>"


def _attributes(attributes: Mapping[str, str | bool | None]) -> str:
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        written.append(f" {name}" if value is True else f' {name}="{escape(value)}"')
    return "".join(written)


def moment(at: str, form: str, fallback: str) -> str:
    """A time as Slack's client shows it: in ``form`` (with ``{date}``, ``{time}``...), for readers.

    ``at`` is in Unix seconds; ``fallback`` is HTML, and stays where ``at`` is no time.
    """
    if not (at.isascii() and at.isdigit() and len(at) <= _LONGEST_TIME):
        return tag("time", fallback)
    return tag("time", fallback, data_at=at, data_form=form)


def safe_url(url: str) -> str | None:
    """``url`` if a link may lead there (http, https, mailto), else None."""
    return url if _LINK.fullmatch(url) else None


def link(url: str, label: str) -> str:
    """A link around ``label``, which is HTML; only the label if the address isn't allowed."""
    href = safe_url(url)
    if href is None:
        return label
    return tag("a", label, href=href, target="_blank", rel="noopener noreferrer nofollow")


def code_block(content: str, language: str = "") -> str:
    """A block of code, labelled with its language if it has one."""
    label = tag("div", escape(language), class_="code-label") if language else ""
    code = tag("pre", tag("code", escape(content.rstrip("\n"))), tabindex="0")
    return tag("div", label + code, class_="code-block")


def user_mention(user_id: str, names: Names) -> str:
    """``@name``, marked so that the page can highlight the reader's own."""
    return tag("span", "@" + escape(names.user(user_id)), class_="mention", data_user_id=user_id)


def channel_mention(channel_id: str, names: Names) -> str:
    """``#name``, leading to the channel in the page."""
    return tag(
        "a",
        "#" + escape(names.channel(channel_id)),
        class_="mention",
        href=f"#/{channel_id}",
        data_channel_id=channel_id,
    )


def broadcast_mention(word: str) -> str:
    """``@here``, ``@channel`` or ``@everyone``."""
    return tag("span", "@" + escape(word), class_="mention broadcast")


def text_of(json: Json, key: str) -> str:
    """The text at ``key``, or an empty one where there is none."""
    value = json.get(key)
    return value if isinstance(value, str) else ""


def objects(value: object) -> list[Json]:
    """The JSON objects of a list; anything else in it, or instead of it, is left out."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
