"""Block Kit as the page shows it."""

import json
from html import unescape
from html.parser import HTMLParser
from typing import Any

from simulators.page.render import render_message, render_view


class Ids:
    """Names that are their ids."""

    def user(self, user_id: str) -> str:
        return user_id

    def channel(self, channel_id: str) -> str:
        return channel_id


NAMES = Ids()


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))


def elements(html: str, name: str) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in _Elements(html).all if tag == name]


def shown(*blocks: dict[str, Any]) -> str:
    return render_message({"text": "only the notification", "blocks": list(blocks)}, NAMES)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": plain(value.upper()), "value": value} for value in values]


def test_blocks_stand_for_the_text() -> None:
    html = shown({"type": "header", "text": plain("Head :tada:")})
    assert html == '<h3 class="bk-header">Head 🎉</h3>'


def test_a_stream_shows_its_markdown_before_its_blocks() -> None:
    html = render_message({"markdown_text": "**a**", "blocks": [{"type": "divider"}]}, NAMES)
    assert html.index("<strong>a</strong>") < html.index("<hr")


def test_a_button_carries_what_its_click_will_say() -> None:
    html = shown(
        {
            "type": "actions",
            "block_id": "b1",
            "elements": [
                {
                    "type": "button",
                    "action_id": "retry",
                    "style": "danger",
                    "value": 'a"b',
                    "text": plain("Retry"),
                    "confirm": {"title": plain("Sure?"), "confirm": plain("Yes")},
                },
                {"type": "button", "action_id": "go", "text": plain("Go"), "url": "https://e.com"},
            ],
        }
    )
    [button] = elements(html, "button")
    assert button["data-action-id"] == "retry"
    assert button["data-block-id"] == "b1"
    assert button["data-type"] == "button"
    assert button["data-value"] == 'a"b'
    assert button["class"] == "bk-button danger"
    assert json.loads(button["data-confirm"] or "")["title"] == "Sure?"
    [anchor] = elements(html, "a")
    assert (anchor["href"], anchor["data-action-id"]) == ("https://e.com", "go")


def test_feedback_buttons_are_two_that_can_be_pressed() -> None:
    html = shown(
        {
            "type": "context_actions",
            "block_id": "f",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": "fb",
                    "positive_button": {"text": plain("Good"), "value": "good"},
                    "negative_button": {"text": plain("Bad"), "value": "bad"},
                },
                {"type": "icon_button", "icon": "trash", "action_id": "t", "text": plain("Away")},
            ],
        }
    )
    good, bad, trash = elements(html, "button")
    assert (good["data-value"], bad["data-value"]) == ("good", "bad")
    assert good["aria-pressed"] == bad["aria-pressed"] == "false"
    assert good["aria-label"] == "Good"
    assert (trash["data-type"], trash["data-action-id"]) == ("icon_button", "t")


def test_a_section_has_text_fields_and_an_accessory() -> None:
    html = shown(
        {
            "type": "section",
            "block_id": "s",
            "text": {"type": "mrkdwn", "text": "*t*"},
            "fields": [plain("*f*")],
            "accessory": {
                "type": "static_select",
                "action_id": "pick",
                "placeholder": plain("Choose"),
                "options": options("a", "b"),
                "initial_option": options("b")[0],
            },
        }
    )
    assert "<strong>t</strong>" in html
    assert "*f*" in html
    assert elements(html, "select")[0]["data-action-id"] == "pick"
    assert [option["value"] for option in elements(html, "option")] == ["", "a", "b"]
    assert [option["value"] for option in elements(html, "option") if "selected" in option] == ["b"]


def test_a_table_has_a_head_and_aligned_columns() -> None:
    html = shown(
        {
            "type": "table",
            "column_settings": [{"align": "right"}],
            "rows": [
                [{"type": "raw_text", "text": "n"}, {"type": "raw_text", "text": "name"}],
                [
                    {"type": "raw_number", "value": 7, "text": "7 %"},
                    {"type": "rich_text", "elements": []},
                ],
            ],
        }
    )
    assert '<th class="align-right">n</th><th class="align-left">name</th>' in html
    assert '<td class="align-right">7 %</td>' in html


def test_an_image_is_fetched_without_a_referrer() -> None:
    html = shown({"type": "image", "image_url": "https://e.com/a.png", "alt_text": "a"})
    [image] = elements(html, "img")
    assert (image["src"], image["referrerpolicy"]) == ("https://e.com/a.png", "no-referrer")


def test_an_unknown_block_is_visible() -> None:
    assert "Unsupported block: <code>hologram</code>" in shown({"type": "hologram"})


def test_the_other_blocks_show_their_texts() -> None:
    html = shown(
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "_small_"}]},
        {"type": "alert", "level": "warning", "text": plain("careful")},
        {
            "type": "plan",
            "title": "Plan",
            "tasks": [{"type": "task_card", "title": "Step", "status": "complete", "details": "d"}],
        },
        {"type": "video", "title": plain("Film"), "video_url": "https://e.com/v"},
        {"type": "markdown", "text": "1. one"},
    )
    for part in ["<em>small</em>", "bk-alert warning", "Plan", 'data-status="complete"', "Film"]:
        assert part in html
    assert "<ol>" in html


def test_an_attachment_has_its_colour_bar() -> None:
    message = {"text": "t", "attachments": [{"color": "#36a64f", "text": "*in*", "footer": "f"}]}
    html = render_message(message, NAMES)
    assert 'data-color="#36a64f"' in html
    assert "<strong>in</strong>" in html
    forwarded = render_message({"attachments": [{"author_name": "<b>健", "text": "x"}]}, NAMES)
    assert '<div class="attachment-author">&lt;b&gt;健</div>' in forwarded
    named = render_message({"attachments": [{"color": "danger", "fallback": "x"}]}, NAMES)
    assert 'data-color="#e01e5a"' in named


def test_a_modal_has_controls_the_page_can_read() -> None:
    def asks(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"type": "input", "block_id": name, "label": plain(name), "element": element} | more

    html = render_view(
        {
            "blocks": [
                asks(
                    "text",
                    {
                        "type": "plain_text_input",
                        "action_id": "t",
                        "multiline": True,
                        "max_length": 9,
                        "initial_value": "</textarea>",
                    },
                    optional=True,
                ),
                asks(
                    "radio",
                    {
                        "type": "radio_buttons",
                        "action_id": "r",
                        "options": options("x", "y"),
                        "initial_option": options("y")[0],
                    },
                ),
                asks(
                    "checks",
                    {"type": "checkboxes", "action_id": "c", "options": options("x")},
                    hint=plain("hint"),
                ),
                asks("day", {"type": "datepicker", "action_id": "d", "initial_date": "2026-01-02"}),
                asks("odd", {"type": "channels_select", "action_id": "o"}),
            ]
        },
        NAMES,
    )
    blocks = [a for a in elements(html, "div") if "data-input-block" in a]
    assert [a["data-input-block"] for a in blocks] == ["text", "radio", "checks", "day", "odd"]
    assert ["data-optional" in a for a in blocks] == [True, False, False, False, False]
    [area] = elements(html, "textarea")
    assert (area["data-action-id"], area["maxlength"]) == ("t", "9")
    assert "&lt;/textarea&gt;" in html
    checked = [a["value"] for a in elements(html, "input") if "checked" in a]
    assert checked == ["y"]
    assert "2026-01-02" in html
    assert "[channels_select]" in unescape(html)
