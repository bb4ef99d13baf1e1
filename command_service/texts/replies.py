"""Replies of the command service, in Japanese and English."""

from typing import Final

from command_service.payloads.model import AskingReaction, RejectReason
from shared.slack.message_text import escape
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
        "Got your question…",
        "Reading it carefully…",
        "Preparing an answer…",
        "One more moment…",
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
    "ja": "回答はダイレクトメッセージでお送りします（ほかの方には見えません）。",
    "en": "Got it. I'll answer in our direct messages, where only you can see it.",
}
COMMAND_ACCEPTED: Final[Texts] = {
    "ja": "質問を受け付けました。回答まで、少々お待ちください。",
    "en": "Got your question. The answer is on its way.",
}

PRIVATE_TO_BE_SURE: Final[Texts] = {
    "ja": "ここが社外の方と共有されているかを確認できなかったため、回答はダイレクトメッセージでお送りします。ほかの方には見えません。",
    "en": "I couldn't tell whether this channel is shared with other organisations, so I'll answer in our direct messages, where only you can see it.",
}
_USAGE: Final[Texts] = {
    "ja": """\
*質問のしかた*
• `/gemini 質問` と入力する
• チャンネルやグループ DM で私にメンションし、続けて質問を書く（ほかの方も書いているスレッドでは、そのつどメンションしてください）
• ダイレクトメッセージで質問を送る（ほかのメッセージを転送するだけでも、その内容についてお答えします）
• メッセージの「その他」メニューから「スレッドを要約」「翻訳」「説明」を選ぶ（回答はダイレクトメッセージに届きます）{reaction}
*チャンネルのまとめ*
• `/gemini catch-up #チャンネル 3d` 最近の発言のまとめを、元の発言へのリンク付きでダイレクトメッセージに届けます（`/gemini まとめ` も使えます。期間は `1d`・`3d`・`1w`、チャンネルを省くとその場所。あなたと私の両方が参加しているチャンネルに限ります）
• ダイレクトメッセージの横にチャンネルやメッセージを開き、「このチャンネルの今週をまとめて」「このスレッドの要点は」のように質問する
*読めるファイル*
• PDF・Word・Excel・PowerPoint・OpenDocument・CSV・メール（.eml）・画像・音声・動画・テキストを質問に添付できます
*回答のモード* （指定がなければ、`/gemini` では質問に合わせて自動で選びます。既定のモードと言語は、私の「ホーム」タブで選べます）
• `/gemini general: 質問` 要約と主なポイント（`一般:` も使えます）
• `/gemini code: 質問` コードと説明、改善の提案（`コード:`）
• `/gemini data: 質問` 分析と発見事項、推奨事項（`データ:`）
• `/gemini creative: 質問` 文章とスタイル、別案（`創作:`）
*オプション* （質問の前に書きます）
• `--private` 質問と回答をダイレクトメッセージに届けます（ほかの方には見えません。あとからチャンネルに共有できます）
• `--mode code` モードを指定します
*ご利用の制限*
• 質問は {limit} 文字までです
• 1 分あたりの質問数や 1 日の利用量に上限が設けられている場合があります
*困ったときは*
• `/gemini doctor` 接続や設定に問題がないかを調べます（結果はあなただけに表示されます）""",
    "en": """\
*How to ask*
• type `/gemini your question`
• mention me in a channel or a group direct message, followed by your question (in a thread where others write, too, mention me each time)
• send me a direct message, or just forward one to me and I'll explain it
• choose Summarise thread, Translate or Explain from a message's menu (I answer by direct message){reaction}
*Catching up*
• `/gemini catch-up #channel 3d` sums up what was said lately, with links, in our direct messages (`1d`, `3d` or `1w`; without a channel, the one you're in; only channels that both of us are in)
• open a channel or message beside our direct messages and ask about it: "Summarise this channel's week"
*Files I can read*
• send PDF, Word, Excel, PowerPoint, OpenDocument, CSV or mail (.eml) files, images, audio, video or text with your question
*Answer modes* (`/gemini` picks one that fits, unless you name it; choose a default mode and your language in my Home tab)
• `/gemini general: …` a summary and its key points
• `/gemini code: …` code with an explanation and suggestions
• `/gemini data: …` an analysis with insights and recommendations
• `/gemini creative: …` a text with its style and variations
*Options* (before the question)
• `--private` brings question and answer to our direct messages, where only you see them; you can share them later
• `--mode code` sets the mode
*Limits*
• questions can have up to {limit} characters
• questions per minute and daily usage may be limited
*If something doesn't work*
• `/gemini doctor` checks connections and settings (only you see the result)""",
}

