"""The prompt of a shortcut or reaction, or to catch up: messages as quotes, and our request; or of
a question about what is open beside the agent view: the same quotes, and its user's words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from processor_service.ports.conversations import ThreadMessage
from processor_service.ports.model import Prompt
from processor_service.prompt.lookups import with_tools
from processor_service.prompt.quotes import THREAD_TOKENS, Quotes, quoting, tokens_of
from shared.task import Locale, Purpose, Subject, Task

_OURSELVES: Final = "Mechachang"
# A summary needs the whole thread; other purposes only use it as context.
_TOKENS: Final = {Purpose.SUMMARISE: 4 * THREAD_TOKENS, Purpose.CATCH_UP: 0}
CATCH_UP_TOKENS: Final = 4 * THREAD_TOKENS
"""The most of a channel that is quoted; what does not fit is left out before, and told of."""

# A text with at least this share of Japanese letters is Japanese: Japanese texts about software are
# full of Latin words, and English ones quote a Japanese name now and then.
_JAPANESE_SHARE: Final = 0.2
_JAPANESE_FROM: Final = "\u3041"

_OPENING: Final[dict[Locale, str]] = {
    "ja": "依頼は、Slack で見つけたメッセージについてのものです。",
    "en": "The request is about messages found in Slack. ",
}
_SUMMARISE: Final[dict[Locale, str]] = {
    "ja": (
        "引用したスレッドを日本語で要約してください。"
        "最初に全体を 2、3 文でまとめ、続けて、決まったこと、未解決の点、"
        "担当者と期限のある作業を、それぞれあれば箇条書きで示してください。"
        "引用にないことは補わないでください。"
    ),
    "en": (
        "Summarise the quoted thread in English. Begin with the whole of it in two or three "
        "sentences. Then list what was decided, what is still open, and who has to do what by "
        "when, each only if there is any. Add nothing that the quotes do not say."
    ),
}
_CATCH_UP: Final[dict[Locale, str]] = {
    "ja": (
        "引用したのは、あるチャンネルの最近の発言で、古い順に並んでいます。"
        "読んでいなかった人のために、日本語でまとめてください。"
        "最初に全体を 2、3 文で述べ、続けて、主な話題、決まったこと、未解決の点、"
        "担当者と期限のある作業を、それぞれあれば箇条書きで示してください。"
        "各項目の終わりには、元の発言の引用の始まりに「link:」とある URL を "
        "[元の発言](URL) の形で付けてください。"
        "引用にないことは補わず、ほかの URL は書かないでください。"
        "スレッドの返信は件数（replies）だけが分かっています。"
    ),
    "en": (
        "The quotes are the latest messages of a channel, the oldest first. Summarise them in "
        "English for somebody who has not read them. Begin with the whole of it in two or three "
        "sentences. Then list the main topics, what was decided, what is still open, and who has "
        "to do what by when, each only if there is any. End each item with the address that "
        'stands behind "link:" where its quote begins, written as [message](address). Add nothing '
        "that the quotes do not say, and no other address. Of replies in threads only the number "
        "is known."
    ),
}
_BESIDE: Final[dict[Locale, dict[bool, str]]] = {
    "ja": {
        True: (
            "質問は、ユーザーが今この会話の横に開いているチャンネルについてのものです。"
            "引用したのは、そのチャンネルの最近の発言で、古い順に並んでいます。"
            "スレッドの返信は件数（replies）だけが分かっています。"
            "質問には引用だけに基づいて答え、引用にないことは補わないでください。"
            "各項目の終わりには、元の発言の引用の始まりに「link:」とある URL を "
            "[元の発言](URL) の形で付け、ほかの URL は書かないでください。"
        ),
        False: (
            "質問は、ユーザーが今この会話の横に開いている、引用したメッセージについてのものです。"
            "一つのメッセージについての質問であれば、最後の引用がそれです。"
        ),
    },
    "en": {
        True: (
            "The question is about the channel that its user has open beside this conversation. "
            "The quotes are the latest messages of that channel, the oldest first; of replies in "
            "threads only the number is known. Answer from the quotes alone, and add nothing that "
            'they do not say. End each item with the address that stands behind "link:" where its '
            "quote begins, written as [message](address), and write no other address. "
        ),
        False: (
            "The question is about the quoted messages, which its user has open beside this "
            "conversation. If it is about one message, that is the last quote. "
        ),
    },
}
_EXPLAIN: Final[dict[Locale, str]] = {
    "ja": (
        "最後に引用したメッセージを日本語で説明してください。"
        "何についての発言か、何を意味しているかを、予備知識のない人にも分かるように述べ、"
        "専門用語や略語があれば短く補ってください。それより前の引用は文脈としてだけ使ってください。"
    ),
    "en": (
        "Explain the message that was quoted last in English: what it is about and what it means, "
        "for somebody who does not know the background, with its technical terms and "
        "abbreviations. Use the quotes before it for context only."
    ),
}
_ASK: Final[dict[Locale, str]] = {
    "ja": (
        "最後に引用したメッセージについて、日本語で答えてください。"
        "メッセージが何かを尋ねていれば、その問いに答えます。"
        "そうでなければ、何についての発言か、何を意味しているかを、予備知識のない人にも分かるように説明し、"
        "専門用語や略語があれば短く補ってください。それより前の引用は文脈としてだけ使ってください。"
    ),
    "en": (
        "Answer in English, about the message that was quoted last. If it asks something, answer "
        "that. Otherwise explain the message: what it is about and what it means, for somebody who "
        "does not know the background, with its technical terms and abbreviations. Use the quotes "
        "before it for context only."
    ),
}
_TRANSLATE: Final[dict[Locale, str]] = {
    "ja": (
        "引用したメッセージを自然な{language}に翻訳してください。"
        "回答には訳文だけを書き、前置きや説明は付けないでください。"
        "書式、コード、URL、固有名詞はそのまま残してください。"
    ),
    "en": (
        "Translate the quoted message into natural {language}. Answer with the translation alone, "
        "without any remark. Keep its layout, code, addresses and names as they are."
    ),
}
_REQUESTS: Final = {
    Purpose.SUMMARISE: _SUMMARISE,
    Purpose.CATCH_UP: _CATCH_UP,
    Purpose.EXPLAIN: _EXPLAIN,
    Purpose.ASK: _ASK,
    Purpose.TRANSLATE: _TRANSLATE,
}
_LANGUAGES: Final[dict[Locale, dict[Locale, str]]] = {
    "ja": {"ja": "日本語", "en": "英語"},
    "en": {"ja": "Japanese", "en": "English"},
}


def asked_about(
    prompt: Prompt,
    task: Task,
    subject: Subject,
    said: Sequence[ThreadMessage],
    names: Mapping[str, str],
) -> Prompt:
    """``prompt`` for a shortcut on ``said``, or a question about it: all of it is quoted, our
    messages too.
    """
    quoted = [one if one.role != "us" else replace(one, role="app", by=_OURSELVES) for one in said]
    words = "\n".join(quoted[-1].words)
    of_channel = subject.purpose is Purpose.CATCH_UP
    if subject.beside:
        request, opening = prompt.text, _BESIDE[task.locale][of_channel]
    else:
        language = _LANGUAGES[task.locale][target_language(words)]
        request = _REQUESTS[subject.purpose][task.locale].format(language=language)
        opening = _OPENING[task.locale]
    # The message itself is always quoted whole, and so is all that was kept of a channel.
    whole = quoted if of_channel else quoted[-1:]
    budget = max(_TOKENS.get(subject.purpose, THREAD_TOKENS), sum(map(tokens_of, whole)))
    quotes = Quotes(quoted, names, opening, budget)
    # A web search would carry other people's words out of the workspace, for no use here.
    prompt = with_tools(replace(prompt, text=request), ())
    return quoting(prompt, task, quotes)


def target_language(text: str) -> Locale:
    """The language to translate into: English for Japanese text, else Japanese."""
    letters = [character for character in text if character.isalpha()]
    japanese = sum(character >= _JAPANESE_FROM for character in letters)
    return "en" if letters and japanese >= _JAPANESE_SHARE * len(letters) else "ja"
