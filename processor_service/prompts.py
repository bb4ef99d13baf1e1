"""What Gemini is told before the question. A change of wording is a new PROMPT_VERSION."""

from processor_service.ports import Prompt
from processor_service.structured import Structured
from shared.task import Mode, Task

PROMPT_VERSION = "2026-11-25"

_SYSTEM = {
    "ja": (
        "あなたは社内の Slack で質問に答えるアシスタント「Mechachang」です。"
        "質問と同じ言語で、要点から先に、丁寧な言葉で簡潔に答えてください。"
        "{layout}"
        "確かでないことは確かでないと述べ、知らないことを作らないでください。"
    ),
    "en": (
        "You are Mechachang, an assistant that answers questions in a company's Slack. "
        "Answer in the language of the question, the main point first, politely and briefly. "
        "{layout} "
        "Say what is uncertain, and do not make up what you do not know."
    ),
}
_FREE = {
    "ja": "書式は標準的な Markdown を使い、コードは言語名を付けたコードブロックに入れてください。",
    "en": "Use standard Markdown and put code into fenced blocks with their language.",
}
_FIELDS = {
    "ja": (
        "{mode}"
        "各項目の文章では標準的な Markdown を使えますが、見出しは付けないでください。"
        "リストの項目には行頭の記号を付けないでください。"
    ),
    "en": (
        "{mode} "
        "The texts of the fields may use standard Markdown, but no headings, and the items of a "
        "list no bullets of their own."
    ),
}
_CHOOSE = {
    "ja": "質問に最も合うモードを一つ選び、その形式で答えてください。",
    "en": "Choose the one mode that suits the question best, and answer in its form.",
}
_FORCED = {
    "ja": (
        "モードは {mode} に決まっています。"
        "質問がほかのモード向きに見えても、この形式で答えてください。"
    ),
    "en": "The mode is {mode}: answer in its form, even if another seems to suit the question.",
}


def prompt_for(task: Task) -> Prompt:
    """The prompt for a task's question: free in chat, else in the form of its mode."""
    return Prompt(
        _SYSTEM[task.locale].format(layout=_layout(task)),
        task.text,
        None if task.mode is Mode.CHAT else Structured(task.mode, task.locale),
    )


def _layout(task: Task) -> str:
    if task.mode is Mode.CHAT:
        return _FREE[task.locale]
    chosen = _CHOOSE if task.mode is Mode.AUTO else _FORCED
    return _FIELDS[task.locale].format(mode=chosen[task.locale].format(mode=task.mode))
