"""Texts of the task cards: the step that the worker does now, and the same step once it is done."""

from dataclasses import dataclass
from typing import Final

from shared.task import Texts


@dataclass(frozen=True)
class StepTexts:
    """The title of a step while it lasts, and afterwards."""

    doing: Texts
    done: Texts


READING_MESSAGES: Final = StepTexts(
    {"ja": "これまでの発言を読んでいます", "en": "Reading what was said before"},
    {"ja": "これまでの発言を読みました（{n} 件）", "en": "Read {n} {messages}"},
)
READING_FILES: Final = StepTexts(
    {"ja": "ファイルを読んでいます: {names}", "en": "Reading {names}"},
    {"ja": "ファイルを読みました: {names}", "en": "Read {names}"},
)
NO_FILE_READ: Final[Texts] = {
    "ja": "読めないファイルです: {names}",
    "en": "Couldn't read {names}",
}
SOME_FILES: Final[Texts] = {"ja": "スレッドのファイル", "en": "the thread's files"}
THINK_STEP: Final = StepTexts(
    {"ja": "考えています", "en": "Thinking"}, {"ja": "考えました", "en": "Thought it through"}
)
SEARCH_STEP: Final = StepTexts(
    {
        "ja": "検索が必要か確かめながら考えています",
        "en": "Thinking, and searching where that helps",
    },
    {"ja": "調べながら考えました", "en": "Looked things up"},
)
THOUGHT_ALONE: Final[Texts] = {
    "ja": "検索を使わずに考えました",
    "en": "Thought it through, without searching",
}
SLOWLY: Final[Texts] = {
    "ja": "考えています（Gemini の応答がいつもより遅れています）",
    "en": "Thinking (Gemini is slower than usual)",
}
TRYING_AGAIN: Final = StepTexts(
    {
        "ja": "Gemini から回答を受け取れなかったため、もう一度試しています",
        "en": "Trying again, because Gemini gave no usable answer",
    },
    {
        "ja": "Gemini から回答を受け取れなかったため、もう一度試しました",
        "en": "Tried again, because Gemini gave no usable answer",
    },
)
ASKING_FALLBACK: Final = StepTexts(
    {"ja": "予備のモデル {model} に尋ねています", "en": "Asking the fallback model, {model}"},
    {"ja": "予備のモデル {model} に尋ねました", "en": "Asked the fallback model, {model}"},
)
