"""Tells a Slack channel, once, that a version was taken back."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from deploy.errors import OperationFailed
from deploy.language import words
from deploy.settings import OperatorSettings
from shared.errors import MechachangError, OutcomeUnknown
from shared.slack.client import SLACK_FAILURES, slack_client, slack_error

EVENT_TYPE: Final = "mechachang_operations"
_TEXT: Final = (
    "【お知らせ】新しいバージョンに問題が見つかったため、以前のバージョンに戻しました。"
    "これまでの質問と回答はそのまま残っています。回答待ちの質問には引き続きお答えしますので、"
    "送り直す必要はありません。エラーの通知が届いた質問は、「もう一度試す」を押してください。\n\n"
    "*Notice:* The new version had a problem, so the previous one is back. Your questions and "
    "answers are kept, and questions still waiting will be answered: there is no need to ask "
    "again. If you got an error notice, please press Retry."
)
# How far back a notice of the same rollback is looked for, in messages.
_LOOK_BACK: Final = 100
_ATTEMPTS: Final = 3
# Slack may take a post a moment after its connection broke.
_SETTLES_AFTER_S: Final = 1.0


class AnnouncementFailed(OperationFailed):
    """The traffic is back, but nobody was told."""


@dataclass(frozen=True)
class Announcement:
    """That ``service`` went back from ``bad`` to ``good``: the same one is never told twice."""

    service: str
    bad: str
    good: str

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata by which a later look at the channel recognises it."""
        return {
            "event_type": EVENT_TYPE,
            "event_payload": {
                "notice": "rollback",
                "service": self.service,
                "from": self.bad,
                "to": self.good,
            },
        }


def tell(
    announcement: Announcement,
    channel: str | None,
    settings: OperatorSettings,
    say: Callable[[str], None],
) -> None:
    """Post it in ``channel`` unless it is there already. Raises AnnouncementFailed."""
    if channel is None:
        say(
            words(
                "Nobody was told: no --channel was named.",
                "--channel の指定がないため、誰にも知らせていません。",
            )
        )
        return
    if settings.slack_bot_token is None:
        raise AnnouncementFailed(
            words(
                f"SLACK_BOT_TOKEN is not set: tell {channel} by hand.",
                f"SLACK_BOT_TOKEN が設定されていません。{channel} には手動で知らせてください。",
            )
        )
    token = settings.slack_bot_token.get_secret_value()
    try:
        posted = asyncio.run(_announce(announcement, channel, token, settings.slack_api_url))
    except MechachangError as error:
        raise AnnouncementFailed(
            words(
                f"Channel {channel} was not told: {error} Tell the people by hand.",
                f"チャンネル {channel} に知らせることができませんでした（{error}）。"
                "手動で知らせてください。",
            )
        ) from error
    if posted:
        say(words(f"Channel {channel} was told.", f"チャンネル {channel} に知らせました。"))
    else:
        say(
            words(
                f"Channel {channel} had been told before.",
                f"チャンネル {channel} には、すでに知らせてあります。",
            )
        )


async def _announce(announcement: Announcement, channel: str, token: str, api_url: str) -> bool:
    async with slack_client(token, api_url) as client:
        for attempt in range(_ATTEMPTS):
            if await _stands(client, announcement, channel):
                return attempt > 0
            try:
                await _post(client, announcement, channel)
            except OutcomeUnknown:
                # The next look tells whether Slack took it.
                await asyncio.sleep(_SETTLES_AFTER_S)
                continue
            return True
    raise OutcomeUnknown(f"chat.postMessage: no certain outcome in {_ATTEMPTS} attempts.")


async def _stands(client: AsyncWebClient, announcement: Announcement, channel: str) -> bool:
    try:
        response = await client.conversations_history(
            channel=channel, limit=_LOOK_BACK, include_all_metadata=True
        )
    except SLACK_FAILURES as error:
        raise slack_error(error, "conversations.history") from error
    return any(_is(message, announcement) for message in response["messages"])


def _is(message: Mapping[str, Any], announcement: Announcement) -> bool:
    metadata = message.get("metadata") or {}
    wanted = announcement.metadata
    return all(metadata.get(name) == value for name, value in wanted.items())


async def _post(client: AsyncWebClient, announcement: Announcement, channel: str) -> None:
    try:
        await client.chat_postMessage(
            channel=channel,
            text=_TEXT,
            metadata=announcement.metadata,
            unfurl_links=False,
            unfurl_media=False,
        )
    except SLACK_FAILURES as error:
        raise slack_error(error, "chat.postMessage") from error
