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
PROMPTS: Final[dict[Locale, list[dict[str, str]]]] = {
    "ja": [
        {
            "title": "できることを知りたい",
            "message": "あなたには何ができますか。仕事での使い方の例を 5 つ教えてください。",
        },
        {
            "title": "会議の議題を作る",
            "message": "30 分の定例会議の議題のひな形を作ってください。",
        },
        {
            "title": "横のチャンネルの今週",
            "message": _OPEN_CHANNEL["ja"],
        },
        {
            "title": "コードを書いてもらう",
            "message": "CSV ファイルを読み込み、列ごとの平均を表示する Python のコードを書いて説明してください。",
        },
    ],
    "en": [
        {
            "title": "See what you can do",
            "message": "What can you do? Give me five examples from everyday work.",
        },
        {
            "title": "Prepare a meeting",
            "message": "Draft an agenda for a 30-minute weekly team meeting.",
        },
        {
            "title": "The channel beside this",
            "message": _OPEN_CHANNEL["en"],
        },
        {
            "title": "Write some code",
            "message": "Write and explain Python code that reads a CSV file and shows the mean of each column.",
        },
    ],
}
"""Slack shows four at most, and sends the message of the clicked one."""
