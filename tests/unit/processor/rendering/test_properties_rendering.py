"""No words of the model reach anybody as a ping, and nothing else about them changes."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from processor_service.rendering.markdown.characters import neutralise
from shared.slack.message_text import escape

# What Slack turns into a notification (docs.slack.dev, formatting message text: mentions).
_PINGING = re.compile(
    r"<(@[UW][A-Z0-9]*|!(here|channel|everyone|subteam\^[A-Z0-9]+))(\|[^<>\n]*)?>"
)
_ZERO_WIDTH_SPACE = "\u200b"

_HIDDEN = re.compile(r"[^\t\n\r -~\xa0-\u2029\u202f-\u2065\u206a-\U000dffff\U000e0080-\U0010ffff]")

PIECES = st.sampled_from(
    [
        *("<", ">", "<<", "!", "@", "|", "^", "&", "\n", "&lt;", _ZERO_WIDTH_SPACE),
        *("<@U012AB>", "<@W9|name>", "<!channel>", "<!here|@here>", "<!everyone>"),
        *("<!subteam^S1>", "<!subteam^S1|@team>", "<!date^1^{date}|x>", "<https://a.example|b>"),
        *("@U1", "!channel", "here", "`", "```", "皆さん", "\x00", "\u202e", "\U000e0041"),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)


@given(TEXTS)
@settings(deadline=None, max_examples=200)
def test_no_ping_survives_and_the_visible_text_is_the_same(text: str) -> None:
    shown = neutralise(text)
    assert not _PINGING.search(shown)
    visible = _HIDDEN.sub("", text)
    assert shown.replace(_ZERO_WIDTH_SPACE, "") == visible.replace(_ZERO_WIDTH_SPACE, "")


@given(TEXTS)
@settings(deadline=None)
def test_what_pings_nobody_is_left_as_it_is_and_neutralising_twice_changes_nothing(
    text: str,
) -> None:
    once = neutralise(text)
    assert neutralise(once) == once
    if "<@" not in once and "<!" not in once and "<\u200b" not in once:
        assert once == _HIDDEN.sub("", text)


@given(TEXTS)
@settings(deadline=None)
def test_escaped_text_holds_no_markup_and_reads_as_it_was(text: str) -> None:
    escaped = escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    read = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert read == text
