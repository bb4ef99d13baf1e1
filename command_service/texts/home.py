"""The suggested prompts of the agent view, in Japanese and English."""

from typing import Final

from shared.task import Locale

PROMPTS_TITLE: Final[dict[Locale, str]] = {
    "ja": "何をお手伝いしましょうか。",
    "en": "What can I help you with?",
}
_OPEN_CHANNEL: Final[dict[Locale, str]] = {
    "ja": "このチャンネルの今週をまとめてください。",
    "en": "Summarise this channel's week.",
}
ABOUT_THE_OPEN_CHANNEL: Final = frozenset(_OPEN_CHANNEL.values())
"""The prompts that say nothing without the channel that is open beside the agent view."""
_PROMPTS: Final[dict[Locale, dict[str, str]]] = {
    "ja": {
        "できることを知りたい": "あなたには何ができますか。仕事での使い方の例を 5 つ教えてください。",
        "会議の議題を作る": "30 分の定例会議の議題のひな形を作ってください。",
        "横のチャンネルの今週": _OPEN_CHANNEL["ja"],
        "コードを書いてもらう": "CSV ファイルを読み込み、列ごとの平均を表示する Python のコードを書いて説明してください。",
    },
    "en": {
        "See what you can do": "What can you do? Give me five examples from everyday work.",
        "Prepare a meeting": "Draft an agenda for a 30-minute weekly team meeting.",
        "The channel beside this": _OPEN_CHANNEL["en"],
        "Write some code": "Write and explain Python code that reads a CSV file and shows the mean of each column.",
    },
}
PROMPTS: Final = {
    locale: [{"title": title, "message": message} for title, message in prompts.items()]
    for locale, prompts in _PROMPTS.items()
}
"""Slack shows four at most, and sends the message of the clicked one."""
