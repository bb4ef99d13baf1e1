"""Whose language is known, and who is asked about again."""

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from command_service.slack.access import SlackAccess
from command_service.slack.locales import SlackLocales
from shared.background import Background


class English(AsyncWebClient):
    """Everybody uses Slack in English."""

    async def users_info(self, **_: Any) -> Any:
        return {"user": {"locale": "en-US"}}


async def test_whose_language_could_not_be_asked_for_is_asked_about_again() -> None:
    client, background, busy = English(), Background(limit=1), asyncio.Event()
    locales = SlackLocales(client, SlackAccess(client, lambda _: None), background, "ja")

    async def in_the_way() -> None:
        await busy.wait()

    background.start(in_the_way(), "in the way")
    assert locales.of("U1") == "ja"
    busy.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert locales.of("U1") == "ja"
    await background.close(5.0)
    assert locales.of("U1") == "en"
