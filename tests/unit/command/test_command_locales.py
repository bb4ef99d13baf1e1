"""Whose language is known, and who is asked about again."""

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from command_service.slack.access import SlackAccess
from command_service.slack.locales import SlackLocales
from shared.background import Background
from tests.support.workbenches.slack import Clock


class English(AsyncWebClient):
    """Everybody uses Slack in English."""

    async def users_info(self, **_: Any) -> Any:
        return {"user": {"locale": "en-US"}}


async def test_whose_language_could_not_be_asked_for_is_asked_about_again() -> None:
    client, background, busy = English(), Background(limit=1), asyncio.Event()
    locales = SlackLocales(SlackAccess(client, lambda _: None), background, "ja")

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


class Waiting(AsyncWebClient):
    """Slack answers once it may; counts the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.calls = 0

    async def users_info(self, **_: Any) -> Any:
        self.calls += 1
        await self.answers.wait()
        return {"user": {"locale": "en-US"}}


async def test_what_is_told_waits_for_a_new_users_language_and_shares_the_call() -> None:
    client, background = Waiting(), Background()
    locales = SlackLocales(SlackAccess(client, lambda _: None), background, "ja")
    assert locales.of("U1") == "ja"
    found = [asyncio.create_task(locales.found("U1")) for _ in range(2)]
    await asyncio.sleep(0)
    client.answers.set()
    assert await asyncio.gather(*found) == ["en", "en"]
    assert client.calls == 1
    await background.close(1.0)


async def test_a_look_up_that_nobody_waits_for_any_more_is_known_the_next_time() -> None:
    client, background = Waiting(), Background()
    locales = SlackLocales(SlackAccess(client, lambda _: None), background, "ja")
    waiting = asyncio.create_task(locales.found("U1"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    client.answers.set()
    await background.close(1.0)
    assert locales.of("U1") == "en"


class Changing(AsyncWebClient):
    """Somebody changes their language in Slack; None: Slack fails."""

    def __init__(self) -> None:
        super().__init__()
        self.locale: str | None = "ja-JP"
        self.calls = 0

    async def users_info(self, **_: Any) -> Any:
        self.calls += 1
        if self.locale is None:
            raise TimeoutError
        return {"user": {"locale": self.locale}}


async def test_a_language_is_looked_up_again_after_a_day_and_used_meanwhile() -> None:
    client, background, clock = Changing(), Background(), Clock(0.0)
    locales = SlackLocales(SlackAccess(client, lambda _: None), background, "en", clock)
    assert await locales.found("U1") == "ja"

    client.locale, clock.now = "en-US", 23 * 3600
    assert (await locales.found("U1"), client.calls) == ("ja", 1)
    clock.now = 25 * 3600
    assert await locales.found("U1") == "ja", "nobody waits for what may have changed"
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (locales.of("U1"), client.calls) == ("en", 2)

    client.locale, clock.now = None, 50 * 3600
    for _ in range(3):
        assert locales.of("U1") == "en"
        await asyncio.sleep(0)
    assert client.calls == 3, "a failure costs no call for each question"
    await background.close(1.0)
