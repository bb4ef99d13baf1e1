"""The command service's part of ``/gemini doctor``, in Japanese and English."""

from typing import Final

from shared.slack.findings import CheckText
from shared.task import Texts

COMMAND_WELL: Final[Texts] = {
    "ja": "質問の受付は正常に動いています。",
    "en": "Health check, intake: everything works.",
}
NO_TEXT: Final[Texts] = {"ja": "", "en": ""}

COMMAND_VERSION: Final = CheckText(
    {"ja": "受付サービス {version}", "en": "Command service {version}"}
)
TOKEN: Final = CheckText(
    {
        "ja": "Slack はボットのトークンを受け付けています",
        "en": "Slack accepts the bot token",
    },
    {
        "ja": "Slack がボットのトークンを確認できませんでした（{why}）",
        "en": "Slack couldn't confirm the bot token ({why})",
    },
    {
        "ja": "管理者の方へ: アプリを再インストールし、`SLACK_BOT_TOKEN` を新しいトークンに替えてください。一時的な障害であれば、しばらくすると直ります。",
        "en": "For admins: reinstall the app and renew `SLACK_BOT_TOKEN`. If Slack is down, wait until it's back.",
    },
)
SCOPES: Final = CheckText(
    {
        "ja": "必要な権限（スコープ）はすべて許可されています",
        "en": "All scopes are granted",
    },
    {
        "ja": "許可されていない権限（スコープ）があります: {missing}",
        "en": "Scopes are missing: {missing}",
    },
    {
        "ja": "管理者の方へ: `deploy/slack-manifest.yaml` のとおりにスコープを追加し、アプリを再インストールしてください。",
        "en": "For admins: add them as in `deploy/slack-manifest.yaml` and reinstall the app.",
    },
)
GROUPS: Final = CheckText(
    NO_TEXT,
    {
        "ja": "グループ DM ではお答えできません（許可されていない権限: {missing}）",
        "en": "I can't answer in group direct messages (missing scopes: {missing})",
    },
    {
        "ja": "グループ DM でも使うには、管理者が `deploy/slack-manifest.yaml` のとおりにスコープとイベントを追加し、アプリを再インストールします。ほかの場所では、このままお使いいただけます。",
        "en": "To use me there, an admin can add the scopes and events as in `deploy/slack-manifest.yaml` and reinstall the app. Everywhere else I work as before.",
    },
)
REACTIONS: Final = CheckText(
    NO_TEXT,
    {
        "ja": "リアクションでの質問にはお答えできません（許可されていない権限: {missing}）",
        "en": "I can't answer reactions (missing scope: {missing})",
    },
    {
        "ja": "使うには、管理者が `deploy/slack-manifest.yaml` のとおりにスコープとイベント `reaction_added` を追加し、アプリを再インストールします。ほかの使い方では、このままお使いいただけます。",
        "en": "To ask that way, an admin can add the scope and the event `reaction_added` as in `deploy/slack-manifest.yaml` and reinstall the app. Everything else works as before.",
    },
)
MEMBER: Final = CheckText(
    {"ja": "このチャンネルに参加しています", "en": "I'm in this channel"},
    {
        "ja": "このチャンネルに参加していません。ここではメンションに気付けず、`/gemini` の回答はあなただけに表示されます",
        "en": "I'm not in this channel: I don't see mentions here, and only you see answers to `/gemini`",
    },
    {
        "ja": "`/invite` で <@{bot}> をチャンネルに追加してください。",
        "en": "Add <@{bot}> to the channel with `/invite`.",
    },
)
PLACE: Final = CheckText(
    NO_TEXT,
    {
        "ja": "このチャンネルの情報を確認できませんでした（{why}）",
        "en": "I couldn't look up this channel ({why})",
    },
    {
        "ja": "少し待ってから、もう一度 `/gemini doctor` をお試しください。",
        "en": "Try `/gemini doctor` again in a few minutes.",
    },
)
TEAM: Final = CheckText(
    {"ja": "このワークスペースで利用できます", "en": "This workspace is allowed"},
    {
        "ja": "このワークスペースは利用対象に含まれていません",
        "en": "This workspace isn't allowed",
    },
    {
        "ja": "管理者の方へ: `ALLOWED_TEAM_IDS` に `{team}` を追加してください。",
        "en": "For admins: add `{team}` to `ALLOWED_TEAM_IDS`.",
    },
)
CHANNEL: Final = CheckText(
    {"ja": "このチャンネルで利用できます", "en": "This channel is allowed"},
    {
        "ja": "このチャンネルは利用対象に含まれていません",
        "en": "This channel isn't allowed",
    },
    {
        "ja": "利用できるチャンネルで質問するか、管理者に `ALLOWED_CHANNEL_IDS` への `{channel}` の追加をご依頼ください。",
        "en": "Ask me in another channel, or ask your admin to add `{channel}` to `ALLOWED_CHANNEL_IDS`.",
    },
)
USER: Final = CheckText(
    {"ja": "あなたは利用対象に含まれています", "en": "You have access"},
    {
        "ja": "あなたは利用対象に含まれていません",
        "en": "You don't have access",
    },
    {
        "ja": "管理者に `ALLOWED_USER_IDS` への `{user}` の追加をご依頼ください。",
        "en": "Ask your admin to add `{user}` to `ALLOWED_USER_IDS`.",
    },
)
ROLLOUT: Final = CheckText(
    {
        "ja": "段階的な公開の対象に含まれています（現在 {percent}%）",
        "en": "You're included in the rollout (currently {percent}%)",
    },
    {
        "ja": "段階的な公開の対象に、まだ含まれていません（現在 {percent}%）",
        "en": "You're not included in the rollout yet (currently {percent}%)",
    },
    {
        "ja": "公開が進むまでお待ちいただくか、管理者に `ROLLOUT_USER_IDS` への `{user}` の追加をご依頼ください。",
        "en": "Please wait, or ask your admin to add `{user}` to `ROLLOUT_USER_IDS`.",
    },
)
INTERNAL: Final = CheckText(
    {
        "ja": "社外と共有しているチャンネルではありません",
        "en": "This channel isn't shared with other organisations",
    },
    {
        "ja": "社外と共有しているチャンネルのため、メンションには答えません",
        "en": "This channel is shared with other organisations, so I don't answer mentions here",
    },
    {
        "ja": "社内のチャンネルかダイレクトメッセージでお尋ねください。許可するには、管理者が `ALLOW_EXTERNAL_CHANNELS` を `true` にします。",
        "en": "Ask me in an internal channel or a direct message. To allow it, an admin can set `ALLOW_EXTERNAL_CHANNELS` to `true`.",
    },
)
SHARED_AND_ALLOWED: Final = CheckText(
    {
        "ja": "社外と共有しているチャンネルですが、利用が許可されています",
        "en": "This channel is shared with other organisations, which is allowed",
    }
)
SOCKET: Final = CheckText(
    {
        "ja": "Slack との接続は正常です（最後の応答は {heard:.0f} 秒前）",
        "en": "The socket to Slack is connected (last heard {heard:.0f} s ago)",
    },
    {
        "ja": "Slack との接続が {down:.0f} 秒間途切れています",
        "en": "The socket to Slack has been down for {down:.0f} s",
    },
    {
        "ja": "自動で接続し直します。続く場合は、管理者が `/healthz` とアプリの Socket Mode の設定を確認してください。",
        "en": "It reconnects by itself. If it doesn't, an admin should check `/healthz` and the app's Socket Mode setting.",
    },
)
QUEUE: Final = CheckText(
    {
        "ja": "キュー（Pub/Sub）が {ms:.0f} ミリ秒で受け取りを確認しました",
        "en": "The queue (Pub/Sub) confirmed within {ms:.0f} ms",
    },
    {
        "ja": "キュー（Pub/Sub）が受け取りを確認しませんでした（{why}）",
        "en": "The queue (Pub/Sub) didn't confirm ({why})",
    },
    {
        "ja": "管理者の方へ: Pub/Sub の稼働状況、`PUBSUB_TOPIC`、サービスアカウントの `roles/pubsub.publisher` を確認してください。",
        "en": "For admins: check Pub/Sub's status, `PUBSUB_TOPIC`, and `roles/pubsub.publisher` of the service account.",
    },
)

REPORT_COMES: Final[Texts] = {
    "ja": "回答側の結果は、続けて表示されます。10 秒ほど待っても表示されない場合も、質問はキューに残り、失われません。管理者の方は、Pub/Sub の push サブスクリプションと、回答側の `/readyz` とログを確認してください。",
    "en": "The answering service reports next. If nothing appears within about 10 seconds, questions are safe in the queue but aren't reaching it: an admin should check Pub/Sub's push subscription, and its `/readyz` and logs.",
}
NO_REPORT: Final[Texts] = {
    "ja": "キューを使えないため、回答側のサービスは調べられませんでした。",
    "en": "Without the queue, I couldn't check the answering service.",
}
EXAMINED_LATELY: Final[Texts] = {
    "ja": "診断は {every:.0f} 秒に 1 回だけ行います。少し待ってから、もう一度お試しください。",
    "en": "I run these checks at most once every {every:.0f} s. Try again in a moment.",
}
