"""mrkdwn, Markdown and rich text as the page shows them."""

from typing import Any

import pytest

from simulators.page.markdown import markdown
from simulators.page.mrkdwn import mrkdwn
from simulators.page.render import render_message


class Directory:
    """The names the page knows."""

    def user(self, user_id: str) -> str:
        return {"U1": "花子 <hana>"}.get(user_id, user_id)

    def channel(self, channel_id: str) -> str:
        return {"C1": "general"}.get(channel_id, channel_id)


NAMES = Directory()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~no~", "<strong>bold</strong> <em>it</em> <del>no</del>"),
        ("a*b*c snake_case_name 2*3*4", "a*b*c snake_case_name 2*3*4"),
        ("*bold with `code*x`*", "<strong>bold with <code>code*x</code></strong>"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\n&gt; so\nno", "<blockquote>said<br>so</blockquote>no"),
        ("&gt;&gt;&gt; all\nof it", "<blockquote>all<br>of it</blockquote>"),
        (":tada: :no_such_thing:", "🎉 :no_such_thing:"),
        ("<!here> <!channel>", None),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(text: str, html: str | None) -> None:
    expected = html or (
        '<span class="mention broadcast">@here</span> '
        '<span class="mention broadcast">@channel</span>'
    )
    assert mrkdwn(text, NAMES) == expected


def test_mentions_carry_their_ids_and_escaped_names() -> None:
    html = mrkdwn("<@U1> in <#C1|x>", NAMES)
    assert '<span class="mention" data-user-id="U1">@花子 &lt;hana&gt;</span>' in html
    assert 'href="#/C1"' in html
    assert ">#general</a>" in html


def test_a_moment_tells_the_page_when_it_is_and_how_it_is_written() -> None:
    html = mrkdwn("<!date^1795964400^{date_short} {time}^https://e.com|15:00 UTC>", NAMES)
    assert html == '<time data-at="1795964400" data-form="{date_short} {time}">15:00 UTC</time>'
    assert mrkdwn("<!date^soon^{date}|15:00 UTC>", NAMES) == "<time>15:00 UTC</time>"


def test_links_open_elsewhere_without_access_to_the_page() -> None:
    html = mrkdwn("<https://example.com/?a=1&amp;b=2|the *label*>", NAMES)
    assert html == (
        '<a href="https://example.com/?a=1&amp;b=2" target="_blank" '
        'rel="noopener noreferrer nofollow">the *label*</a>'
    )


def test_a_bare_address_becomes_a_link_without_its_punctuation() -> None:
    html = mrkdwn(
        "(see https://example.com/a_b.) &lt;https://example.org&gt; *https://x.io*", NAMES
    )
    assert 'href="https://example.com/a_b"' in html
    assert 'href="https://example.org"' in html
    assert 'href="https://x.io"' in html


def test_a_bare_address_ends_where_japanese_text_goes_on() -> None:
    assert ">https://example.com/a</a>を見て" in mrkdwn("https://example.com/aを見て", NAMES)
    assert ">https://example.com/a</a>を見て" in markdown("https://example.com/aを見て", NAMES)


def test_a_fence_keeps_its_text_as_written() -> None:
    html = mrkdwn(
        "look:\n```\nif a &lt; b: *x*  # <https://e.com|e.com>\n  :tada:\n```\ndone", NAMES
    )
    assert "if a &lt; b: *x*  # https://e.com\n  :tada:" in html
    assert html.startswith("look:<div")
    assert html.endswith("</div>done")


def test_markdown_has_headings_tables_and_labelled_code() -> None:
    html = markdown(
        "# 見出し\n\n**太字** と ~~取消~~\n\n| a | b |\n|---|--:|\n| 1 | <b> |\n\n"
        "```python\nx < 1\n```\n\n- [x] done\n- one\n  1. two",
        NAMES,
    )
    assert '<h3 class="md-h1">見出し</h3>' in html
    assert "<strong>太字</strong> と <s>取消</s>" in html
    assert '<td class="align-right">&lt;b&gt;</td>' in html
    assert '<div class="code-label">python</div>' in html
    assert "<code>x &lt; 1</code>" in html
    assert "☑ done" in html
    assert "<ol>" in html


def test_single_asterisks_are_italic_in_markdown_as_in_slack() -> None:
    assert "<em>x</em>" in markdown("*x*", NAMES)


def test_half_written_markdown_of_a_stream_is_closed() -> None:
    html = markdown("Here:\n\n```py\nprint(1", NAMES)
    assert "<code>print(1</code></pre></div></div>" in html


def test_slack_tokens_pass_through_markdown_but_not_through_code() -> None:
    html = markdown("<@U1> <https://e.com|a b> <https://f.com> `<@U1>`", NAMES)
    assert html.count('data-user-id="U1"') == 1
    assert "<code>&lt;@U1&gt;</code>" in html
    assert ">a b</a>" in html
    assert ">https://f.com</a>" in html


@pytest.mark.parametrize("text", ["&lt;@U1&gt;", r"\<@U1>", "&lt;!channel&gt;"])
def test_a_neutralised_mention_stays_text(text: str) -> None:
    assert "mention" not in markdown(text, NAMES)


def test_markdown_links_in_links_are_not_doubled() -> None:
    html = markdown("[https://e.com](https://e.com)", NAMES)
    assert html.count("<a ") == 1


def test_rich_text_knows_every_kind_of_element() -> None:
    def text(value: str, **style: bool) -> dict[str, Any]:
        return {"type": "text", "text": value, "style": style}

    block = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    text("a\nb", bold=True, italic=True),
                    {"type": "user", "user_id": "U1"},
                    {"type": "channel", "channel_id": "C1"},
                    {"type": "emoji", "name": "tada"},
                    {"type": "emoji", "name": "custom", "unicode": "1f389"},
                    {"type": "link", "url": "https://e.com", "text": "e"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                    {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "1970"},
                    {"type": "color", "value": "#ff0000"},
                    {"type": "novelty", "text": "?"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 1,
                "offset": 2,
                "elements": [{"type": "rich_text_section", "elements": [text("item", code=True)]}],
            },
            {"type": "rich_text_preformatted", "elements": [text("x <- 1")]},
            {"type": "rich_text_quote", "elements": [text("quote")]},
        ],
    }
    html = render_message({"blocks": [block]}, NAMES)
    for part in [
        "<strong><em>a<br>b</em></strong>", "@花子", "#general", "🎉🎉", "https://e.com", "@here",
        "@S1", '<time data-at="1" data-form="{date}">1970</time>',
        'data-color="#ff0000"', '<span class="unsupported-inline">?',
        '<ol class="rich-list indent-1" start="3"><li><code>item</code></li></ol>',
        "<code>x &lt;- 1</code>", "<blockquote>quote</blockquote>",
    ]:  # fmt: skip # a table, several a line
        assert part in html
