"""The model's lookups, and which of them are off while other people's words are quoted.

A quote can talk the model into putting words of the thread into a search or into the address of a
page, and both leave the workspace.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from processor_service.ports.generation_options import OptionsByMode, Tool
from processor_service.ports.model import Prompt
from shared.task import Locale

_TOLD: Final[dict[frozenset[Tool], dict[Locale, str]]] = {
    frozenset(): {
        "ja": (
            "検索したり Web ページを開いたりすることはできません。最新の情報が必要な質問には、"
            "学習した時点までの知識であると断って答えます。"
        ),
        "en": (
            "You can neither search nor open web pages. Where a question needs current "
            "information, say that what you know ends with your training."
        ),
    },
    frozenset({Tool.GOOGLE_SEARCH}): {
        "ja": (
            "Web を検索できます。価格、版、予定、出来事など、学習した後に変わりうることは"
            "検索して確かめます。そのほかは検索せずに答えます。"
        ),
        "en": (
            "You can search the web. Do so for what may have changed since your training, such as "
            "prices, versions, dates and events, and not for the rest."
        ),
    },
    frozenset({Tool.URL_CONTEXT}): {
        "ja": "質問に書かれたアドレスの Web ページを開けます。検索はできません。",
        "en": "You can open web pages whose addresses are in the question. You cannot search.",
    },
    frozenset(Tool): {
        "ja": (
            "Web を検索し、質問に書かれたアドレスの Web ページを開けます。"
            "価格、版、予定、出来事など、学習した後に変わりうることは検索して確かめます。"
            "そのほかは検索せずに答えます。"
        ),
        "en": (
            "You can search the web, and open pages whose addresses are in the question. Search "
            "for what may have changed since your training, such as prices, versions, dates and "
            "events, and not for the rest."
        ),
    },
}
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


def lookups_told(tools: Collection[Tool], locale: Locale) -> str:
    """The sentences of the system prompt on what can be looked up with these tools."""
    return _TOLD[frozenset(tools)][locale]


def with_tools(prompt: Prompt, tools: tuple[Tool, ...]) -> Prompt:
    """``prompt`` with these tools, and told of no others."""
    system = prompt.system
    for locale, before in _TOLD[frozenset(prompt.options.tools)].items():
        system = system.replace(before, lookups_told(tools, locale), 1)
    return replace(prompt, system=system, options=replace(prompt.options, tools=tools))


def beside_quotes(prompt: Prompt, options_by_mode: OptionsByMode, locale: Locale) -> Prompt:
    """``prompt`` without the tools that are off beside quotes; the model is told so, since the user
    may have asked for one of them.
    """
    wanted = prompt.options.tools
    kept = tuple(tool for tool in wanted if tool in options_by_mode.tools_with_quotes)
    if not prompt.turns or kept == wanted:
        return prompt
    missing = _NO_PAGES if Tool.GOOGLE_SEARCH in kept else _NOTHING
    less = with_tools(prompt, kept)
    return replace(less, system=f"{less.system}\n\n{missing[locale]}{_SAY_SO[locale]}")
