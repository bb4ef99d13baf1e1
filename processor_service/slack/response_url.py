"""A slash command's response URL: messages that only the user sees."""

import json
from functools import partial

import aiohttp

from processor_service.ports.conversations import Body, Posted, ThreadHistory
from processor_service.ports.work import Responses
from processor_service.rendering.plain_text import as_slack_takes_it
from shared.errors import UNSHOWABLE, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.signing import Signing, signed_blocks
from shared.slack.client import UNSHOWABLE_CODES, slack_call
from shared.slack.message import MessageRef
from shared.telemetry.log import get_logger

log = get_logger(__name__)


class SlackResponse:
    """``ports.Conversation`` through a response URL.

    Slack takes five posts within 30 minutes (docs.slack.dev, handling user interaction) and does
    not let us read them, so Redis is the only ledger here. A post of unknown outcome counts as
    shown: a second answer would be worse than an unconfirmed one.
    """

    capacity = 5
    place: MessageRef | None = None
    edits = streams = files = status = session = None

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        responses: Responses,
        channel: str,
        signing: Signing,
    ) -> None:
        self._session = session
        self._url = url
        self._responses = responses
        self._channel = channel
        self._signing = signing

    async def find(self, task_id: str, *, in_turn: bool = True) -> list[Posted]:
        """The posts that Redis remembers."""
        marks = await self._responses.of(task_id)
        return [Posted(str(number), mark) for number, mark in enumerate(marks)]

    async def read(self, task_id: str) -> ThreadHistory:
        """The posts that Redis remembers; there is no earlier conversation."""
        return ThreadHistory(tuple(await self.find(task_id)))

    async def post(self, body: Body, mark: Mark) -> Posted:
        """Post one message that only the user sees; as plain text if Slack refuses its layout.

        It cannot be changed later: each message is final.
        """
        await as_slack_takes_it(partial(self._send, mark), body)
        await self._responses.add(mark)
        return Posted(str(mark.part), mark)

    async def _send(self, mark: Mark, body: Body) -> None:
        payload = {
            "response_type": "ephemeral",
            "text": body.text,
            "blocks": signed_blocks(body.blocks, self._channel, self._signing),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        try:
            with slack_call("response_url"):
                async with self._session.post(self._url, json=payload) as response:
                    status, text = response.status, (await response.text(errors="replace"))[:100]
                _raise_for_response(status, text)
        except aiohttp.ClientConnectorError as error:
            raise SlackUnavailable("response_url: Slack could not be reached.") from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            log.warning(
                "A response was sent, but Slack did not confirm it.",
                action="response_unconfirmed",
                part=mark.part,
            )


def _raise_for_response(status: int, text: str) -> None:
    if status == 429:
        raise SlackUnavailable("response_url: rate limited.", reason="slack_rate_limited")
    if status >= 500:
        raise SlackUnavailable(f"response_url: Slack failed ({status}).")
    if status != 200:
        code = _code_in(text)
        # Anything but a layout: the URL is used up or expired, or posting is no longer possible.
        reason = UNSHOWABLE if code in UNSHOWABLE_CODES else "response_closed"
        raise SlackRefused(
            f"response_url: refused ({status} {code}).", slack_error=code, reason=reason
        )


def _code_in(text: str) -> str:
    """Slack's error code, which comes alone or in JSON."""
    try:
        told = json.loads(text)
    except ValueError:
        return text.strip()
    return str(told.get("error") or text) if isinstance(told, dict) else text
