"""Nothing that anybody writes can become a part of the page."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.page.mrkdwn import mrkdwn
from simulators.page.render import render_message, render_view

_TAGS = set(
    re.findall(
        r"\w+",
        "a blockquote br button code del div em figcaption figure h3 h4 h5 h6 hr img input label li"
        " ol optgroup option p pre s select small span strong table tbody td textarea th thead"
        " time tr u ul",
    )
)
_ATTRIBUTES = re.compile(
    r"data-[a-z-]+|aria-[a-z-]+|class|href|target|rel|src|alt|loading|referrerpolicy|tabindex|role"
    r"|start|type|title|value|selected|checked|name|label|multiple|placeholder|maxlength|minlength"
    r"|rows|hidden|step"
)
_VOID = {"br", "hr", "img", "input"}
_ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<javascript:alert(1)|click>",
    '<https://e.com" onmouseover="alert(1)|x>',
    "<https://e.com/`a`|`b`>",
    "[x](javascript:alert(1)) [y](data:text/html,<script>) ![z](javascript:alert(1))",
    '[x](https://e.com/"onclick=alert(1)) [y](java&#10;script:alert(1))',
    '<@U1" onclick="alert(1)> <#C1"><b> <!here"><i>',
    '```<script>``` `<script>` ```js" onload=x\n<b>\n```',
    "\ue0000\ue001 \ue00099\ue001 `x` \ue0000\ue001",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;b&amp;gt;",
    "*a _b* c_ ~d *e~ f*",
    "*_~`<https://e.com|*_~`>~_*",
    "| a |\n|---|\n| <script> |",
    "<!subteam^S1|<b>x> <!date^1^{date}|<i>>",
    "> <b>\n>>> <script>",
    ':tada:<b>:"onclick=":',
]


class Echo:
    """Names that are hostile themselves."""

    def user(self, user_id: str) -> str:
        return f'<b onclick="x">{user_id}'

    def channel(self, channel_id: str) -> str:
        return f"</span><script>{channel_id}"


class Audit(HTMLParser):
    """Fails on any tag, attribute or address that the renderer has no reason to write."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        for name, value in attrs:
            assert _ATTRIBUTES.fullmatch(name), name
            if name in ("href", "src"):
                assert re.match(r"https?://|mailto:|#/", value or "", re.IGNORECASE), value
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def audit(html: str) -> None:
    parser = Audit()
    parser.feed(html)
    parser.close()
    assert parser.open == []


def everywhere(text: str) -> dict[str, Any]:
    """A message with ``text`` in every place that takes any."""
    words = {"type": "mrkdwn", "text": text}
    option = {"text": words, "value": text, "description": words}
    button = {"type": "button", "text": words, "value": text, "url": text, "action_id": text}
    parts = [
        {"type": "text", "text": text}, {"type": "link", "url": text, "text": text},
        {"type": "user", "user_id": text}, {"type": "channel", "channel_id": text},
        {"type": "emoji", "name": text, "unicode": text}, {"type": "color", "value": text},
        {"type": "broadcast", "range": text}, {"type": text, "text": text},
        {"type": "date", "fallback": text}, {"type": "usergroup", "usergroup_id": text},
    ]  # fmt: skip # a table, several a line
    section = {"type": "rich_text_section", "elements": parts}
    rich = {
        "type": "rich_text",
        "elements": [
            section,
            {"type": "rich_text_list", "style": text, "elements": [section]},
            {"type": "rich_text_preformatted", "elements": parts, "language": text},
            {"type": text},
        ],
    }
    confirm = {"title": words, "text": words, "confirm": words, "deny": words}
    choice = {"options": [option], "placeholder": words, "action_id": text, "confirm": confirm}
    controls = [
        button | {"style": text, "confirm": confirm},
        {"type": "static_select", "initial_option": option} | choice,
        {"type": "multi_static_select", "option_groups": [{"label": words, **choice}]},
        {"type": "overflow"} | choice,
        {"type": "radio_buttons"} | choice,
        {"type": "checkboxes"} | choice,
        {"type": "plain_text_input", "initial_value": text, "placeholder": words},
        {"type": "plain_text_input", "initial_value": text, "multiline": True},
        {"type": "url_text_input", "initial_value": text},
        {"type": "feedback_buttons", "positive_button": {"text": words, "value": text}},
        {"type": "icon_button", "icon": text, "text": words},
        {"type": "image", "image_url": text, "alt_text": text},
        {"type": text},
    ]
    inputs = [
        {"type": "input", "block_id": text, "label": words, "hint": words, "element": control}
        for control in controls
    ]
    return {
        "markdown_text": text,
        "blocks": [
            {"type": "section", "text": words, "fields": [words], "accessory": button},
            {"type": "header", "text": words},
            {"type": "context", "elements": [words, controls[-2]]},
            {"type": "actions", "block_id": text, "elements": controls},
            {"type": "image", "image_url": text, "alt_text": text, "title": words},
            {"type": "markdown", "text": text},
            {"type": "table", "rows": [[{"type": "raw_text", "text": text}, rich]]},
            {"type": "video", "title": words, "video_url": text},
            {"type": "alert", "text": words, "level": text},
            {"type": "task_card", "title": text, "sources": [{"url": text, "text": text}]},
            {"type": "plan", "title": text, "tasks": [{"title": text, "details": rich}]},
            {"type": text},
            rich,
            *inputs,
        ],
        "attachments": [
            {
                "color": text, "pretext": text, "title": text, "title_link": text, "text": text,
                "footer": text, "fields": [{"title": text, "value": text}],
            }
        ],
    }  # fmt: skip # a table, several a line


@pytest.mark.parametrize("attack", _ATTACKS)
def test_an_attack_stays_text_in_every_place(attack: str) -> None:
    audit(render_message(everywhere(attack), Echo()))
    audit(render_message({"text": attack}, Echo()))
    audit(render_view(everywhere(attack), Echo()))


def test_code_inside_an_address_does_not_become_a_part_of_it() -> None:
    html = mrkdwn("<https://e.com/`a`|b> https://e.com/`c`", Echo())
    assert 'href="https://e.com/"' in html
    assert html.count("<a ") == 1
    assert "\ue000" not in html


_SYNTAX = st.lists(
    st.sampled_from(
        [*"<>&\"'`*_~|:#@!\\[]()\n\ue000\ue001-1 x", "```", "https://", "&lt;", "<@U", "](", "|-"]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(_SYNTAX)
def test_no_mixture_of_markup_escapes(text: str) -> None:
    audit(render_message({"text": text}, Echo()))
    audit(render_message({"markdown_text": text}, Echo()))


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "rows", "options", "value", "element"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(_JSON, st.sampled_from(json.loads(json.dumps(everywhere("x")["blocks"]))))
def test_malformed_blocks_are_shown_somehow_and_break_nothing(
    junk: Any, block: dict[str, Any]
) -> None:
    for key in block.keys() - {"type"}:
        audit(render_message({"blocks": [block | {key: junk}, junk]}, Echo()))
