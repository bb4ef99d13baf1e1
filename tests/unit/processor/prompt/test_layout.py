"""Structured answers as Markdown, whole and growing."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from processor_service.prompt.answer_language import FIRST_CHARS
from processor_service.prompt.response_layout import layout_as_markdown
from processor_service.prompt.response_schema import JsonFormat
from shared.task import Locale, Mode

LOCALES: list[Locale] = ["ja", "en"]

GENERAL = {"summary": "要約です。", "key_points": ["一つ目", "二つ目"]}
CODE = {
    "language": "Python",
    "explanation": "割り切れるかを調べます。",
    "code": "def f():\n    return 1\n",
    "suggestions": ["型を付けます。"],
}
DATA = {"analysis": "| a | b |\n| - | - |\n| 1 | 2 |", "insights": ["増加"], "recommendations": []}
CREATIVE = {"content": "朝霧や\n窓あかり", "style": "俳句です。", "variations": ["月のぼる\n屋根"]}


def whole(mode: Mode, fields: dict[str, Any], locale: Locale = "ja") -> str:
    return layout_as_markdown(mode, fields, locale)


def test_each_mode_has_its_layout() -> None:
    assert whole(Mode.GENERAL, GENERAL) == ("要約です。\n\n### 主なポイント\n\n- 一つ目\n- 二つ目")
    assert whole(Mode.CODE, CODE) == (
        "### 説明\n\n割り切れるかを調べます。\n\n```python\ndef f():\n    return 1\n```\n\n"
        "### 提案\n\n- 型を付けます。"
    )
    assert whole(Mode.DATA, DATA) == f"### 分析\n\n{DATA['analysis']}\n\n### 発見事項\n\n- 増加"
    assert whole(Mode.CREATIVE, CREATIVE) == (
        "朝霧や\n窓あかり\n\n### スタイル\n\n俳句です。\n\n### バリエーション\n\n- 月のぼる\n  屋根"
    )


@pytest.mark.parametrize(
    ("mode", "fields", "headings"),
    [
        (Mode.GENERAL, GENERAL | {"summary": "In short."}, ["Key points"]),
        (Mode.CODE, CODE | {"explanation": "It divides."}, ["Explanation", "Suggestions"]),
        (
            Mode.DATA,
            DATA | {"analysis": "It grew.", "recommendations": ["x"]},
            ["Analysis", "Insights", "Recommend"],
        ),
        (Mode.CREATIVE, CREATIVE | {"content": "Fog at dawn"}, ["Style", "Variations"]),
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_an_english_answer_has_english_headings_whoever_reads_it(
    mode: Mode, fields: dict[str, Any], headings: list[str], locale: Locale
) -> None:
    shown = whole(mode, fields, locale)
    assert all(f"### {heading}" in shown for heading in headings)


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("割り切れるかを調べます。", "ja"),
        ("Pythonのsorted関数は新しいリストを返します。", "ja"),
        ("It returns a new list, and keeps the order of equal elements.", "en"),
        ("「ありがとう」 is how one says thank you in Japanese.", None),
        ("`OrderedDict.move_to_end(key)` を呼ぶと、末尾に移ります。", None),
        ("| name | growth |\n| - | - |", None),
        ("更新数据库之前请先备份。", None),
        ("나눌 수 있는지 확인합니다.", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_headings_follow_the_answers_words_and_their_reader_where_these_leave_it_open(
    words: str, language: Locale | None, locale: Locale
) -> None:
    heading = {"ja": "### 提案", "en": "### Suggestions"}[language or locale]
    assert heading in whole(Mode.CODE, CODE | {"explanation": words}, locale)


@pytest.mark.parametrize("run", ["```", "````", "``` `````"])
def test_the_fence_is_longer_than_any_run_of_backticks_in_the_code(run: str) -> None:
    code = f"print('''\n{run}\n''')"
    [block] = [token for token in parsed(CODE | {"code": code}) if token.type == "fence"]
    assert block.content == f"{code}\n"
    assert block.info == "python"


@pytest.mark.parametrize(
    ("code", "bare"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        ("```\nx = 1\n```\n", "x = 1"),
        ("```python\nx = 1", "x = 1"),
        ("\n    x = 1", "    x = 1"),
    ],
)
def test_a_fence_that_the_model_put_around_its_code_is_not_shown_as_code(
    code: str, bare: str
) -> None:
    assert f"```python\n{bare}\n```\n\n###" in whole(Mode.CODE, CODE | {"code": code})


def test_markdown_as_code_keeps_its_own_fences() -> None:
    fields = CODE | {"language": "Markdown", "code": "```sh\nls\n```"}
    assert "````markdown\n```sh\nls\n```\n````" in whole(Mode.CODE, fields)


@pytest.mark.parametrize(
    ("language", "label"), [("C++", "c++"), ("Python 3", "python"), ("a`\nb", "ab"), ("", "")]
)
def test_a_language_never_breaks_its_fence(language: str, label: str) -> None:
    assert f"\n```{label}\ndef" in whole(Mode.CODE, CODE | {"language": language})


def test_an_answer_without_code_has_no_empty_block() -> None:
    assert "```" not in whole(Mode.CODE, CODE | {"code": " \n"})


def test_a_code_block_left_open_in_a_text_does_not_swallow_what_follows() -> None:
    fields = {"summary": "例:\n~~~~\nx", "key_points": ["```sh\nls", "二つ目"]}
    kinds = [token.type for token in MarkdownIt().parse(whole(Mode.GENERAL, fields))]
    assert kinds.count("fence") == 2
    assert kinds.count("heading_open") == 1
    assert kinds.count("list_item_open") == 2


def test_bullets_of_the_model_are_not_doubled() -> None:
    fields = {"summary": "", "key_points": ["- 一", "* 二", "• 三", "**四**", "-5 度", "-", ""]}
    assert whole(Mode.GENERAL, fields).split("\n\n")[1].splitlines() == [
        *("- 一", "- 二", "- 三", "- **四**", "- -5 度", "- -"),
    ]


def parsed(fields: dict[str, Any]) -> list[Any]:
    return MarkdownIt().parse(whole(Mode.CODE, fields))


# No run of three backticks: the one thing that may change a fence that is shown already.
PIECES = st.sampled_from(
    [
        *'ab あ`*_-#|>~\n 😀\\"',
        "\n\n",
        "- ",
        "• ",
        "**太字**",
        "~~~\n",
        "\n    x",
        "| a |\n",
        "``x``",
    ]
) | st.characters(exclude_categories=["Cs"])
TEXTS = st.lists(PIECES, max_size=15).map("".join).filter(lambda text: "```" not in text)
LISTS = st.lists(TEXTS, max_size=4)
ANSWERS = st.one_of(
    st.fixed_dictionaries({"mode": st.just("general"), "summary": TEXTS, "key_points": LISTS}),
    st.fixed_dictionaries(
        {
            "mode": st.just("code"),
            "language": st.sampled_from(["python", "C++", "md", ""]),
            "explanation": TEXTS,
            "code": TEXTS | TEXTS.map(lambda text: f"```python\n{text}\n```"),
            "suggestions": LISTS,
        }
    ),
    st.fixed_dictionaries(
        {
            "mode": st.just("data"),
            "analysis": TEXTS,
            "insights": LISTS,
            "recommendations": LISTS,
        }
    ),
    st.fixed_dictionaries(
        {"mode": st.just("creative"), "content": TEXTS, "style": TEXTS, "variations": LISTS}
    ),
)


@given(ANSWERS, st.booleans(), st.booleans(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=300)
def test_wherever_the_json_is_cut_what_is_shown_is_the_beginning_of_the_answer(
    answer: dict[str, Any], escaped: bool, indented: bool, rng: Any
) -> None:
    fields = list(answer.items())
    if escaped:
        rng.shuffle(fields)
    text = json.dumps(dict(fields), ensure_ascii=escaped, indent=2 if indented else None)
    answer_format = JsonFormat(Mode.AUTO, "ja")
    shown = ""
    for end in range(len(text) + 1):
        grown = answer_format.growing(text[:end])
        assert grown.startswith(shown)
        shown = grown
    assert answer_format.read(text, cut=False).text.startswith(shown)


def test_a_growing_answer_is_shown_word_by_word() -> None:
    long = "割り切れるかを、小さい数から順に、平方根まで調べます。" * 3
    text = json.dumps({"mode": "code", **CODE, "explanation": long}, ensure_ascii=False)
    answer_format = JsonFormat(Mode.AUTO, "ja")
    seen = list(dict.fromkeys(answer_format.growing(text[:end]) for end in range(len(text) + 1)))
    assert seen[1] == f"### 説明\n\n{long[:FIRST_CHARS]}"
    assert seen[2] == f"### 説明\n\n{long[: FIRST_CHARS + 1]}"
    assert any(shown.endswith("```python\ndef f():\n    ret") for shown in seen)
    assert seen[-1].endswith("- 型を付けます。")
    assert len(seen) > 30


def test_a_field_of_a_wrong_type_is_left_out_of_what_grows() -> None:
    assert (
        layout_as_markdown(Mode.GENERAL, {"summary": 1, "key_points": "x"}, "ja", growing=True)
        == ""
    )
    assert layout_as_markdown(
        Mode.GENERAL, {"summary": "a", "key_points": [1, "b"]}, "ja"
    ).endswith("\n- b")
