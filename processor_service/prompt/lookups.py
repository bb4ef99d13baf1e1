"""Which lookups are allowed while other people's words are quoted.

A quote can talk the model into putting words of the thread into a search or into the address of a
page, and both leave the workspace.
"""

from dataclasses import replace
from typing import Final

from processor_service.ports.generation_options import OptionsByMode, Tool
from processor_service.ports.model import Prompt
from shared.task import Locale

_NO_PAGES: Final[dict[Locale, str]] = {
    "ja": "この質問には引用が含まれるため、Web ページを開くことはできません。",
    "en": "Because this question comes with quotes, you cannot open web pages for it. ",
}
_NOTHING: Final[dict[Locale, str]] = {
    "ja": "この質問には引用が含まれるため、検索したり Web ページを開いたりすることはできません。",
    "en": "Because this question comes with quotes, you can neither search nor open web pages. ",
}
_SAY_SO: Final[dict[Locale, str]] = {
    "ja": (
        "それが必要な質問であれば、調べられないことを一言述べ、"
        "スレッドの外で、ファイルを付けずにあらためて質問していただくよう案内してください。"
    ),
    "en": (
        "If the question needs it, say in a sentence that you could not look it up, and that it "
        "can be asked again outside of the thread and without files."
    ),
}


def beside_quotes(prompt: Prompt, options_by_mode: OptionsByMode, locale: Locale) -> Prompt:
    """``prompt`` without the tools that are off beside quotes; the model is told so, since the user
    may have asked for one of them.
    """
    wanted = prompt.options.tools
    kept = tuple(tool for tool in wanted if tool in options_by_mode.tools_with_quotes)
    if not prompt.turns or kept == wanted:
        return prompt
    missing = _NO_PAGES if Tool.GOOGLE_SEARCH in kept else _NOTHING
    told = f"{prompt.system}\n\n{missing[locale]}{_SAY_SO[locale]}"
    return replace(prompt, system=told, options=replace(prompt.options, tools=kept))
