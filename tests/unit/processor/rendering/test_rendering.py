import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from processor_service.ports.answers import Answer
from processor_service.rendering.markdown.characters import neutralise
from processor_service.rendering.messages import (
    PART_BYTES,
    PLAIN_BYTES,
    render_answer,
    render_notice,
    render_plain,
    render_question,
)
from processor_service.rendering.question_metadata import question_payload
from processor_service.texts.failures import WORDS, Failure
from shared.slack.blocks import preformatted
from shared.slack.message import MessageRef
from shared.slack.message_text import unescaped
from shared.task import Locale, Mode, Source
from tests.support.tasks import a_task

HERE = MessageRef("C1", "100.1", "100.2")


@pytest.mark.parametrize(
    "ping",
    ["<!channel>", "<!here|@here>", "<!everyone>", "<@U012AB>", "<@W9|name>", "<!subteam^S1>"],
)
def test_the_models_words_ping_nobody(ping: str) -> None:
    [body] = render_answer(Answer(f"皆さん {ping} へ", "m"), "ja", 9)
    assert ping not in str(body)
    assert neutralise(ping).replace("\u200b", "") == ping


def test_code_and_links_are_left_as_they_are() -> None:
    text = "`List<String>` と <https://example.com|リンク> と a < b > c"
    assert neutralise(text) == text


def test_the_notification_text_is_escaped_and_short() -> None:
    body, *_ = render_answer(Answer("<b>&" + "長" * 5000, "m"), "ja", 9)
    assert body.text.startswith("&lt;b&gt;&amp;長")
    assert len(body.text) < 300


def test_each_part_fits_slacks_blocks_and_streams() -> None:
    bodies = render_answer(Answer("語 " * 20_000, "m"), "ja", 99)
    assert len(bodies) > 3
    assert all(len(body.blocks[0]["text"].encode()) <= PART_BYTES for body in bodies)


def test_no_ping_comes_into_being_on_the_way_to_slack() -> None:
    hidden = "[![<!here>](https://e.com/a)](https://e.com) [<![@U012AB>](a)](https://e.com)"
    [body] = render_answer(Answer(hidden, "m"), "ja", 9)
    assert "<!here>" not in str(body)
    assert "<@U012AB>" not in str(body)


def test_a_cut_answer_says_so_outside_of_its_open_code_block() -> None:
    cut = Answer("```python\nprint(1)", "m", truncated=True)
    [body] = render_answer(cut, "ja", 9)
    assert body.blocks[0]["text"].startswith("```python\nprint(1)\n```\n\n_")


def test_an_answer_that_is_only_a_definition_is_shown_as_a_line() -> None:
    [body] = render_answer(Answer("[1]: https://example.com", "m"), "ja", 9)
    assert body.blocks == ({"type": "markdown", "text": "[1]\u200b: https://example.com"},)


def test_the_notification_of_a_table_shows_its_words() -> None:
    text = "| 名前 | 値 |\n|---|---|\n| **りんご** | [100](https://e.com) |"
    [body] = render_answer(Answer(text, "m"), "ja", 9)
    assert body.text == "名前 値 りんご 100 (https://e.com)"


def test_a_place_with_room_for_few_messages_says_that_there_is_more() -> None:
    bodies = render_answer(Answer("語 " * 60_000, "m"), "ja", 5)
    assert len(bodies) == 5
    assert "ダイレクトメッセージ" in bodies[-1].blocks[0]["text"]


def test_a_footer_stands_below_the_last_part_only() -> None:
    footer = [{"type": "context", "elements": []}]
    long = Answer("語 " * 20_000, "m")
    *others, last = render_answer(long, "ja", 99, footer=footer)
    assert last.blocks[1:] == tuple(footer)
    assert all(footer[0] not in body.blocks for body in others)


def test_asking_again_after_a_failure_keeps_the_mode() -> None:
    notice = render_notice(Failure("answer_cut"), a_task(mode=Mode.DATA), HERE)
    assert json.loads(notice.blocks[-1]["elements"][0]["value"])["mode"] == "data"
    assert question_payload(a_task(text="x", mode=Mode.CODE)) == {
        "prompt": "x",
        "mode": "code",
        "asked_by": "U1",
    }


def test_a_notice_says_what_happened_in_the_askers_language() -> None:
    japanese = render_notice(Failure("question_blocked"), a_task(), HERE)
    english = render_notice(Failure("question_blocked"), a_task(locale="en"), HERE)
    assert "安全基準" in str(japanese.blocks)
    assert "safety rules" in str(english.blocks)
    assert a_task().task_id in str(english.blocks)


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("reason", WORDS)
def test_a_notice_is_two_sentences_and_a_line_for_operators(reason: str, locale: Locale) -> None:
    at = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    said, particulars, *_ = render_notice(Failure(reason, at), a_task(locale=locale), HERE).blocks
    words = said["text"]["text"]
    assert len(re.findall(r"。|[.](?=\s|\Z)", words)) == 2
    line = particulars["elements"][0]["text"].split(" · ")
    assert line[0] == WORDS[reason].phase[locale]
    assert line[-2:] == [f"`{reason}`", f"`{a_task().task_id}`"]


