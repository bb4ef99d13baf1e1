"""The processor's part of ``/gemini doctor``, in Japanese and English."""

from typing import Final

from shared.slack.findings import CheckText
from shared.task import Texts

ALL_WELL: Final[Texts] = {
    "ja": "回答の作成は正常に動いています。",
    "en": "Health check, answers: everything works.",
}

PROCESSOR_VERSION: Final = CheckText(
    {
        "ja": "回答サービス {version}（キューの通過に {through:.2f} 秒）",
        "en": "Processor service {version} ({through:.2f} s through the queue)",
    },
    {
        "ja": "回答サービス {version}（キューの通過に {through:.0f} 秒かかっています）",
        "en": "Processor service {version}, but the queue took {through:.0f} s",
    },
    {
        "ja": "起動直後であれば、もう一度お試しください。続く場合は、管理者が Pub/Sub の未処理件数とインスタンス数の上限を確認してください。",
        "en": "If it was just starting, try again. If this keeps happening, an admin should check Pub/Sub's backlog and the instance limit.",
    },
)
SLACK: Final = CheckText(
    {"ja": "Slack に投稿できます", "en": "Slack can be reached"},
    {"ja": "Slack を利用できません（{why}）", "en": "Slack isn't available ({why})"},
    {
        "ja": "管理者の方へ: 回答サービスの `SLACK_BOT_TOKEN` と Slack の稼働状況を確認してください。",
        "en": "For admins: check the processor's `SLACK_BOT_TOKEN` and Slack's status.",
    },
)
REDIS: Final = CheckText(
    {"ja": "Redis は応答しています", "en": "Redis responds"},
    {
        "ja": "Redis が応答していません。回答は届きますが、キャッシュと利用制限は働きません",
        "en": "Redis isn't responding: questions are answered, but without cache and limits",
    },
    {
        "ja": "管理者の方へ: Redis の稼働状況と `REDIS_URL` を確認してください。",
        "en": "For admins: check Redis and `REDIS_URL`.",
    },
)
MODEL: Final = CheckText(
    {
        "ja": "Gemini のモデル `{model}` を利用できます",
        "en": "The Gemini model `{model}` is available",
    },
    {
        "ja": "Gemini のモデル `{model}` を利用できません（{why}）",
        "en": "The Gemini model `{model}` isn't available ({why})",
    },
    {
        "ja": "管理者の方へ: `{setting}`、API キーまたはサービスアカウントの権限、Gemini の稼働状況を確認してください。",
        "en": "For admins: check `{setting}`, the API key or the service account's roles, and Gemini's status.",
    },
)
CACHE_ON: Final = CheckText(
    {
        "ja": "同じ質問への回答は {minutes:g} 分間保存され、再利用されます",
        "en": "Identical questions get the cached answer for {minutes:g} minutes",
    }
)
CACHE_OFF: Final = CheckText(
    {
        "ja": "回答のキャッシュは使わない設定です",
        "en": "The answer cache is switched off",
    }
)
QUESTIONS_LEFT: Final = CheckText(
    {
        "ja": "直近 1 分間の質問: {used}",
        "en": "Questions in the last minute: {used}",
    },
    {
        "ja": "直近 1 分間の質問が上限に達しています: {used}",
        "en": "You've hit the limit of questions per minute: {used}",
    },
    {"ja": "1 分ほど待ってからお尋ねください。", "en": "Wait a minute, then ask again."},
)
TOKENS_LEFT: Final = CheckText(
    {"ja": "今日のトークン: {used}", "en": "Tokens today: {used}"},
    {
        "ja": "今日のトークンが上限に達しています: {used}",
        "en": "You've used up today's tokens: {used}",
    },
    {"ja": "{resets_at}に再開します。", "en": "You can ask again from {resets_at}."},
)
TEAM_TOKENS_LEFT: Final = CheckText(
    {
        "ja": "ワークスペース全体の今日のトークン: {used}",
        "en": "Workspace tokens today: {used}",
    },
    {
        "ja": "ワークスペース全体の今日のトークンが上限に達しています: {used}",
        "en": "The workspace has used up today's tokens: {used}",
    },
    {
        "ja": "{resets_at}に再開します。上限は `TEAM_DAILY_TOKENS` です。",
        "en": "You can ask again from {resets_at}. The limit is `TEAM_DAILY_TOKENS`.",
    },
)
