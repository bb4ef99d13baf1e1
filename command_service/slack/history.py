"""The messages in the bot's conversations, read back page by page."""

from command_service.payloads.model import ConversationKind, JoinedConversation, Page
from command_service.slack.access import SlackAccess
from shared.slack.message import Message, cursor_after, messages_in, page_of

# Slack recommends no more than 200 (docs.slack.dev, pagination).
_PAGE = 200


class SlackHistory:
    """``ports.ChannelHistory`` by ``users.conversations``, ``conversations.history`` and so on. A
    page that Slack gives once more is a failure, not a further page.
    """

    def __init__(self, access: SlackAccess) -> None:
        self._access = access

    async def conversations(
        self, kind: ConversationKind, cursor: str | None
    ) -> Page[JoinedConversation]:
        """The bot's conversations of one kind; each kind needs a scope of its own."""
        with self._access.calling("users.conversations"):
            page = await self._access.client.users_conversations(
                types=kind, exclude_archived=True, limit=_PAGE, cursor=cursor
            )
        found = tuple(
            JoinedConversation(str(each["id"]), kind, bool(each.get("is_ext_shared")))
            for each in page_of(page, "channels")
            if isinstance(each.get("id"), str)
        )
        return Page(found, cursor_after(cursor, page))

    async def messages(
        self, conversation_id: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        with self._access.calling("conversations.history"):
            page = await self._access.client.conversations_history(
                channel=conversation_id, oldest=oldest, limit=_PAGE, cursor=cursor
            )
        return Page(tuple(messages_in(page)), cursor_after(cursor, page))

    async def replies(
        self, conversation_id: str, thread_ts: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        with self._access.calling("conversations.replies"):
            page = await self._access.client.conversations_replies(
                channel=conversation_id,
                ts=thread_ts,
                oldest=oldest,
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )
        return Page(tuple(messages_in(page)), cursor_after(cursor, page))
