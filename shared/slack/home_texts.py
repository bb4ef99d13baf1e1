"""The texts of App Home, in Japanese and English."""

from typing import Final

from shared.task import Texts

HOME_TITLE: Final[Texts] = {"ja": "Mechachang へようこそ", "en": "Welcome to Mechachang"}
ABOUT: Final[Texts] = {
    "ja": "Gemini に質問できるアシスタントです。調べもの、文章やコードの作成、データの分析、スレッドの要約や翻訳をお手伝いします。回答は、書き上がるそばから表示されます。",
    "en": "I'm an assistant powered by Gemini. I research questions, write text and code, analyse data, and summarise or translate Slack threads. You can watch my answers being written.",
}
WAYS: Final[Texts] = {
    "ja": """\
*質問のしかた*
• *ダイレクトメッセージ*  この画面の「メッセージ」タブで話しかける（ほかのメッセージを転送するだけでも、お答えします）
• *チャンネル、グループ DM*  私にメンションし、続けて質問を書く
• *コマンド*  `/gemini 質問`（`--private` を付けると、ダイレクトメッセージであなただけに届きます）
• *メッセージのメニュー*  「スレッドを要約」「翻訳」「説明」を選ぶ（回答はダイレクトメッセージに届きます）""",
    "en": """\
*Ways to ask*
• *Direct message*  write to me in the Messages tab above, or forward a message to me
• *Channel or group DM*  mention me, followed by your question
• *Command*  `/gemini your question` (with `--private` I answer by direct message)
• *A message's menu*  choose Summarise thread, Translate or Explain (I answer by direct message)""",
}
MODES: Final[Texts] = {
    "ja": """\
*`/gemini` の回答モード* （指定がなければ、質問に合わせて自動で選びます）
• `general:` 要約と主なポイント
• `code:` コードと説明、改善の提案
• `data:` 分析と発見事項、推奨事項
• `creative:` 文章とスタイル、別案""",
    "en": """\
*Answer modes of `/gemini`* (I pick one that fits, unless you name it)
• `general:` a summary and its key points
• `code:` code with an explanation and suggestions
• `data:` an analysis with insights and recommendations
• `creative:` a text with its style and variations""",
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
OF: Final[Texts] = {"ja": "{used}（上限 {limit}）", "en": "{used} of {limit}"}
RESETS: Final[Texts] = {
    "ja": "{resets_at}に 0 に戻ります。{now}時点の値です。",
    "en": "Resets {resets_at}. As of {now}.",
}
