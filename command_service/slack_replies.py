"""Signs to the person who asked, through the Web API."""

from slack_sdk.web.async_client import AsyncWebClient

from command_service.question import Question, Recipient
from command_service.texts import LOADING, THINKING
from shared.log import get_logger
from shared.slack import SLACK_FAILURES, slack_error
from shared.task import Locale

log = get_logger(__name__)


class SlackReplies:
    """``ports.Replies``: ephemeral messages and the status of a thread. Failures are logged."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def tell(self, recipient: Recipient, text: str) -> None:
        """Show ``text`` to the recipient alone."""
        try:
            await self._client.chat_postEphemeral(
                channel=recipient.channel_id,
                user=recipient.user_id,
                thread_ts=recipient.thread_ts,
                text=text,
            )
        except SLACK_FAILURES as error:
            _log_failure(error, "chat.postEphemeral")

    async def show_thinking(self, question: Question, locale: Locale) -> None:
        """Set the thread's status; Slack clears it with our next message there."""
        try:
            await self._client.assistant_threads_setStatus(
                channel_id=question.channel_id,
                thread_ts=question.thread_ts or "",
                status=THINKING[locale],
                loading_messages=LOADING[locale],
            )
        except SLACK_FAILURES as error:
            _log_failure(error, "assistant.threads.setStatus")


def _log_failure(error: Exception, method: str) -> None:
    failure = slack_error(error, method)
    log.warning(
        "A sign could not be shown.",
        action="sign_not_shown",
        method=method,
        reason=failure.reason,
        why=str(failure),
    )