def test_an_unknown_reason_still_has_honest_words() -> None:
    assert "繰り返し試しましたが" in str(
        render_notice(Failure("never_heard_of"), a_task(), HERE).blocks
    )


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("reason", WORDS)
def test_every_notice_is_whole_and_offers_retry_only_where_it_can_help(
    reason: str, locale: Locale
) -> None:
    failure = Failure(reason, datetime(2026, 11, 25, 3, 0, tzinfo=UTC))
    task = a_task(locale=locale)
    there, nowhere = render_notice(failure, task, HERE), render_notice(failure, task, None)
    assert "{" not in str(there.blocks[0]["text"]).replace("{date_short_pretty} {time}", "")[1:]
    assert "None" not in str(there.blocks)
    buttons = [b["elements"][0] for b in there.blocks if b["type"] == "actions"]
    assert [b["action_id"] for b in buttons] == (["retry"] if WORDS[reason].retry else [])
    named = {"ja": "「もう一度試す」", "en": "ress Retry"}[locale]
    assert named not in str(nowhere.blocks)
    assert not [b for b in nowhere.blocks if b["type"] == "actions"]


def test_a_limits_notice_shows_when_it_goes_on_in_the_readers_time_zone() -> None:
    at = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    notice = render_notice(Failure("user_rate_limited", at), a_task(), HERE)
    assert f"<!date^{int(at.timestamp())}^" in str(notice.blocks)


def test_what_stands_for_a_time_where_no_date_can_be_shown_is_utc_by_its_name_and_by_its_hour() -> (
    None
):
    midnight_in_japan = datetime(2026, 11, 29, tzinfo=timezone(timedelta(hours=9)))
    failure = Failure("user_daily_tokens", midnight_in_japan)
    assert "|2026-11-28 15:00 UTC>" in str(render_notice(failure, a_task(), HERE).blocks)


def test_plain_text_keeps_every_word_escaped_and_short() -> None:
    bodies = render_plain(Answer("<b>& 語" * 3_000, "m"), "ja", 99)
    assert all(not body.blocks and len(body.text.encode()) <= PLAIN_BYTES for body in bodies)
    shown = "".join(body.text for body in bodies).replace("\u200b", "")
    assert shown.count("&lt;b&gt;&amp;") == 3_000


def test_a_shown_question_is_quoted_and_escaped() -> None:
    body = render_question(a_task(text="<!channel>\n2行目"), "花 <!here>")
    assert "花 &lt;!here&gt; さんの質問です。\n> &lt;!channel&gt;\n> 2行目" in body.text


def test_a_shown_question_mentions_nobody_whether_or_not_its_askers_name_is_known() -> None:
    for asker in (None, "花"):
        assert "<@" not in render_question(a_task(), asker).text


def test_a_commands_question_is_given_back_where_no_button_can_ask_it_again() -> None:
    typed = a_task(source=Source.SLASH_COMMAND, text="a < `b`")
    [given_back] = [
        block
        for block in render_notice(Failure("user_busy"), typed, None).blocks
        if block["type"] == "rich_text"
    ]
    assert given_back == preformatted("a < `b`")
    for task, place in ((typed, HERE), (a_task(), None)):
        blocks = render_notice(Failure("user_busy"), task, place).blocks
        assert all(block["type"] != "rich_text" for block in blocks)


def test_a_long_question_is_shown_within_slacks_section_limit() -> None:
    body = render_question(a_task(text="&" * 20_000), None)
    assert len(body.blocks[0]["text"]["text"]) <= 3000
    assert question_payload(a_task(text="長" * 20_000)) == {"asked_by": "U1"}


@pytest.mark.parametrize("text", ["&" * 20_000, "if (a < b && c > d)\n" * 130, "\n語" * 1_249])
def test_a_shortened_question_ends_with_a_whole_character_and_says_so(text: str) -> None:
    [block] = render_question(a_task(text=text), "花").blocks
    _, *quoted = block["text"]["text"].split("\n")
    shown = unescaped("\n".join(line.removeprefix("> ") for line in quoted))
    assert shown.endswith(" …")
    assert text.startswith(shown.removesuffix(" …").rstrip("\n"))
    assert len(block["text"]["text"]) > 2_000


@pytest.mark.parametrize("many", ["*_" * 9_000, "a\n" * 900])
def test_text_too_dense_to_be_read_is_shown_whole_and_has_no_links(many: str) -> None:
    link = "[https://bank.example](https://evil.example) <https://evil.example|bank>"
    bodies = render_answer(Answer(f"{many}\n\n{link} 語\n\n```\n[a](b)\n```", "m"), "ja", 99)
    text = "\n".join(str(each["text"]) for body in bodies for each in body.blocks)
    assert "](" not in text.partition("語")[0]
    assert "<https" not in text
    assert text.count("*") + text.count("a\n") >= many.count("*") + many.count("a\n") - 9
    assert "[a](b)" in text
    assert text.replace("\u200b", "").count(link) == 1


def test_the_notification_reads_on_behind_a_long_address() -> None:
    text = f"See [the page](https://e.com/{'a' * 400}) and " + "word " * 100
    [body] = render_answer(Answer(text, "m"), "en", 9)
    assert body.text.startswith("See the page and word")
    assert len(body.text) > 200
