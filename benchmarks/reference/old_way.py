"""The old way: two Gemini calls one after the other, then one post of the finished answer.

As the predecessor answered ``/gemini``: the first call chooses the mode, the second one answers.
"""

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from google import genai
from google.genai import types
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

_JSON = types.GenerateContentConfig(response_mime_type="application/json")


async def main() -> None:
    """Answer commands until the process is ended."""
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

        async def ask(contents: str) -> dict[str, Any]:
            answered = await gemini.aio.models.generate_content(
                model=os.environ["GEMINI_MODEL"], contents=contents, config=_JSON
            )
            found: dict[str, Any] = json.loads(answered.text or "{}")
            return found

        @app.command("/gemini")
        async def answer(ack: Callable[[], Awaitable[None]], body: dict[str, Any]) -> None:
            await ack()
            mode = (await ask(f"Which mode suits this? {body['text']}")).get("mode", "general")
            fields = await ask(f"Answer in mode {mode}: {body['text']}")
            points = "\n".join(f"• {point}" for point in fields.get("key_points", []))
            await slack.chat_postMessage(
                channel=body["channel_id"], text=f"{fields.get('summary')}\n{points}"
            )

        handler: Any = AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"])
        await handler.start_async()


if __name__ == "__main__":
    asyncio.run(main())
