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
    """The texts of a notice: a sentence each for what happened and what to do.

    ``tried``: the worker tried repeatedly, and has stopped. ``covers``: the notice is for all
    questions that are refused for its reason within a minute.
    """

    phase: Texts
    what: Texts
    advice: Texts
    tried: bool = False
    retry: bool = True
    covers: bool = False


_ASKING: Final[Texts] = {"ja": "受付", "en": "intake"}
_READING: Final[Texts] = {"ja": "読み取り", "en": "reading"}
_GENERATING: Final[Texts] = {"ja": "生成", "en": "generating"}
_PERMISSION: Final[Texts] = {"ja": "権限", "en": "permissions"}
_SHOWING: Final[Texts] = {"ja": "表示", "en": "display"}

_LATER: Final[Texts] = {
    "ja": "しばらくしてから「もう一度試す」を押してください。",
    "en": "Press Retry in a few minutes.",
}
_REPHRASE: Final[Texts] = {
    "ja": "質問を変えて、もう一度お送りください。",
    "en": "Change the question and ask again.",
}
_ADMINISTRATOR: Final[Texts] = {
    "ja": "管理者に知らせ、解決したら「もう一度試す」を押してください。",
    "en": "Let your admin know, and press Retry once it's fixed.",
}
_WAIT: Final[Texts] = {
    "ja": "その後に「もう一度試す」を押してください。",
    "en": "Press Retry after that.",
}
_FIRST_THE_OTHERS: Final[Texts] = {
    "ja": "先の回答が届いてから「もう一度試す」を押してください。",
    "en": "Press Retry once the earlier answers are here.",
}


_MODEL_AWAY: Final = FailureText(
    _GENERATING,
    {"ja": "Gemini が応答しませんでした。", "en": "Gemini didn't respond."},
    _LATER,
    tried=True,
)
_CUT: Final = FailureText(
    _GENERATING,
    {"ja": "Gemini の回答が途中で切れました。", "en": "Gemini's answer broke off."},
    _LATER,
    tried=True,
)
_SLACK_AWAY: Final = FailureText(
    _SHOWING,
    {
        "ja": "Slack に接続できず、回答を表示できませんでした。",
        "en": "Slack couldn't be reached, so the answer couldn't be shown.",
    },
    _LATER,
    tried=True,
)
_BLOCKED: Final = FailureText(
    _GENERATING,
    {
        "ja": "Gemini の安全基準により、この質問には回答できません。",
        "en": "Gemini's safety rules don't allow an answer to this question.",
    },
    _REPHRASE,
    retry=False,
)
OTHER: Final = FailureText(
    _GENERATING,
    {
        "ja": "繰り返し試しましたが、回答できませんでした。",
        "en": "I tried several times, but couldn't answer this.",
    },
    _LATER,
    tried=True,
)

