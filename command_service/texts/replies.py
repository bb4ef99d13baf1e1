"""Replies of the command service, in Japanese and English."""

from typing import Final

from command_service.payloads.model import RejectReason
from shared.task import FeedbackReason, Locale, Texts

_OPTION_CHARS: Final = 40

# Slack shows a status behind the app's name, and the loading messages in its place, alone
# (docs.slack.dev, assistant.threads.setStatus).
IS_THINKING: Final[Texts] = {"ja": "が考えています…", "en": "is thinking…"}
LOADING_LINES: Final[dict[Locale, list[str]]] = {
    "ja": [
        "質問を受け付けました…",
        "内容を確認しています…",
        "回答を準備しています…",
        "もう少々お待ちください…",
    ],
    "en": [
        "Your question has arrived…",
        "Reading it carefully…",
        "Preparing an answer…",
        "Just a moment more…",
    ],
}
QUESTION_KEPT: Final[Texts] = {
    "ja": "ただいま受け付けに時間がかかっていますが、質問は残っています。復旧しだいここでお答えしますので、送り直す必要はありません。",
    "en": "I can't start on this right now, but your question is kept. I'll answer here as soon as I can, so there's no need to resend it.",
}
TYPED: Final[Texts] = {
    "ja": "入力された内容です。コピーしてお使いください。",
    "en": "Here's what you typed, ready to copy:",
}
SHORTCUT_ACCEPTED: Final[Texts] = {
    "ja": "承りました。回答は、このアプリとのダイレクトメッセージにお送りします。ほかの方には表示されません。",
    "en": "Got it. I will send the answer in our direct messages, where only you see it.",
}
COMMAND_ACCEPTED: Final[Texts] = {
    "ja": "質問を受け付けました。回答を準備していますので、少々お待ちください。",
    "en": "I have your question and am preparing an answer. One moment, please.",
}

PRIVATE_TO_BE_SURE: Final[Texts] = {
    "ja": "ここが社外の方と共有されているかを確認できなかったため、回答はダイレクトメッセージでお送りします。ほかの方には見えません。",
    "en": "I couldn't tell whether this channel is shared with other organisations, so I'll answer in our direct messages, where only you can see it.",
}
_USAGE: Final[Texts] = {
    "ja": """\
*質問のしかた*
• `/gemini 質問` と入力する
• チャンネルで私にメンションし、続けて質問を書く（ほかの方も書いているスレッドでは、そのつどメンションしてください）
• ダイレクトメッセージで質問を送る
• メッセージの「その他」メニューから「スレッドを要約」「翻訳」「説明」を選ぶ（回答はダイレクトメッセージに届きます）
*読めるファイル*
• PDF・Word・Excel・PowerPoint・画像・音声・動画・テキストを質問に添付できます
*回答のモード* （`/gemini` では、指定がなければ質問に合わせて自動で選びます）
• `/gemini general: 質問` 要約と主なポイント（`一般:` も使えます）
• `/gemini code: 質問` コードと説明、改善の提案（`コード:`）
• `/gemini data: 質問` 分析と発見事項、推奨事項（`データ:`）
• `/gemini creative: 質問` 文章とスタイル、別案（`創作:`）
*オプション* （質問の前に書きます）
• `--private` 質問と回答をダイレクトメッセージに届けます（ほかの方には見えません）
• `--mode code` モードを指定します
*ご利用の制限*
• 質問は {limit} 文字までです
• 1 分あたりの質問数や 1 日の利用量に上限が設けられている場合があります
*困ったときは*
• `/gemini doctor` 接続や設定に問題がないかを調べます（結果はあなただけに表示されます）""",
    "en": """\
*How to ask*
• type `/gemini your question`
• mention me in a channel, followed by your question (in a thread where others write, too, mention me each time)
• send me a direct message
• choose Summarise thread, Translate or Explain from a message's menu (I answer in a direct message)
*Files I can read*
• send PDF, Word, Excel or PowerPoint files, images, audio, video or text with your question
*Answer modes* (with `/gemini`, I choose one to fit your question unless you name it)
• `/gemini general: …` a summary and its key points
• `/gemini code: …` code with an explanation and suggestions
• `/gemini data: …` an analysis with insights and recommendations
• `/gemini creative: …` a text with its style and variations
*Options* (before the question)
• `--private` brings question and answer to our direct messages, where only you see them
• `--mode code` names the mode
*Limits*
• a question may have up to {limit} characters
• there may be limits on questions per minute and on daily usage
*When something does not work*
• `/gemini doctor` checks connections and settings (only you see the result)""",
}


