"""Another answer to a question, made of the earlier one: shorter, longer, or on another way."""

from dataclasses import replace
from typing import Final

from processor_service.ports.model import Prompt, PromptTurn
from shared.task import Locale, Task, Wish

_REQUESTS: Final[dict[Wish | None, dict[Locale, str]]] = {
    Wish.SHORTER: {
        "ja": "直前の回答を短くしてください。内容を変えず、要点だけを残してください。",
        "en": "Shorten your previous answer. Keep what it says, but only its main points.",
    },
    Wish.LONGER: {
        "ja": "直前の回答を詳しくしてください。内容を保ち、背景、理由、具体例を補ってください。",
        "en": (
            "Extend your previous answer. Keep what it says; add background, reasons and examples."
        ),
    },
    None: {
        "ja": (
            "同じ質問に、直前の回答とは別の考え方や構成で答え直してください。"
            "長さは直前の回答と同じくらいにしてください。"
        ),
        "en": (
            "Answer the same question again, with another approach than your previous answer and "
            "at about the same length."
        ),
    },
}


def instead_of(prompt: Prompt, task: Task, earlier: str) -> Prompt:
    """``prompt`` with the ``earlier`` answer as the model's turn, and what to make of it; unchanged
    if nothing is left of that answer.
    """
    if not earlier:
        return prompt
    turns = (*prompt.turns, PromptTurn("user", prompt.text), PromptTurn("model", earlier))
    return replace(prompt, text=_REQUESTS[task.wish][task.locale], turns=turns)
