"""Notices for unanswered questions: what failed, what happened, what to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from processor_service.ports.answers import OmittedFile
from shared.task import Texts


@dataclass(frozen=True)
class Failure:
    """``reason`` is the stable code. Asking again helps from ``resumes_at`` (aware), if set.

    ``without`` names the unusable files, if they are the reason. ``shown``: some words of an answer
    were visible, and are removed.
    """

    reason: str
    resumes_at: datetime | None = None
    without: tuple[OmittedFile, ...] = ()
    shown: bool = False


@dataclass(frozen=True)
class FailureText:
    """The texts of a notice. ``tried``: the worker tried repeatedly, and has stopped."""

    phase: Texts
    what: Texts
    advice: Texts
    tried: bool = False
    retry: bool = True


_ASKING: Final[Texts] = {"ja": "質問の受付", "en": "receiving the question"}
_READING: Final[Texts] = {"ja": "メッセージの読み取り", "en": "reading the message"}
_GENERATING: Final[Texts] = {"ja": "回答の生成", "en": "generating the answer"}
_PERMISSION: Final[Texts] = {"ja": "Slack での権限の確認", "en": "permissions in Slack"}
_SHOWING: Final[Texts] = {"ja": "Slack への表示", "en": "showing the answer in Slack"}

_LATER: Final[Texts] = {
    "ja": "しばらくしてから「もう一度試す」を押してください。続く場合は管理者にお知らせください。",
    "en": "Please press Retry in a few minutes. If this continues, please tell your administrator.",
}
_REPHRASE: Final[Texts] = {
    "ja": "表現や内容を変えて、もう一度質問をお送りください。",
    "en": "Please reword or change your question and ask again.",
}
_ADMINISTRATOR: Final[Texts] = {
    "ja": "設定の確認が必要です。管理者にお知らせください。解決した後は「もう一度試す」で質問し直せます。",
    "en": "The configuration needs attention: please tell your administrator. Once it is fixed, press Retry to ask again.",
}
_WAIT: Final[Texts] = {
    "ja": "再開の時刻を過ぎてから「もう一度試す」を押してください。ほかの質問は、もう一度お送りください。",
    "en": "Please press Retry after that time, and send your other questions again.",
}
_FIRST_THE_OTHERS: Final[Texts] = {
    "ja": "先の回答が届いてから「もう一度試す」を押してください。ほかの質問は、もう一度お送りください。",
    "en": "Please press Retry once the earlier answers have arrived, and send your other questions again.",
}


def _for_all(ja: str, en: str) -> Texts:
    """A notice that covers all questions refused for its reason within a minute."""
    return {
        "ja": f"{ja}前後 1 分ほどの間にお断りしたほかの質問についても、このお知らせに代えさせていただきます。",
        "en": f"{en} This notice also covers your other questions that I turn down for this reason within about a minute.",
    }


_MODEL_AWAY: Final = FailureText(
    _GENERATING,
    {
        "ja": "Gemini が応答しませんでした。一時的な障害の可能性があります。",
        "en": "Gemini did not answer. It may be temporarily unavailable.",
    },
    _LATER,
    tried=True,
)
_CUT: Final = FailureText(
    _GENERATING,
    {
        "ja": "Gemini の回答が途中で途切れ、最後まで受け取れませんでした。",
        "en": "Gemini's answer broke off before it was complete.",
    },
    _LATER,
    tried=True,
)
_SLACK_AWAY: Final = FailureText(
    _SHOWING,
    {
        "ja": "Slack に接続できず、回答を表示できませんでした。",
        "en": "Slack could not be reached, so the answer could not be shown.",
    },
    _LATER,
    tried=True,
)
_BLOCKED: Final = FailureText(
    _GENERATING,
    {
        "ja": "Gemini の安全基準により、この質問への回答が止められました。",
        "en": "Gemini's safety rules stopped the answer to this question.",
    },
    _REPHRASE,
    retry=False,
)
OTHER: Final = FailureText(
    _GENERATING,
    {
        "ja": "処理を繰り返しましたが、完了しませんでした。",
        "en": "Processing failed repeatedly.",
    },
    _LATER,
    tried=True,
)

TAKEN_AWAY: Final[Texts] = {
    "ja": "途中まで表示していた内容は、不完全なため取り下げました。",
    "en": " The part of the answer already shown was incomplete and has been removed.",
}

WORDS: Final[dict[str, FailureText]] = {
    "question_blocked": _BLOCKED,
    "model_refused": _BLOCKED,
    "answer_blocked": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の安全基準により、回答が途中で止められました。",
            "en": "Gemini's safety rules stopped the answer partway through.",
        },
        _REPHRASE,
    ),
    "answer_recited": FailureText(
        _GENERATING,
        {
            "ja": "既存の著作物と同じ文章になるため、Gemini が回答を止めました。",
            "en": "Gemini stopped because the answer would have repeated published text.",
        },
        _REPHRASE,
    ),
    "answer_empty": FailureText(
        _GENERATING,
        {
            "ja": "Gemini から空の回答が返りました。",
            "en": "Gemini returned an empty answer.",
        },
        {
            "ja": "質問をより具体的にして、もう一度お送りください。",
            "en": "Please make the question more specific and ask again.",
        },
        tried=True,
    ),
    "length_limit": FailureText(
        _GENERATING,
        {
            "ja": "考える段階で長さの上限に達し、回答を書き始められませんでした。",
            "en": "Gemini reached its length limit while thinking, before it began to answer.",
        },
        {
            "ja": "質問を短くするか、いくつかに分けてお送りください。",
            "en": "Please shorten the question or split it into several parts.",
        },
    ),
    "answer_malformed": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の回答が決められた形式になっておらず、最後まで読み取れませんでした。",
            "en": "Gemini's answer was not in the requested format and could not be read to the end.",
        },
        _LATER,
        tried=True,
    ),
    "answer_language": FailureText(
        _GENERATING,
        {
            "ja": "Gemini が対応していない言語になったため、回答が止められました。",
            "en": "Gemini stopped the answer because it does not support the language.",
        },
        {
            "ja": "回答してほしい言語を書き添えて、もう一度お送りください。",
            "en": "Please say which language you want the answer in, and ask again.",
        },
        retry=False,
    ),
    "question_declined": FailureText(
        _GENERATING,
        {
            "ja": "Gemini はこの質問に回答せず、理由も示しませんでした。",
            "en": "Gemini did not answer this question and gave no reason.",
        },
        _REPHRASE,
        tried=True,
    ),
    "answer_cut": _CUT,
    "answer_broken_off": FailureText(
        _GENERATING,
        {
            "ja": "Gemini 側の不具合により、回答が最後まで作成されませんでした。",
            "en": "Gemini failed each time while writing the answer.",
        },
        _LATER,
        tried=True,
    ),
    "model_silent": _MODEL_AWAY,
    "model_unavailable": _MODEL_AWAY,
    "model_circuit_open": _MODEL_AWAY,
    "model_rate_limited": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の利用量が上限に達しています。",
            "en": "The Gemini quota is used up for the moment.",
        },
        _LATER,
        tried=True,
    ),
    "deadline_exceeded": FailureText(
        _GENERATING,
        {
            "ja": "制限時間内に回答が完成しませんでした。",
            "en": "The answer was not complete within the time limit.",
        },
        _LATER,
        tried=True,
    ),
    "model_daily_quota": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の 1 日の利用枠を使い切りました。{when}に再開します。",
            "en": "The daily Gemini quota is used up. You can ask again from {when}.",
        },
        _WAIT,
    ),
    "model_rejected": FailureText(
        _GENERATING,
        {
            "ja": "Gemini がこの質問を受け付けませんでした。扱えない内容が含まれている可能性があります。",
            "en": "Gemini did not accept the question. It may contain something Gemini cannot process.",
        },
        {
            "ja": "内容を変えて、もう一度お送りください。続く場合は管理者にお知らせください。",
            "en": "Please ask in a different way. If this continues, please tell your administrator.",
        },
        retry=False,
    ),
    "question_too_long": FailureText(
        _GENERATING,
        {
            "ja": "スレッドの内容も含めて、質問が Gemini の受け付ける長さを超えています。",
            "en": "Together with its thread, the question is longer than Gemini accepts.",
        },
        {
            "ja": "質問を短くするか、新しいスレッドでお送りください。",
            "en": "Please shorten the question, or ask it in a new thread.",
        },
        retry=False,
    ),
    "model_misconfigured": FailureText(
        _GENERATING,
        {
            "ja": "Gemini がこのアプリからの利用を受け付けませんでした。地域・請求・API の設定に問題があります。",
            "en": "Gemini does not accept requests from this app: its region, billing or API settings are wrong.",
        },
        _ADMINISTRATOR,
    ),
    "model_denied": FailureText(
        _GENERATING,
        {
            "ja": "Gemini を利用する権限が確認できませんでした。",
            "en": "Gemini does not accept our credentials.",
        },
        _ADMINISTRATOR,
    ),
    "model_not_found": FailureText(
        _GENERATING,
        {
            "ja": "設定されている Gemini のモデルが見つかりませんでした。",
            "en": "The configured Gemini model does not exist.",
        },
        _ADMINISTRATOR,
    ),
    "slack_unavailable": _SLACK_AWAY,
    "slack_outcome_unknown": _SLACK_AWAY,
    "slack_denied": FailureText(
        _SHOWING,
        {
            "ja": "Slack がアプリの認証を受け付けなかったため、回答を表示できませんでした。",
            "en": "Slack did not accept the app's token, so the answer could not be shown.",
        },
        _LATER,
        tried=True,
    ),
    "slack_refused": FailureText(
        _SHOWING,
        {
            "ja": "Slack が、質問のあった会話での読み取りや投稿を許可しませんでした。",
            "en": "Slack did not let me read or post in the conversation where you asked.",
        },
        _ADMINISTRATOR,
    ),
    "slack_unshowable": FailureText(
        _SHOWING,
        {
            "ja": "Slack が回答の表示形式や長さを受け付けず、文字だけにしても表示できませんでした。",
            "en": "Slack did not accept the answer's layout or length, not even as plain text.",
        },
        {
            "ja": "短い回答になるように質問を分けて、もう一度お送りください。続く場合は管理者にお知らせください。",
            "en": "Please split the question so that each answer is shorter. If this continues, please tell your administrator.",
        },
    ),
    "response_closed": FailureText(
        _SHOWING,
        {
            "ja": "コマンドへの返信を Slack が受け付ける期間（30 分）または回数（5 回）を過ぎたため、回答を表示できませんでした。",
            "en": "Slack accepts answers to a command for 30 minutes and up to five messages. That limit was reached, so the answer could not be shown.",
        },
        {
            "ja": "同じ質問をもう一度お送りください。",
            "en": "Please ask the same question again.",
        },
        retry=False,
    ),
    "slack_rate_limited": FailureText(
        _SHOWING,
        {
            "ja": "Slack の送信量の制限により、回答を表示できませんでした。",
            "en": "Slack's rate limits kept the answer from being shown.",
        },
        _LATER,
        tried=True,
    ),
    "slack_not_there": FailureText(
        _SHOWING,
        {
            "ja": "質問のあったチャンネルに投稿できませんでした。アプリが外されたか、チャンネルがアーカイブされた可能性があります。",
            "en": "I cannot post where you asked. I may have been removed, or the channel may be archived.",
        },
        {
            "ja": "チャンネルにアプリを追加するか、ここで同じ質問をお送りください。",
            "en": "Add me to the channel again, or ask the same question here.",
        },
        retry=False,
    ),
    "slack_scope_missing": FailureText(
        _PERMISSION,
        {
            "ja": "このアプリに必要な Slack の権限が与えられていないため、回答できませんでした。",
            "en": "This app lacks a permission in Slack, so the question could not be answered.",
        },
        _ADMINISTRATOR,
    ),
    "files_unusable": FailureText(
        _ASKING,
        {
            "ja": "お送りいただいたファイルを利用できませんでした。\n{files}",
            "en": "The files you sent could not be used.\n{files}",
        },
        {
            "ja": "ファイルを確認のうえ、もう一度お送りください。PDF・画像・音声・動画・テキスト形式のファイルに対応しています。",
            "en": "Please check the files and send them again. PDFs, images, audio, video and text are supported.",
        },
        retry=False,
    ),
    "thread_unreadable": FailureText(
        _READING,
        {
            "ja": "スレッドを読めませんでした。私がそのチャンネルに参加していないか、メッセージが削除されています。",
            "en": "I cannot read the thread: I am not in that channel, or the message has been deleted.",
        },
        {
            "ja": "チャンネルで `/invite` を使って私を追加してから、「もう一度試す」を押してください。",
            "en": "Please add me to the channel with `/invite`, then press Retry.",
        },
    ),
    "not_a_member": FailureText(
        _READING,
        {
            "ja": "このメッセージがあるチャンネルのメンバーではないため、内容を読み取りませんでした。",
            "en": "You are not a member of the channel with that message, so I did not read it.",
        },
        {
            "ja": "必要な場合は、チャンネルに参加してから、もう一度お試しください。",
            "en": "If you need it, please join the channel and try again.",
        },
    ),
    "nothing_to_read": FailureText(
        _READING,
        {
            "ja": "このメッセージには、読み取れる文章がありませんでした。",
            "en": "That message contains no text that I can read.",
        },
        {
            "ja": "文章のあるメッセージでお試しいただくか、内容をここに貼り付けてお尋ねください。",
            "en": "Please use the shortcut on a message with text, or paste the text here.",
        },
        retry=False,
    ),
    "user_rate_limited": FailureText(
        _ASKING,
        _for_all(
            "短い時間に多くの質問をいただいたため、一時的に受付を停止しています。{when}に再開します。",
            "You asked many questions in a short time. You can ask again from {when}.",
        ),
        _WAIT,
    ),
    "user_busy": FailureText(
        _ASKING,
        _for_all(
            "お答えを準備している質問がほかに多くあるため、この質問はお受けできませんでした。",
            "I am still answering many of your questions, so I could not take this one.",
        ),
        _FIRST_THE_OTHERS,
    ),
    "thread_busy": FailureText(
        _ASKING,
        _for_all(
            "このスレッドでは多くの質問が順番を待っているため、この質問にはお答えできませんでした。",
            "Many questions are waiting in this thread, so I could not answer this one.",
        ),
        _FIRST_THE_OTHERS,
    ),
    "user_daily_tokens": FailureText(
        _ASKING,
        _for_all(
            "お一人が 1 日に使える量の上限に達しました。{when}に再開します。",
            "You have reached the daily limit for one person. You can ask again from {when}.",
        ),
        _WAIT,
    ),
    "team_daily_tokens": FailureText(
        _ASKING,
        _for_all(
            "このワークスペースが 1 日に使える量の上限に達しました。{when}に再開します。",
            "Your workspace has reached its daily limit. You can ask again from {when}.",
        ),
        _WAIT,
    ),
}
