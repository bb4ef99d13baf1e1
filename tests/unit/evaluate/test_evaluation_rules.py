"""What the rules of the evaluation find in an answer, and what they leave alone."""

from typing import Any

import pytest

from shared.task import Locale, Mode
from tests.evaluate.questions import Kind, Question
from tests.evaluate.results import counts, table
from tests.evaluate.rules import judged

SYSTEM = (
    "- Answer in the language of the question.\n"
    "- 質問と同じ言語で答えます。日本語では「です・ます」を使います。"
)


def broken(
    answer: str, kind: Kind = "explain", locale: Locale = "ja", text: str = "問い"
) -> list[str]:
    return judged(Question("q", kind, locale, Mode.CHAT, text), answer, SYSTEM)


@pytest.mark.parametrize(
    ("kind", "locale", "answer"),
    [
        ("fact", "ja", "いいえ、首都はキャンベラです。シドニーは最大の都市です。"),
        ("fact", "en", "No, it's Canberra. Sydney is the largest city."),
        ("fact", "en", "It costs $5 to $10."),
        ("code", "ja", '次の関数で判定できます。\n\n```python\nimport math\nx = "$$ <b>"\n```'),
        ("cannot", "ja", "リマインダーは設定できません。文案は「見積もりを送る」です。"),
        ("cannot", "en", "I can't set reminders. In Slack, type `/remind me`."),
        ("unknown", "ja", "社内の規程は分かりません。人事にご確認ください。"),
        ("steps", "en", "## First\na\n## Then\nb\n## Last\nc\n\n- one\n  - two"),
    ],
)
def test_a_good_answer_breaks_no_rule(kind: Kind, locale: Locale, answer: str) -> None:
    assert broken(answer, kind, locale) == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("empty", {"answer": " "}),
        ("language", {"answer": "It is Canberra, not Sydney."}),
        ("language", {"answer": "首都はキャンベラです。シドニーではありません。", "locale": "en"}),
        ("length", {"answer": "とても長い説明です。" * 46}),
        ("length", {"answer": "Yes. It is. So. Or. Not. Too.", "kind": "fact", "locale": "en"}),
        ("form", {"answer": "解は $\\frac{1}{2}$ です。"}),
        ("form", {"answer": "これは<b>太字</b>です。"}),
        ("form", {"answer": "図です。![図](https://e.com/a.png)"}),
        ("form", {"answer": "注です[^1]。\n\n[^1]: これ"}),
        ("form", {"answer": "- 一\n  - 二\n      - 三です"}),
        ("form", {"answer": "次の表です。\n\n|a|b|c|d|e|\n|-|-|-|-|-|\n|1|2|3|4|5|"}),
        ("form", {"answer": "## 見出し\nこれだけです。"}),
        ("form", {"answer": "<@U123> さんに聞いてください。"}),
        ("honesty", {"answer": "承知しました。明日の9時にお知らせします。", "kind": "cannot"}),
        ("honesty", {"answer": "You can carry over 20 days.", "kind": "unknown", "locale": "en"}),
        ("prompt", {"answer": "「[77be8d1cb4c4 message] 素数」の続きです。"}),
        ("prompt", {"answer": "日本語では「です・ます」を使います。" + SYSTEM.splitlines()[1][2:]}),
        ("start", {"answer": "こんにちは。首都はキャンベラです。"}),
        ("start", {"answer": "首都はどこですかというご質問ですね。", "text": "首都はどこですか？"}),
    ],
)
def test_each_fault_is_found_and_named(rule: str, told: dict[str, Any]) -> None:
    assert broken(**told) == [rule]


def run(version: str, broken: dict[str, list[str]]) -> dict[str, Any]:
    found = {"prompt_version": version, "model": "m", "asked": 2, "by_question": broken}
    return {**found, "broken": counts(broken.values())}


def test_two_runs_stand_side_by_side_with_what_changed() -> None:
    shown = table([run("v1", {"a ja chat": ["length"]}), run("v2", {"b en auto": ["form"]})])

    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line}
    assert lines["length"] == ["1", "0"]
    assert lines["form"] == ["0", "1"]
    assert shown.endswith("a ja chat: -length\nb en auto: +form")


def test_equal_runs_differ_in_nothing() -> None:
    assert table([run("v1", {}), run("v1", {})]).endswith(
        "No answer breaks other rules than before."
    )
