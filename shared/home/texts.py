"""The texts of App Home, in Japanese and English."""

from typing import Final

from shared.task import Locale, Mode, Texts

HOME_TITLE: Final[Texts] = {"ja": "Mechachang へようこそ", "en": "Welcome to Mechachang"}
ABOUT: Final[Texts] = {
    "ja": "Gemini がお答えするアシスタントです。質問への回答、文章やコードの作成、データの整理、スレッドの要約や翻訳をお手伝いします。",
    "en": "I'm an assistant powered by Gemini. I answer questions, write text and code, make sense of data, and summarise or translate threads.",
}
WAYS: Final[Texts] = {
    "ja": """\
*質問のしかたは 3 つ*
• *メンション*（チャンネル、グループ DM）  `@Mechachang 素数を判定する Python の関数を書いてください`
• *ダイレクトメッセージ*  「メッセージ」タブに書くだけ：「30 分の定例会議の議題のひな形を作ってください。」
• *コマンド*  `/gemini オンライン会議を短くするには？`（`--private` を付けると、あなただけに届きます）""",
    "en": """\
*Three ways to ask*
• *Mention me* in a channel or group DM  `@Mechachang Write a Python function that tests whether a number is prime`
• *Direct message*  just write in the Messages tab: “Draft an agenda for a 30-minute weekly team meeting.”
• *Command*  `/gemini How can we keep remote meetings short?` (add `--private` and only you see the answer)""",
}
ELSEWHERE: Final[Texts] = {
    "ja": "メッセージのメニューの「スレッドを要約」「翻訳」「説明」や、メッセージの転送でもお使いいただけます。",
    "en": "You can also pick Summarise thread, Translate or Explain in a message's menu, or forward a message to me.",
}
BY_REACTION: Final[Texts] = {
    "ja": "{elsewhere}メッセージに :{emoji}: のリアクションを付けても、その内容についてお答えします。",
    "en": "{elsewhere} Or put :{emoji}: on a message, and I answer what it asks or explain it.",
}
SETTINGS: Final[Texts] = {"ja": "*あなたの設定*", "en": "*Your settings*"}
LANGUAGE: Final[Texts] = {
    "ja": "*言語*\nこの画面、お知らせ、ボタンの言語です。回答は質問と同じ言語になります。",
    "en": "*Language*\nFor this page, notices and buttons. Answers are in the language of your question.",
}
LANGUAGES: Final[dict[Locale | None, Texts]] = {
    None: {"ja": "自動（Slack の言語）", "en": "Automatic (as in Slack)"},
    "ja": {"ja": "日本語", "en": "日本語"},
    "en": {"ja": "English", "en": "English"},
}
DEFAULT_MODE: Final[Texts] = {
    "ja": "*既定の回答モード*\nモードを指定しない質問に使います。`code:` や `--mode data` を付けた質問では、その指定を優先します。",
    "en": "*Default mode*\nFor questions that name no mode. `code:` or `--mode data` in a question overrides it.",
}
DEFAULT_MODES: Final[dict[Mode | None, Texts]] = {
    None: {"ja": "自動（質問に合わせる）", "en": "Automatic (fits the question)"},
    Mode.GENERAL: {"ja": "general：要約とポイント", "en": "general: summary and key points"},
    Mode.CODE: {"ja": "code：コードと説明", "en": "code: code and explanation"},
    Mode.DATA: {"ja": "data：分析と発見事項", "en": "data: analysis and insights"},
    Mode.CREATIVE: {"ja": "creative：文章と別案", "en": "creative: text and variations"},
}
HELP: Final[Texts] = {
    "ja": "くわしい使い方は `/gemini help`、うまく動かないときは `/gemini doctor` でご確認いただけます。",
    "en": "`/gemini help` tells you more, and `/gemini doctor` finds out why something doesn't work.",
}
USAGE: Final[Texts] = {"ja": "*今日のご利用状況*", "en": "*Your usage today*"}
USAGE_COMES: Final[Texts] = {
    "ja": "ご利用状況を確認しています。しばらく待っても表示されない場合は、回答を作成するサービスが応答していません。",
    "en": "Looking up your usage. If nothing appears in a while, the answering service isn't responding.",
}
USAGE_UNKNOWN: Final[Texts] = {
    "ja": "ただいまご利用状況を確認できません。質問は通常どおりお送りいただけます。",
    "en": "Usage isn't available right now. You can ask as usual.",
}
QUESTIONS: Final[Texts] = {"ja": "*質問*\n{used} 件", "en": "*Questions*\n{used}"}
TOKENS: Final[Texts] = {"ja": "*トークン*\n{used}", "en": "*Tokens*\n{used}"}
TEAM_TOKENS: Final[Texts] = {
    "ja": "*ワークスペース全体のトークン*\n{used}",
    "en": "*Workspace tokens*\n{used}",
}
IN_A_MINUTE: Final[Texts] = {
    "ja": "*直近 1 分間の質問*\n{used}",
    "en": "*Questions in the last minute*\n{used}",
}
RESETS: Final[Texts] = {
    "ja": "{resets_at}に 0 に戻ります。{now}時点の値です。",
    "en": "Resets {resets_at}. As of {now}.",
}
