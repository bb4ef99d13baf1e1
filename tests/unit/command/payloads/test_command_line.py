"""What people type behind /gemini."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_service.payloads.model import NotAQuestion, RejectReason
from command_service.payloads.slash_command import CommandRequest, read_request
from shared.task import Mode


@pytest.mark.parametrize(
    ("typed", "mode", "text"),
    [
        ("素数とは", Mode.AUTO, "素数とは"),
        ("code: 素数を判定する", Mode.CODE, "素数を判定する"),
        ("コード：素数を判定する", Mode.CODE, "素数を判定する"),
        ("CODE :a\nb", Mode.CODE, "a\nb"),
        ("ｃｏｄｅ： x", Mode.CODE, "x"),
        ("data: 1, 2, 3", Mode.DATA, "1, 2, 3"),
        ("データ: 1, 2, 3", Mode.DATA, "1, 2, 3"),
        ("creative: a poem", Mode.CREATIVE, "a poem"),
        ("創作：俳句", Mode.CREATIVE, "俳句"),
        ("クリエイティブ：俳句", Mode.CREATIVE, "俳句"),
        ("general: why", Mode.GENERAL, "why"),
        ("一般：なぜ", Mode.GENERAL, "なぜ"),
        ("--mode code x", Mode.CODE, "x"),
        ("--mode=データ x", Mode.DATA, "x"),
        ("--mode code data: x", Mode.DATA, "x"),
        ("code:", Mode.CODE, ""),
        ("   ", Mode.AUTO, ""),
    ],
)
def test_a_mode_before_the_question_is_chosen_and_not_asked(
    typed: str, mode: Mode, text: str
) -> None:
    assert read_request(typed) == CommandRequest(text, mode)


@pytest.mark.parametrize(
    "typed",
    [
        "error: cannot open file",
        "TODO: write tests",
        "date: 2026-11-24 は何曜日",
        "https://example.com/ を要約して",
        "codes: 12 and 13",
        "help me write a letter",
        "ヘルプデスクの電話番号",
        "git commit --amend とは",
        "-- is a comment in SQL",
        "――それは何",
        "the code: x = 1",
    ],
)
def test_everything_else_is_part_of_the_question(typed: str) -> None:
    assert read_request(typed) == CommandRequest(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "--private code: x",
        "code: --private x",
        "code: x --private",
        "—private code: x",
        "–Private --mode code x",
        "--mode code --private x",
        "--private code: x --private",
    ],
)
def test_what_is_meant_for_the_asker_alone_is_recognised_wherever_it_may_stand(typed: str) -> None:
    assert read_request(typed) == CommandRequest("x", Mode.CODE, private=True)


@pytest.mark.parametrize(
    "typed",
    [
        "－－private 給与の目安",
        "－－ｐｒｉｖａｔｅ　給与の目安",
        "ーーprivate 給与の目安",
        "ｰｰprivate 給与の目安",
        "――private 給与の目安",
        "−−Private 給与の目安",
        "-private 給与の目安",
        "－private 給与の目安",
        "給与の目安 ーーprivate",
        "給与の目安　－－ｐｒｉｖａｔｅ",
        "給与の目安--private",
        "給与の目安 -private",
    ],
)
def test_a_question_that_is_typed_as_private_on_a_japanese_keyboard_is_private(typed: str) -> None:
    assert read_request(typed) == CommandRequest("給与の目安", private=True)
    assert read_request(f"コード：{typed}") == CommandRequest("給与の目安", Mode.CODE, private=True)


@pytest.mark.parametrize(
    "typed", ["--private給与の目安", "ーーprivate給与", "－－ｐｒｉｖａｔｅ給与"]
)
def test_what_begins_as_private_and_goes_on_otherwise_is_shown_to_nobody(typed: str) -> None:
    assert read_request(typed) == NotAQuestion(RejectReason.UNKNOWN_OPTION, typed)


def test_a_mode_is_an_option_in_full_width_too() -> None:
    assert read_request("－－ｍｏｄｅ code x") == CommandRequest("x", Mode.CODE)


@pytest.mark.parametrize("typed", ["――Python とは", "ーーで始まる文", "サーバー private とは"])
def test_other_dashes_belong_to_the_question(typed: str) -> None:
    assert read_request(typed) == CommandRequest(typed)


def test_private_inside_of_a_question_is_a_part_of_it() -> None:
    asked = "npm publish --private とは"
    assert read_request(asked) == CommandRequest(asked)
    assert read_request("--private") == CommandRequest("", private=True)


@pytest.mark.parametrize("typed", ["help", " HELP ", "ヘルプ", "ﾍﾙﾌﾟ", "--help", "--help me"])
def test_help_is_asked_by_a_word_alone(typed: str) -> None:
    assert read_request(typed) == NotAQuestion(RejectReason.HELP_ASKED)


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        ("--foo x", "--foo"),
        ("—foo x", "—foo"),
        ("--private --Foo x", "--Foo"),
        ("--mode poem x", "--mode poem"),
        ("--mode", "--mode"),
        ("--mode= x", "--mode="),
        ("--private=yes x", "--private=yes"),
        ("--code x", "--code"),
    ],
)
def test_an_option_nobody_knows_is_no_question_and_is_named(typed: str, option: str) -> None:
    assert read_request(typed) == NotAQuestion(RejectReason.UNKNOWN_OPTION, option)


def test_a_question_that_looks_like_an_option_can_be_asked_behind_a_mode() -> None:
    assert read_request("general: --amend とは") == CommandRequest("--amend とは", Mode.GENERAL)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_and_nothing_is_made_up(typed: str) -> None:
    request = read_request(typed)
    if isinstance(request, CommandRequest):
        assert request.text in typed
