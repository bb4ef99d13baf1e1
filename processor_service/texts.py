"""What the processor says to people besides the answers, in Japanese and English."""

from typing import Final

from shared.task import Locale

Texts = dict[Locale, str]

CACHED: Final[Texts] = {
    "ja": "以前の同じ質問への回答を表示しています。",
    "en": "This answer was given to the same question before.",
}
REGENERATE: Final[Texts] = {"ja": "回答を再生成", "en": "Regenerate"}
TRUNCATED: Final[Texts] = {
    "ja": "_回答が長さの上限に達したため、ここで終わっています。続きが必要な場合は「続きをお願いします」とお書きください。_",
    "en": "_The answer reached its length limit and ends here. Ask to continue if you need more._",
}
QUESTION: Final[Texts] = {"ja": "{user} さんの質問です。", "en": "{user} asked:"}
TOO_LONG_FOR_RESPONSE: Final[Texts] = {
    "ja": "この場所に表示できる長さを超えたため、続きを表示できません。全文が必要な場合は、ダイレクトメッセージで同じ質問をお送りください。",
    "en": "The rest does not fit here. Send me the same question as a direct message to get it all.",
}
NOTICE_TITLE: Final[Texts] = {
    "ja": "申し訳ありません。この質問にはお答えできませんでした。",
    "en": "I am sorry, this question could not be answered.",
}

_OTHER: Final[Texts] = {
    "ja": "処理を繰り返しましたが、完了しませんでした。自動での再試行は終了しています。しばらくしてから、もう一度質問をお送りください。続く場合は管理者にお知らせください。",
    "en": "We tried several times without success and have stopped trying. Please ask again in a while, and tell your administrator if this continues.",
}
_REASONS: Final[dict[str, Texts]] = {
    "model_refused": {
        "ja": "Gemini の安全基準により、この質問への回答が止められました。表現や内容を変えて、もう一度お試しください。",
        "en": "Gemini's safety rules stopped the answer. Please rephrase the question and try again.",
    },
    "answer_empty": {
        "ja": "Gemini から空の回答が返りました。質問を具体的にして、もう一度お送りください。",
        "en": "Gemini returned an empty answer. Please make the question more specific and try again.",
    },
    "model_rejected": {
        "ja": "Gemini がリクエストを受け付けませんでした。設定の確認が必要です。管理者にお知らせください。",
        "en": "Gemini did not accept the request. The configuration needs attention: please tell your administrator.",
    },
}


def reason_text(reason: str, locale: Locale) -> str:
    """What happened and what to do, for a reason code."""
    return _REASONS.get(reason, _OTHER)[locale]