def _before_usage(ja: str, en: str) -> Texts:
    return {"ja": f"{ja}\n{_USAGE['ja']}", "en": f"{en}\n{_USAGE['en']}"}


_REFUSALS: Final[dict[RejectReason, Texts]] = {
    RejectReason.EMPTY_PROMPT: _before_usage(
        "ご質問の内容が見当たりませんでした。使い方は次のとおりです。",
        "I could not find a question there. Here is how to ask me:",
    ),
    RejectReason.HELP_ASKED: _before_usage("使い方は次のとおりです。", "Here is how to ask me:"),
    RejectReason.UNKNOWN_OPTION: {
        "ja": "`{option}` というオプションはありません。使えるのは `--private` と `--mode`（general、code、data、creative）です。",
        "en": "There's no `{option}` option. You can use `--private` and `--mode` (general, code, data, creative).",
    },
    RejectReason.PROMPT_TOO_LONG: {
        "ja": "ご質問が長すぎるため、受け付けられませんでした。{limit} 文字以内に短くするか、いくつかに分けてお送りください。",
        "en": "Your question is too long for me. Please shorten it to {limit} characters or send it in several parts.",
    },
    RejectReason.MESSAGE_TOO_LONG: {
        "ja": "このメッセージは {limit} 文字を超えているため、扱えませんでした。必要な部分をダイレクトメッセージに貼り付けてお尋ねください。",
        "en": "This message has more than {limit} characters, which is too long for me. Please send me the part you need as a direct message.",
    },
    RejectReason.TEAM_NOT_ALLOWED: {
        "ja": "申し訳ありませんが、このワークスペースではご利用いただけません。必要な場合は管理者にご相談ください。",
        "en": "I am sorry, I am not available in this workspace. Please ask your administrator if you need me here.",
    },
    RejectReason.CHANNEL_NOT_ALLOWED: {
        "ja": "申し訳ありませんが、ここではご利用いただけません。利用できるチャンネルについては管理者にお尋ねください。",
        "en": "I am sorry, I am not available here. Your administrator can tell you where you can ask me.",
    },
    RejectReason.USER_NOT_ALLOWED: {
        "ja": "申し訳ありませんが、現在ご利用いただける対象に含まれていません。ご希望の場合は管理者にご相談ください。",
        "en": "I am sorry, you cannot use me at present. Please ask your administrator for access.",
    },
    RejectReason.EXTERNAL_CHANNEL: {
        "ja": "社外の方と共有しているチャンネルでは、情報保護のためお答えしていません。社内のチャンネルかダイレクトメッセージでお尋ねください。",
        "en": "To protect information I do not answer in channels shared with other organisations. Please ask me in an internal channel or in a direct message.",
    },
    RejectReason.NOT_IN_ROLLOUT: {
        "ja": "ただいま順次ご利用を開始しています。ご利用いただけるようになるまで、もうしばらくお待ちください。",
        "en": "I am being introduced step by step and will be available to you soon. Thank you for your patience.",
    },
    RejectReason.QUESTION_GONE: {
        "ja": "元の質問が見つからないため、回答を再生成できませんでした。お手数ですが、もう一度質問をお送りください。",
        "en": "I could not find the original question, so I cannot answer it again. Please send it once more.",
    },
    RejectReason.QUESTION_UNREADABLE: {
        "ja": "元の質問を読み込めませんでした。少し時間をおいて、もう一度ボタンを押してください。",
        "en": "I could not read the original question just now. Please press the button again in a moment.",
    },
    RejectReason.QUEUE_UNAVAILABLE: {
        "ja": "申し訳ありません。ただいま質問を受け付けられませんでした。少し時間をおいて、もう一度お試しください。",
        "en": "I am sorry, I could not take your question just now. Please try again in a moment.",
    },
    RejectReason.SLACK_DENIED: {
        "ja": "申し訳ありません。Slack への接続許可が無効になっているため、質問を受け付けられませんでした。お手数ですが、管理者にお知らせください。",
        "en": "I am sorry, I could not take your question: Slack no longer accepts my access to this workspace. Please let your administrator know.",
    },
    RejectReason.NOT_A_MEMBER: {
        "ja": "元の質問があるチャンネルのメンバーではないため、受け付けませんでした。必要な場合は、チャンネルに参加してから、もう一度お試しください。",
        "en": "You are not a member of the channel where this was asked, so I did not take it. If you need it, please join the channel and try again.",
    },
    RejectReason.NOT_THE_ASKER: {
        "ja": "回答を停止できるのは、質問した方だけです。",
        "en": "Only the person who asked can stop the answer.",
    },
    RejectReason.PRESS_LOST: {
        "ja": "申し訳ありません。ただいま受け付けられませんでした。少し時間をおいて、もう一度押してください。",
        "en": "I am sorry, I could not take that just now. Please press it again in a moment.",
    },
    RejectReason.TOO_MANY_QUESTIONS: {
        "ja": "短い時間に多くの質問をいただいたため、この質問は受け付けていません。1 分ほどの間は同じお知らせを繰り返しませんので、しばらくしてから、回答のない質問をもう一度お送りください。",
        "en": "You sent many questions in a short time, so I did not take this one. I do not repeat this notice within a minute: please wait a little, then send any unanswered questions again.",
    },
    RejectReason.OVERLOADED: {
        "ja": "ただいま大変混み合っています。少し時間をおいて、もう一度お試しください。",
        "en": "I am very busy at the moment. Please try again shortly.",
    },
}

