"""The JSON of the four modes: what is asked for, and what counts as an answer."""

import json
from itertools import pairwise
from typing import Any

import pytest

from processor_service.prompt.build import PromptConfig, prompt_for
from processor_service.prompt.response_schema import JsonFormat
from processor_service.texts.failures import WORDS
from shared.errors import ModelUnavailable
from shared.task import Locale, Mode
from tests.support.fakes.processor.prompt_context import THAT_DAY
from tests.support.tasks import a_task

FIELDS = {
    Mode.GENERAL: ["mode", "summary", "key_points"],
    Mode.CODE: ["mode", "language", "explanation", "code", "suggestions"],
    Mode.DATA: ["mode", "analysis", "insights", "recommendations"],
    Mode.CREATIVE: ["mode", "content", "style", "variations"],
}
# google-genai 3.4.0, GenerateContentConfig.response_json_schema: other keywords are ignored.
KNOWN_KEYWORDS = {
    *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items"),
    *("prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties"),
    *("additionalProperties", "required", "propertyOrdering"),
}
WHOLE = {"mode": "general", "summary": "はい。", "key_points": []}


def answer_format(mode: Mode = Mode.AUTO) -> JsonFormat:
    return JsonFormat(mode, "ja")


def keywords(schema: dict[str, Any]) -> set[str]:
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema["items"]] if "items" in schema else []
    return set(schema).union(*(keywords(one) for one in inner))


@pytest.mark.parametrize("mode", FIELDS)
def test_a_forced_mode_asks_for_its_fields_in_the_order_they_are_shown(mode: Mode) -> None:
    schema = answer_format(mode).schema
    assert list(schema["properties"]) == schema["propertyOrdering"] == FIELDS[mode]
    assert schema["properties"]["mode"]["enum"] == [mode.value]
    assert schema["required"] == FIELDS[mode]


def test_the_model_chooses_among_all_modes_by_their_description() -> None:
    offered = answer_format().schema["anyOf"]
    assert [one["properties"]["mode"]["enum"] for one in offered] == [[mode] for mode in FIELDS]
    assert all(one["description"].startswith("For ") for one in offered)
    assert sum(" Not for " in one["description"] for one in offered) == 3
    assert not any("\n" in one["description"] for one in offered)


@pytest.mark.parametrize("mode", FIELDS)
def test_a_list_holds_none_to_five_and_one_with_more_is_still_an_answer(mode: Mode) -> None:
    fields = answer_format(mode).schema["properties"]
    lists = {name: one for name, one in fields.items() if one["type"] == "array"}
    assert all(
        (one["maxItems"], "None to " in one["description"]) == (5, True)
        for name, one in lists.items()
        if name != "variations"
    )
    given: dict[str, Any] = dict.fromkeys(fields, "x") | {"mode": mode}
    given |= {name: [f"{number}番" for number in range(7)] for name in lists}
    assert "6番" in answer_format(mode).read(json.dumps(given), cut=False).text


def test_other_versions_of_a_text_are_only_written_where_several_were_wanted() -> None:
    wanted = answer_format(Mode.CREATIVE).schema["properties"]["variations"]
    assert "only if several were wanted" in wanted["description"]


def test_the_mood_that_some_models_still_add_is_left_out() -> None:
    moody = WHOLE | {"sentiment": "positive"}
    assert answer_format().read(json.dumps(moody), cut=False).text == "はい。"


@pytest.mark.parametrize("mode", [Mode.AUTO, *FIELDS])
def test_schemas_use_only_what_gemini_knows(mode: Mode) -> None:
    assert keywords(answer_format(mode).schema) <= KNOWN_KEYWORDS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(WHOLE)[:-1], id="cut"),
        pytest.param("はい。", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param(json.dumps(WHOLE | {"mode": "poem"}), id="no such mode"),
        pytest.param(json.dumps(WHOLE | {"mode": "code"}), id="another mode's fields"),
        pytest.param(json.dumps(WHOLE | {"summary": 1}), id="a number for a text"),
        pytest.param(json.dumps(WHOLE | {"key_points": "x"}), id="a text for a list"),
    ],
)
def test_an_answer_of_another_shape_is_malformed_and_not_quoted(text: str) -> None:
    with pytest.raises(ModelUnavailable) as malformed:
        answer_format().read(text, cut=False)
    assert malformed.value.reason == "answer_malformed"
    assert "はい" not in str(malformed.value)
    assert malformed.value.__cause__ is None
    assert "answer_malformed" in WORDS


