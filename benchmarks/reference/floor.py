"""The floor: one process streams Gemini straight into Slack, with nothing in between.

It keeps its sessions, but no queue, no ledger and no cache: a crash loses the question. That is the
least that any assistant on these SDKs can take.
"""

import asyncio
import logging
import os
import time
from typing import Any

import aiohttp
from google import genai
from google.genai import types
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

EVERY_S = 0.5


async def main() -> None:
    """Answer mentions until the process is ended."""
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    async with aiohttp.ClientSession() as slack_session, aiohttp.ClientSession() as gemini_session:
        slack = AsyncWebClient(
            os.environ["SLACK_BOT_TOKEN"],
            base_url=os.environ["SLACK_API_URL"],
            session=slack_session,
        )
        app = AsyncApp(client=slack)
        gemini = genai.Client(
            api_key=os.environ["GEMINI_API_KEY"],
            http_options=types.HttpOptions(aiohttp_client=gemini_session),
        )
        team_id = (await slack.auth_test())["team_id"]

        @app.event("app_mention")
        async def answer(event: dict[str, Any]) -> None:
            place = {"channel": event["channel"], "thread_ts": event["ts"]}
            for_whom = {"recipient_team_id": team_id, "recipient_user_id": event["user"]}
            ts, unsent, next_at = "", "", 0.0
            chunks = await gemini.aio.models.generate_content_stream(
                model=os.environ["GEMINI_MODEL"], contents=event["text"]
            )
            async for chunk in chunks:
                unsent += chunk.text or ""
                if not unsent or time.monotonic() < next_at:
                    continue
                if ts:
                    await slack.chat_appendStream(
                        channel=event["channel"], ts=ts, markdown_text=unsent
                    )
                else:
                    started = await slack.chat_startStream(
                        **place, **for_whom, markdown_text=unsent
                    )
                    ts = started["ts"]
                unsent, next_at = "", time.monotonic() + EVERY_S
            await slack.chat_stopStream(
                channel=event["channel"], ts=ts, markdown_text=unsent or None
            )

        @app.event("message")
        async def ignore() -> None:
            """Acknowledge what is no mention."""

        handler: Any = AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"])
        await handler.start_async()


if __name__ == "__main__":
    asyncio.run(main())