# In direct messages, and in the message's thread.
_BY_REACTION: Final[dict[bool, Texts]] = {
    False: {
        "ja": "\n• メッセージに :{emoji}: のリアクションを付ける（その内容について、ダイレクトメッセージでお答えします）",
        "en": "\n• put :{emoji}: on a message as a reaction (I answer what it asks, or explain it, by direct message)",
    },
    True: {
        "ja": "\n• メッセージに :{emoji}: のリアクションを付ける（その内容について、スレッドでお答えします）",
        "en": "\n• put :{emoji}: on a message as a reaction (I answer what it asks, or explain it, in its thread)",
    },
}
_NO_REACTION: Final[Texts] = {"ja": "", "en": ""}


def _before_usage(ja: str, en: str) -> Texts:
    return {"ja": f"{ja}\n{_USAGE['ja']}", "en": f"{en}\n{_USAGE['en']}"}


_REFUSALS: Final[dict[RejectReason, Texts]] = {
    RejectReason.EMPTY_PROMPT: _before_usage(
        "質問が見当たりませんでした。使い方は次のとおりです。",
        "I couldn't find a question there. Here's how to ask:",
    ),
    RejectReason.HELP_ASKED: _before_usage("使い方は次のとおりです。", "Here's how to ask:"),
    RejectReason.UNKNOWN_OPTION: {
        "ja": "`{option}` というオプションはありません。使えるのは `--private` と `--mode`（general、code、data、creative）です。",
        "en": "There's no `{option}` option. You can use `--private` and `--mode` (general, code, data, creative).",
    },
    RejectReason.UNKNOWN_CHANNEL: {
        "ja": "どのチャンネルかを読み取れませんでした。`#` と入力すると出る候補から選び直すか、そのチャンネルで `/gemini catch-up` とだけ入力してください。",
        "en": "I couldn't tell which channel you mean. Pick it from the list that `#` opens, or type just `/gemini catch-up` in that channel.",
    },
    RejectReason.NOTHING_BESIDE: {
        "ja": "横に開いているチャンネルがわかりませんでした。チャンネルを横に開いてからもう一度お送りいただくか、`/gemini catch-up #チャンネル` と入力してください。",
        "en": "I can't tell which channel is open beside me. Open one and ask again, or type `/gemini catch-up #channel`.",
    },
    RejectReason.PROMPT_TOO_LONG: {
        "ja": "質問が長すぎます。{limit} 文字以内に短くするか、分けてお送りください。",
        "en": "Your question is too long. Shorten it to {limit} characters or split it up.",
    },
    RejectReason.MESSAGE_TOO_LONG: {
        "ja": "このメッセージは {limit} 文字を超えているため、扱えません。必要な部分をダイレクトメッセージでお送りください。",
        "en": "This message is too long for me: it has more than {limit} characters. Send me the part you need in a direct message.",
    },
    RejectReason.TEAM_NOT_ALLOWED: {
        "ja": "このワークスペースではご利用いただけません。必要な場合は管理者にご相談ください。",
        "en": "I'm not available in this workspace. Ask your admin if you need me here.",
    },
    RejectReason.CHANNEL_NOT_ALLOWED: {
        "ja": "ここではご利用いただけません。利用できるチャンネルは管理者にお尋ねください。",
        "en": "I'm not available here. Your admin can tell you where to ask me.",
    },
    RejectReason.USER_NOT_ALLOWED: {
        "ja": "ご利用いただける対象に含まれていません。必要な場合は管理者にご相談ください。",
        "en": "You don't have access to me. Ask your admin if you need it.",
    },
    RejectReason.EXTERNAL_CHANNEL: {
        "ja": "社外の方と共有しているチャンネルでは、情報を守るためお答えしません。社内のチャンネルかダイレクトメッセージでお尋ねください。",
        "en": "To protect your information, I don't answer in channels shared with other organisations. Ask me in an internal channel or a direct message.",
    },
    RejectReason.NOT_IN_ROLLOUT: {
        "ja": "順番にご利用を開始しています。ご利用いただけるまで、もうしばらくお待ちください。",
        "en": "I'm being rolled out step by step, and it's not your turn yet. Thanks for your patience.",
    },
    RejectReason.QUESTION_GONE: {
        "ja": "元の質問が見つからないため、答え直せませんでした。もう一度質問をお送りください。",
        "en": "I couldn't find the original question, so there's nothing to regenerate. Please ask again.",
    },
    RejectReason.QUESTION_UNREADABLE: {
        "ja": "元の質問を読み込めませんでした。少し待ってから、もう一度押してください。",
        "en": "I couldn't read the original question just now. Press the button again in a moment.",
    },
    RejectReason.QUEUE_UNAVAILABLE: {
        "ja": "質問を受け付けられませんでした。少し待ってから、もう一度お試しください。",
        "en": "Sorry, I couldn't take your question just now. Please try again in a moment.",
    },
    RejectReason.SLACK_DENIED: {
        "ja": "Slack への接続許可が無効になっているため、質問を受け付けられませんでした。管理者にお知らせください。",
        "en": "Sorry, I couldn't take your question: Slack no longer accepts my access to this workspace. Please let your admin know.",
    },
    RejectReason.NOT_A_MEMBER: {
        "ja": "元の質問があるチャンネルのメンバーではないため、受け付けませんでした。参加してから、もう一度お試しください。",
        "en": "You're not in the channel where this was asked, so I didn't take it. Join it and try again.",
    },
    RejectReason.NOT_THE_ASKER: {
        "ja": "回答を停止できるのは、質問した方だけです。",
        "en": "Only the person who asked can stop the answer.",
    },
    RejectReason.PRESS_LOST: {
        "ja": "受け付けられませんでした。少し待ってから、もう一度押してください。",
        "en": "Sorry, that didn't go through. Please press it again in a moment.",
    },
    RejectReason.TOO_MANY_QUESTIONS: {
        "ja": "質問が続いたため、この質問は受け付けていません。1 分ほど待ってから、回答のない質問をもう一度お送りください（このお知らせは 1 分に 1 回だけです）。",
        "en": "You've asked a lot in a short time, so I didn't take this one. Wait a minute, then ask again whatever went unanswered (I send this notice once a minute at most).",
    },
    RejectReason.OVERLOADED: {
        "ja": "ただいま混み合っています。少し待ってから、もう一度お試しください。",
        "en": "I'm very busy right now. Please try again shortly.",
    },
}
TOLD: Final = frozenset(_REFUSALS)
"""The reasons a user would otherwise wonder about. The others stay silent: no user asked."""