@pytest.mark.parametrize("around", ["```json\n{}\n```", "```\n{}```", '{}."\n}}', "\n{}\n\nはい"])
def test_what_stands_around_the_json_does_not_spoil_it(around: str) -> None:
    text = around.format(json.dumps(WHOLE, ensure_ascii=False))
    assert answer_format().read(text, cut=False).text == "はい。"
    shown = [answer_format().growing(text[:end]) for end in range(len(text) + 1)]
    assert shown[-1] == "はい。"
    assert all(now.startswith(before) for before, now in pairwise(shown))


def test_a_forced_mode_takes_no_other() -> None:
    with pytest.raises(ModelUnavailable):
        answer_format(Mode.CODE).read(json.dumps(WHOLE), cut=False)
    assert answer_format(Mode.CODE).growing(json.dumps(WHOLE)) == ""
    assert answer_format(Mode.GENERAL).read(json.dumps(WHOLE), cut=False).text == "はい。"


def test_a_whole_answer_names_its_mode() -> None:
    reading = answer_format().read(json.dumps(WHOLE), cut=False)
    assert (reading.text, reading.mode) == ("はい。", Mode.GENERAL)


def test_of_an_answer_cut_at_its_limit_everything_that_came_is_shown_and_closed() -> None:
    text = '{"mode": "code", "language": "sh", "explanation": "一覧です。", "code": "ls -l\\nls'
    reading = answer_format().read(text, cut=True)
    assert reading.mode is Mode.CODE
    assert reading.text == "### 説明\n\n一覧です。\n\n```sh\nls -l\nls\n```"


@pytest.mark.parametrize("text", ["", "{", '{"mode": "co', '{"mode": "code", "lang', "x", "[1"])
def test_of_an_answer_cut_before_its_first_word_nothing_is_shown(text: str) -> None:
    assert answer_format().read(text, cut=True).text == ""
    assert answer_format().growing(text) == ""


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_the_prompt_says_which_mode_is_wanted(locale: Locale) -> None:
    free = prompt_for(a_task(mode=Mode.CHAT, locale=locale), THAT_DAY, PromptConfig())
    auto = prompt_for(a_task(mode=Mode.AUTO, locale=locale), THAT_DAY, PromptConfig())
    data = prompt_for(a_task(mode=Mode.DATA, locale=locale), THAT_DAY, PromptConfig())
    assert free.answer_format is None
    assert "Markdown" in free.system
    assert auto.answer_format == JsonFormat(Mode.AUTO, locale)
    assert " data" in data.system
    assert len({free.system, auto.system, data.system}) == 3
    assert not any("{" in prompt.system for prompt in (free, auto, data))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"x\ud83d y", "x\ufffd y"),
        (r"x\ude00 y", "x\ufffd y"),
        (r"x\ud83d\ud83d\ude00", "x\ufffd😀"),
        (r"x\ud83d\n", "x\ufffd"),
        (r"x\\ud83d y", r"x\ud83d y"),
        (r"\uD83D\uDE00", "😀"),
    ],
)
def test_half_a_character_does_not_make_an_answer_malformed(written: str, shown: str) -> None:
    creative = JsonFormat(Mode.CREATIVE, "en")
    text = f'{{"mode": "creative", "content": "{written}", "style": "", "variations": []}}'
    assert creative.read(text, cut=False).text == shown
    for end in range(len(text)):
        creative.growing(text[:end]).encode()
    assert creative.growing(text[:-2]).strip() == shown
