"""Slack's own markup ("mrkdwn") as safe HTML.

Slack wants ``&``, ``<`` and ``>`` escaped in it and keeps ``<...>`` for links and mentions
(https://docs.slack.dev/messaging/formatting-message-text).
"""

import re
from collections.abc import Callable
from itertools import pairwise

from simulators.page.emoji import replace_emoji
from simulators.page.html_text import (
    Json,
    Names,
    broadcast_mention,
    channel_mention,
    code_block,
    escape,
    link,
    moment,
    safe_url,
    tag,
    text_of,
    user_mention,
)

# Finished pieces of HTML wait outside of the text, which holds private-use characters and their
# number instead: what is escaped or matched later can then not touch them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_HELD = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLE = re.compile(r"<([^<>\n]+)>")
BARE_URL = re.compile(r"https?://(?:(?!&[lg]t;)[!#-;=?-_a-z~])+(?<=[#$%&+/-9=@-Za-z-])")
_STYLE_TAGS = {"*": "strong", "_": "em", "~": "del"}
_STYLED = re.compile(
    "|".join(
        rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]+?)(?<=\S){mark}(?![\w{mark}])"
        for mark in (r"\*", "_", "~")
    )
)
_QUOTE = re.compile(r"^&gt; ?")


def text_object(value: object, names: Names) -> str:
    """A ``plain_text`` or ``mrkdwn`` object as HTML; nothing where there is no such object."""
    if isinstance(value, str):
        return plain_text(value)
    if not isinstance(value, dict):
        return ""
    if value.get("type") == "mrkdwn":
        return mrkdwn(text_of(value, "text"), names)
    return plain_text(text_of(value, "text"))


def plain_text(text: str) -> str:
    """Text without markup, with emoji and line breaks."""
    return replace_emoji(escape(text)).replace("\n", "<br>")


def plain_label(value: Json | None) -> str:
    """The bare text of a text object, for attributes and options; not yet escaped."""
    return replace_emoji(text_of(value, "text")) if isinstance(value, dict) else ""


def unescape(text: str) -> str:
    """Slack's three entities as characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mrkdwn(text: str, names: Names) -> str:
    """``text``, as Slack's API takes and returns it, as HTML."""
    held: list[str] = []

    def hold(piece: str) -> str:
        held.append(piece)
        return f"{_OPEN}{len(held) - 1}{_CLOSE}"

    text = text.replace(_OPEN, "").replace(_CLOSE, "")
    text = _FENCE.sub(lambda match: hold(code_block(_code_text(match[1]))), text)
    fences = len(held)
    text = _CODE.sub(lambda match: hold(tag("code", escape(_code_text(match[1])))), text)
    text = _ANGLE.sub(lambda match: hold(angle(match[1], names)), text)
    text = BARE_URL.sub(lambda match: hold(_bare_url(match[0])), text)
    html = _lines(_styled(escape(unescape(text))), fences)
    while _HELD.search(html):
        html = _HELD.sub(lambda match: held[int(match[1])], html)
    return html


def angle(inner: str, names: Names) -> str:
    """What stands between ``<`` and ``>``: a mention, a special command or a link."""
    target, _, label = inner.partition("|")
    shown = replace_emoji(escape(unescape(label)))
    for prefix, write in _mentions(names):
        if target.startswith(prefix) and len(target) > len(prefix):
            return write(target[len(prefix) :], shown)
    if safe_url(unescape(target)):
        return link(unescape(target), shown or escape(unescape(target)))
    return escape(unescape(f"<{inner}>"))


def _mentions(names: Names) -> list[tuple[str, Callable[[str, str], str]]]:
    return [
        ("@", lambda name, _: user_mention(name, names)),
        ("#", lambda name, _: channel_mention(name, names)),
        ("!subteam^", lambda name, shown: tag("span", shown or escape(name), class_="mention")),
        ("!date^", _date),
        ("!", lambda name, _: broadcast_mention(name)),
    ]


def _date(written: str, fallback: str) -> str:
    """A moment that the page writes in the reader's time zone; without it the fallback is read."""
    at, _, rest = written.partition("^")
    return moment(at, unescape(rest.partition("^")[0]), fallback)


def _bare_url(url: str) -> str:
    return link(unescape(url), escape(unescape(url)))


def _code_text(text: str) -> str:
    """Code as written; Slack's client turns addresses in code into ``<...>``, shown without it."""
    return unescape(re.sub(r"<((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?>", r"\1", text))


def _styled(html: str) -> str:
    """Emphasis from the outermost inwards, so that the tags are always nested."""

    def emphasis(match: re.Match[str]) -> str:
        return tag(_STYLE_TAGS[match[0][0]], _STYLED.sub(emphasis, match[0][1:-1]))

    return replace_emoji(_STYLED.sub(emphasis, html))


def _lines(html: str, fences: int) -> str:
    """Line breaks and quotes. The first ``fences`` held pieces are blocks and need no break."""
    out: list[str] = []
    quoted: list[str] = []
    rest_is_quote = False
    for line in html.split("\n"):
        if line.startswith("&gt;&gt;&gt;"):
            rest_is_quote, line = True, line.removeprefix("&gt;&gt;&gt;").lstrip()  # noqa: PLW2901 - the marker is no text
        elif not rest_is_quote and not _QUOTE.match(line):
            _close_quote(out, quoted)
            out.append(line)
            continue
        quoted.append(line if rest_is_quote else _QUOTE.sub("", line))
    _close_quote(out, quoted)
    return _joined(out, fences)


def _close_quote(out: list[str], quoted: list[str]) -> None:
    if quoted:
        out.append(tag("blockquote", "<br>".join(quoted)))
        quoted.clear()


def _joined(lines: list[str], fences: int) -> str:
    joined = lines[0]
    for before, line in pairwise(lines):
        needs_break = not (_ends_block(before, fences) or _starts_block(line, fences))
        joined += ("<br>" if needs_break else "") + line
    return joined


def _ends_block(line: str, fences: int) -> bool:
    held = re.search(f"{_OPEN}(\\d+){_CLOSE}$", line)
    return line.endswith("</blockquote>") or (held is not None and int(held[1]) < fences)


def _starts_block(line: str, fences: int) -> bool:
    held = _HELD.match(line)
    return line.startswith("<blockquote>") or (held is not None and int(held[1]) < fences)