WORDS: Final[dict[str, FailureText]] = {
    "question_blocked": _BLOCKED,
    "model_refused": _BLOCKED,
    "answer_blocked": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の安全基準により、回答が途中で止まりました。",
            "en": "Gemini's safety rules stopped the answer partway.",
        },
        _REPHRASE,
    ),
    "answer_recited": FailureText(
        _GENERATING,
        {
            "ja": "公開済みの文章と同じになるため、Gemini が回答を止めました。",
            "en": "Gemini stopped, because the answer would have repeated published text.",
        },
        _REPHRASE,
    ),
    "answer_empty": FailureText(
        _GENERATING,
        {"ja": "Gemini の回答が空でした。", "en": "Gemini's answer was empty."},
        {
            "ja": "質問をもう少し具体的にして、お送りください。",
            "en": "Make the question more specific and ask again.",
        },
        tried=True,
    ),
    "length_limit": FailureText(
        _GENERATING,
        {
            "ja": "回答を書き始める前に、長さの上限に達しました。",
            "en": "Gemini hit its length limit before it began to answer.",
        },
        {
            "ja": "質問を短くするか、分けてお送りください。",
            "en": "Shorten the question or split it up.",
        },
    ),
    "answer_malformed": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の回答の形式が崩れていて、読み取れませんでした。",
            "en": "Gemini's answer was malformed and couldn't be read.",
        },
        _LATER,
        tried=True,
    ),
    "answer_language": FailureText(
        _GENERATING,
        {
            "ja": "Gemini が対応していない言語のため、回答が止まりました。",
            "en": "Gemini stopped, because it doesn't support the language.",
        },
        {
            "ja": "回答してほしい言語を書き添えて、もう一度お送りください。",
            "en": "Say which language you want and ask again.",
        },
        retry=False,
    ),
    "question_declined": FailureText(
        _GENERATING,
        {
            "ja": "Gemini が理由を示さずに回答を断りました。",
            "en": "Gemini declined to answer and didn't say why.",
        },
        _REPHRASE,
        tried=True,
    ),
    "answer_cut": _CUT,
    "answer_broken_off": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の不具合で、回答が最後まで届きませんでした。",
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
        {"ja": "時間内に回答が完成しませんでした。", "en": "The answer wasn't ready in time."},
        _LATER,
        tried=True,
    ),
    "model_daily_quota": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の 1 日の利用枠を使い切りました（{when} に再開）。",
            "en": "Today's Gemini quota is used up until {when}.",
        },
        _WAIT,
    ),
    "model_rejected": FailureText(
        _GENERATING,
        {
            "ja": "Gemini がこの質問を受け付けませんでした。",
            "en": "Gemini didn't accept this question.",
        },
        {
            "ja": "質問を変えてもう一度お送りになり、続く場合は管理者にお知らせください。",
            "en": "Ask it differently, and let your admin know if this keeps happening.",
        },
        retry=False,
    ),
    "question_too_long": FailureText(
        _GENERATING,
        {
            "ja": "スレッドと合わせた長さが、Gemini の上限を超えています。",
            "en": "With its thread, the question is too long for Gemini.",
        },
        {
            "ja": "質問を短くするか、新しいスレッドでお送りください。",
            "en": "Shorten it or ask in a new thread.",
        },
        retry=False,
    ),
    "model_misconfigured": FailureText(
        _GENERATING,
        {
            "ja": "Gemini の設定（地域・請求・API）に問題があり、利用できません。",
            "en": "Gemini rejects this app: its region, billing or API settings are wrong.",
        },
        _ADMINISTRATOR,
    ),
    "model_denied": FailureText(
        _GENERATING,
        {
            "ja": "Gemini を利用する権限がありません。",
            "en": "Gemini doesn't accept our credentials.",
        },
        _ADMINISTRATOR,
    ),
    "model_not_found": FailureText(
        _GENERATING,
        {
            "ja": "設定された Gemini のモデルが見つかりません。",
            "en": "The configured Gemini model doesn't exist.",
        },
        _ADMINISTRATOR,
    ),
    "slack_unavailable": _SLACK_AWAY,
    "slack_outcome_unknown": _SLACK_AWAY,
    "slack_denied": FailureText(
        _SHOWING,
        {
            "ja": "Slack がアプリを認証せず、回答を表示できませんでした。",
            "en": "Slack rejected the app's token, so the answer couldn't be shown.",
        },
        _LATER,
        tried=True,
    ),
    "slack_refused": FailureText(
        _SHOWING,
        {
            "ja": "質問のあった会話での読み取りや投稿を、Slack が許可しませんでした。",
            "en": "Slack didn't let me read or post where you asked.",
        },
        _ADMINISTRATOR,
    ),
    "slack_unshowable": FailureText(
        _SHOWING,
        {
            "ja": "Slack がこの回答の形式や長さを受け付けませんでした。",
            "en": "Slack rejected the answer's layout or length.",
        },
        {
            "ja": "回答が短くなるように、質問を分けてお送りください。",
            "en": "Split the question so that each answer is shorter.",
        },
    ),
    "response_closed": FailureText(
        _SHOWING,
        {
            "ja": "コマンドへの返信期限（30 分、5 回まで）を過ぎ、回答を表示できませんでした。",
            "en": "A command can be answered for 30 minutes, five times at most, and that limit was reached.",
        },
        {"ja": "同じ質問をもう一度お送りください。", "en": "Ask the same question again."},
        retry=False,
    ),
    "slack_rate_limited": FailureText(
        _SHOWING,
        {
            "ja": "Slack の送信制限により、回答を表示できませんでした。",
            "en": "Slack's rate limits kept the answer from being shown.",
        },
        _LATER,
        tried=True,
    ),
    "slack_not_there": FailureText(
        _SHOWING,
        {
            "ja": "質問のあったチャンネルに投稿できません（アプリが外されたか、アーカイブされています）。",
            "en": "I can't post where you asked: I was removed, or the channel is archived.",
        },
        {
            "ja": "アプリを追加し直すか、ここで質問してください。",
            "en": "Add me again, or ask here.",
        },
        retry=False,
    ),
    "slack_scope_missing": FailureText(
        _PERMISSION,
        {
            "ja": "アプリに必要な Slack の権限がありません。",
            "en": "The app lacks a Slack permission.",
        },
        _ADMINISTRATOR,
    ),
    "files_unusable": FailureText(
        _ASKING,
        {
            "ja": "送られたファイルを利用できませんでした。\n{files}\n",
            "en": "I couldn't use your files.\n{files}\n",
        },
        {
            "ja": "PDF・Word・Excel・PowerPoint・画像・音声・動画・テキストを、もう一度お送りください。",
            "en": "Send PDFs, Word, Excel or PowerPoint files, images, audio, video or text.",
        },
        retry=False,
    ),
    "thread_unreadable": FailureText(
        _READING,
        {
            "ja": "スレッドを読めません（チャンネルに参加していないか、削除されています）。",
            "en": "I can't read the thread: I'm not in that channel, or it was deleted.",
        },
        {
            "ja": "`/invite` で追加してから「もう一度試す」を押してください。",
            "en": "Add me with `/invite`, then press Retry.",
        },
    ),
    "not_a_member": FailureText(
        _READING,
        {
            "ja": "このチャンネルのメンバーではないため、内容は読みませんでした。",
            "en": "You're not in that channel, so I didn't read the message.",
        },
        {
            "ja": "参加してから「もう一度試す」を押してください。",
            "en": "Join it, then press Retry.",
        },
    ),
    "catch_up_not_there": FailureText(
        _READING,
        {
            "ja": "読めるのは、あなたと私の両方が参加しているチャンネルだけです。",
            "en": "I can only read channels that both of us are in.",
        },
        {
            "ja": "参加しているかを確かめ、必要なら `/invite` で私を追加してから、もう一度お試しください。",
            "en": "Check that you're in it, add me with `/invite` if need be, and try again.",
        },
        retry=False,
    ),
    "nothing_said": FailureText(
        _READING,
        {
            "ja": "この期間には、チャンネルに読める発言がありませんでした。",
            "en": "Nobody has written anything I can read in that channel in this time.",
        },
        {
            "ja": "期間を広げるには、`/gemini catch-up 1w` のように入力してください。",
            "en": "For a longer time, type something like `/gemini catch-up 1w`.",
        },
        retry=False,
    ),
    "nothing_to_read": FailureText(
        _READING,
        {
            "ja": "このメッセージには読める文章がないか、メッセージが削除されています。",
            "en": "That message has no text I can read, or it's gone.",
        },
        {
            "ja": "文章のあるメッセージで使うか、ここに貼り付けてください。",
            "en": "Try a message with text, or paste the text here.",
        },
        retry=False,
    ),
    "user_rate_limited": FailureText(
        _ASKING,
        {
            "ja": "質問が続いたため、{when} まで受け付けを止めています。",
            "en": "You've asked a lot in a short time, so I'm pausing until {when}.",
        },
        _WAIT,
        covers=True,
    ),
    "user_busy": FailureText(
        _ASKING,
        {
            "ja": "回答待ちの質問が多いため、これは受け付けていません。",
            "en": "I'm still working on your other questions, so I didn't take this one.",
        },
        _FIRST_THE_OTHERS,
        covers=True,
    ),
    "thread_busy": FailureText(
        _ASKING,
        {
            "ja": "このスレッドは順番待ちが多いため、これは受け付けていません。",
            "en": "Too many questions are waiting in this thread, so I didn't take this one.",
        },
        _FIRST_THE_OTHERS,
        covers=True,
    ),
    "user_daily_tokens": FailureText(
        _ASKING,
        {
            "ja": "1 日に使える量の上限に達しました（{when} に再開）。",
            "en": "You've hit your daily limit, which resets {when}.",
        },
        _WAIT,
        covers=True,
    ),
    "team_daily_tokens": FailureText(
        _ASKING,
        {
            "ja": "ワークスペースの 1 日の上限に達しました（{when} に再開）。",
            "en": "Your workspace has hit its daily limit, which resets {when}.",
        },
        _WAIT,
        covers=True,
    ),
}