EDITED: Final[Texts] = {
    "ja": "質問が編集されました。新しい内容で答え直しますか？",
    "en": "You edited your question. Answer the new version?",
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
    FeedbackReason.WRONG: {"ja": "内容が間違っている", "en": "It's wrong"},
    FeedbackReason.OFF_TOPIC: {
        "ja": "質問の答えになっていない",
        "en": "It doesn't answer my question",
    },
    FeedbackReason.TOO_LONG: {"ja": "長すぎる", "en": "It's too long"},
    FeedbackReason.TOO_SHORT: {"ja": "短すぎる、説明が足りない", "en": "It's too short"},
    FeedbackReason.OUTDATED: {"ja": "情報が古い", "en": "It's out of date"},
    FeedbackReason.UNCLEAR: {"ja": "分かりにくい", "en": "It's hard to understand"},
    FeedbackReason.OTHER: {"ja": "その他", "en": "Something else"},
}
COMMENT_LABEL: Final[Texts] = {"ja": "ご意見", "en": "In your own words"}
COMMENT_HINT: Final[Texts] = {
    "ja": "お書きになった内容は記録され、このアプリの管理者が読むことがあります。",
    "en": "What you write is recorded, and this app's admins may read it.",
}


def refusal(
    reason: RejectReason,
    *,
    max_prompt_chars: int,
    option: str = "",
    asking: AskingReaction | None = None,
) -> Texts:
    """The text that tells a user what happened and what to do, for a reason in ``TOLD``; the usage
    in it names the reaction that asks, if one does.

    ``option``, as typed, is shown as code: nothing in it can end the code or mean a mention.
    """
    shown = option if len(option) <= _OPTION_CHARS else option[:_OPTION_CHARS] + "…"
    shown = escape(shown).replace("`", "'")
    by_reaction = _BY_REACTION[asking.in_thread] if asking else _NO_REACTION
    return {
        locale: text.format(
            limit=f"{max_prompt_chars:,}",
            option=shown,
            reaction=by_reaction[locale].format(emoji=asking.emoji if asking else ""),
        )
        for locale, text in _REFUSALS[reason].items()
    }
