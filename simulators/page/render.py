"""Slack messages and views as safe HTML: what the server sends to the chat page."""

import re

from simulators.page.blocks import blocks
from simulators.page.html_text import Json, Names, escape, link, objects, tag, text_of
from simulators.page.markdown import markdown
from simulators.page.mrkdwn import mrkdwn, plain_text

__all__ = ["Names", "render_message", "render_view"]

_COLOURS = {"good": "#2eb67d", "warning": "#ecb22e", "danger": "#e01e5a"}
_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def render_message(message: Json, names: Names) -> str:
    """The body of a message as Slack's client shows it.

    ``markdown_text`` (what a stream has so far) and ``blocks`` are shown in this order and stand
    for the ``text``, which is then only the notification; attachments follow.
    """
    parts = []
    if message.get("markdown_text"):
        parts.append(markdown(text_of(message, "markdown_text"), names))
    if message.get("blocks"):
        parts.append(blocks(message["blocks"], names))
    if not parts and text_of(message, "text"):
        parts.append(_text(message, names))
    parts += [_attachment(item, names) for item in objects(message.get("attachments"))]
    return "".join(parts)


def render_view(view: Json, names: Names) -> str:
    """The blocks of a modal or of App Home; the title and the buttons are the page's."""
    return blocks(view.get("blocks"), names)


def _text(message: Json, names: Names) -> str:
    text = text_of(message, "text")
    html = plain_text(text) if message.get("mrkdwn") is False else mrkdwn(text, names)
    return tag("div", html, class_="mrkdwn")


def _attachment(value: Json, names: Names) -> str:
    """A secondary attachment with its colour bar."""
    body = _attachment_text(value, names)
    body += blocks(value.get("blocks"), names)
    footer = text_of(value, "footer")
    body += tag("div", escape(footer), class_="attachment-footer") if footer else ""
    pretext = text_of(value, "pretext")
    before = tag("div", mrkdwn(pretext, names), class_="mrkdwn") if pretext else ""
    return before + tag("div", body, class_="attachment", data_color=_colour(value))


def _attachment_text(value: Json, names: Names) -> str:
    author = escape(text_of(value, "author_name"))
    body = tag("div", author, class_="attachment-author") if author else ""
    title = escape(text_of(value, "title"))
    if title:
        body += tag("div", link(text_of(value, "title_link"), title), class_="attachment-title")
    text = text_of(value, "text") or ("" if value.get("blocks") else text_of(value, "fallback"))
    body += tag("div", mrkdwn(text, names), class_="mrkdwn") if text else ""
    fields = [
        tag("div", tag("strong", escape(text_of(field, "title"))) + "<br>" + value_html)
        for field in objects(value.get("fields"))
        for value_html in [mrkdwn(text_of(field, "value"), names)]
    ]
    return body + (tag("div", "".join(fields), class_="bk-fields") if fields else "")


def _colour(value: Json) -> str | None:
    colour = text_of(value, "color")
    match = _HEX.fullmatch(colour)
    return _COLOURS.get(colour) or (f"#{match[1]}" if match else None)