EDITED: Final[Texts] = {
    "ja": "質問の内容が変わりましたね。新しい内容で答え直しましょうか。これまでの回答はそのまま残ります。",
    "en": "You changed your question. Shall I answer the new version? The earlier answer stays.",
}
EDITED_BUTTON: Final[Texts] = {"ja": "新しい内容で答え直す", "en": "Answer the new version"}
FEEDBACK_TITLE: Final[Texts] = {"ja": "回答へのご意見", "en": "About this answer"}
FEEDBACK_INTRO: Final[Texts] = {
    "ja": "よろしければ、この回答のどのような点が気になったかをお聞かせください。",
    "en": "If you like, tell me what was wrong with this answer.",
}
FEEDBACK_SUBMIT: Final[Texts] = {"ja": "送信", "en": "Send"}
FEEDBACK_CLOSE: Final[Texts] = {"ja": "閉じる", "en": "Close"}
FEEDBACK_THANKS: Final[Texts] = {
    "ja": "ありがとうございます。今後の改善に役立てます。",
    "en": "Thank you. This helps to improve the answers.",
}
FLAW_LABEL: Final[Texts] = {"ja": "気になった点", "en": "What was wrong"}
FLAW_PLACEHOLDER: Final[Texts] = {"ja": "選んでください", "en": "Choose one"}
FLAWS: Final[dict[FeedbackReason, Texts]] = {
    FeedbackReason.WRONG: {"ja": "内容が間違っている", "en": "It is wrong"},
    FeedbackReason.OFF_TOPIC: {
        "ja": "質問の答えになっていない",
        "en": "It does not answer my question",
    },
    FeedbackReason.TOO_LONG: {"ja": "長すぎる", "en": "It is too long"},
    FeedbackReason.TOO_SHORT: {"ja": "短すぎる、説明が足りない", "en": "It is too short"},
    FeedbackReason.OUTDATED: {"ja": "情報が古い", "en": "It is out of date"},
    FeedbackReason.UNCLEAR: {"ja": "分かりにくい", "en": "It is hard to understand"},
    FeedbackReason.OTHER: {"ja": "その他", "en": "Something else"},
}
COMMENT_LABEL: Final[Texts] = {"ja": "ご意見", "en": "In your own words"}
COMMENT_HINT: Final[Texts] = {
    "ja": "お書きになった内容は記録され、このアプリの管理者が読むことがあります。",
    "en": "What you write is recorded, and the administrators of this app may read it.",
}


def refusal(
    reason: RejectReason, locale: Locale, *, max_prompt_chars: int, option: str = ""
) -> str:
    """What happened and what to do, for a reason that the user is told.

    ``option``, as typed, is shown as code: nothing in it can end the code or mean a mention.
    """
    shown = option if len(option) <= _OPTION_CHARS else option[:_OPTION_CHARS] + "…"
    for character, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("`", "'")):
        shown = shown.replace(character, instead)
    return _REFUSALS[reason][locale].format(limit=f"{max_prompt_chars:,}", option=shown)
