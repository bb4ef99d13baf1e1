"""Creative wishes: a short text of the form asked for, with variations."""

import re
from collections.abc import Mapping
from typing import Any

from simulators.gemini.demo_answers.question import Question, pick

_FORMS = (
    ("haiku", re.compile(r"haiku|俳句|川柳", re.IGNORECASE | re.ASCII)),
    (
        "slogan",
        re.compile(
            r"slogan|tagline|catchphrase|キャッチコピー|スローガン|標語", re.IGNORECASE | re.ASCII
        ),
    ),
    ("joke", re.compile(r"joke|ジョーク|ダジャレ", re.IGNORECASE | re.ASCII)),
    ("story", re.compile(r".")),
)
_STYLE = {
    ("haiku", "ja"): "五・七・五の俳句です。",
    ("haiku", "en"): "a haiku of five, seven and five syllables.",
    ("slogan", "ja"): "短く、声に出しやすいコピーです。",
    ("slogan", "en"): "short lines that are easy to say aloud.",
    ("joke", "ja"): "職場でも安心して使える、軽いユーモアです。",
    ("joke", "en"): "light humour that is safe at work.",
    ("story", "ja"): "静かな語り口の短い文章です。",
    ("story", "en"): "a short text in a quiet voice.",
}
_TEXTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("haiku", "ja"): (
        "朝霧や\n返事を待てる\n窓あかり",
        "秋の風\n画面の文字も\nやわらかに",
        "月のぼる\n仕事を終えた\n屋根の上",
    ),
    ("haiku", "en"): (
        "Mist over the hill\nA small green light on the desk\nwaits for the first word",
        "The last leaf lets go\nSomewhere a message arrives\nbefore it has touched",
        "Cold tea by the screen\nOutside, the geese in long lines\nkeep their own meetings",
    ),
    ("slogan", "ja"): (
        "聞けば、進む。",
        "ひらめきに、いちばん近い返事を。",
        "考える時間を、もっとあなたに。",
    ),
    ("slogan", "en"): (
        "Ask once. Move on.",
        "The answer that meets you halfway.",
        "More time for thinking.",
    ),
    ("joke", "ja"): (
        "会議が長引いた理由を調べる会議が、予定より長引いています。",
        "「すぐ戻ります」と書いた付せんだけが、毎日きちんと出勤しています。",
        "バグを一つ直したら、友だちを二つ連れて戻ってきました。",
    ),
    ("joke", "en"): (
        "The meeting on why meetings run over is running over.",
        "Only the note saying “back in a minute” has been at its desk all day.",
        "I fixed one bug, and it came back with two friends.",
    ),
    ("story", "ja"): (
        (
            "朝いちばんの部屋で、小さなロボットが窓を開けました。まだ誰もいない机の上を風が通り、"
            "読みかけの資料が一枚だけめくれます。「続きは、みなさんが来てからですね」。"
            "ロボットはそうつぶやいて、静かに紙を元へ戻しました。"
        ),
        (
            "夕方の坂道で、二人は同じ雲を見上げていました。片方は船だと言い、片方は鯨だと言います。"
            "しばらくして雲がほどけ、二人は笑いました。答えが違っても、見ていたものは同じでした。"
        ),
    ),
    ("story", "en"): (
        (
            "Early in the morning, a small robot opened the window. Wind crossed the empty desks "
            "and turned a single page of an unfinished report. “We shall go on when everyone is "
            "here,” said the robot, and quietly turned it back."
        ),
        (
            "On the hill road, two friends looked up at the same cloud. A ship, said one; a whale, "
            "said the other. When it had dissolved, they laughed: their answers had differed, and "
            "they had seen the same thing."
        ),
    ),
}
_BASED_ON = {"ja": "「{topic}」をもとにした、{style}", "en": "For “{topic}”: {style}"}
_HEADINGS = {"ja": ("スタイル", "バリエーション"), "en": ("Style", "Variations")}


def compose(question: Question) -> dict[str, Any]:
    """``content``, ``style`` and ``variations``."""
    form = next(name for name, words in _FORMS if words.search(question.plain or " "))
    texts = _TEXTS[form, question.locale]
    content = pick(question, texts)
    style = _STYLE[form, question.locale]
    return {
        "content": content,
        "style": _BASED_ON[question.locale].format(topic=question.topic, style=style),
        "variations": [text for text in texts if text != content],
    }


def render(fields: Mapping[str, Any], locale: str) -> str:
    """The answer as Markdown; line breaks of a poem are kept."""
    style, variations = _HEADINGS[locale]
    others = "\n".join(f"- {text.replace(chr(10), ' / ')}" for text in fields["variations"])
    content = "\n".join(f"> {line}" for line in fields["content"].split("\n"))
    return f"{content}\n\n**{style}**\n\n{fields['style']}\n\n**{variations}**\n\n{others}"
