"""A real browser, and pages in it that must stay free of errors."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.support.workbenches.redis import PATIENT_REDIS
from tests.support.workbenches.slack import FAST, Workbench, workbench

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
)
PLACES = (
    "/usr/bin/chromium",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# What a slow machine needs beside others' tests; a page that is quick waits for none of it.
WITHIN_MS = 60_000
expect.set_options(timeout=WITHIN_MS)
OpenPage = Callable[..., Awaitable[Page]]


def chromium() -> str:
    """The browser's executable; skips where there is none, except in CI."""
    chosen = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, (chosen,) if chosen else PLACES)), None)
    if found is None:
        reason = f"CHROMIUM={chosen} is no program." if chosen else "Chromium is not installed."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(f"{reason} Install it, or name it in CHROMIUM.")
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium, and runs in the loop that Chromium runs in."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium for the whole run; each page has a profile of its own."""
    executable = chromium()
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=executable, args=list(ARGUMENTS)
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """``await open_page(url, user=, width=, height=, **context options)``: the page, ready.

    Without a user it is a first visit: the page chooses one by the browser's language.
    The test fails if a page logs an error or asks another host for anything.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    async def opened(
        url: str,
        *,
        user: str | None = "alice",
        width: int = 1440,
        height: int = 900,
        **options: Any,
    ) -> Page:
        context = await browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(WITHIN_MS)
        page.on("console", lambda it: complaints.append(it.text) if it.type == "error" else None)
        page.on("pageerror", lambda it: complaints.append(str(it)))
        page.on(
            "request",
            lambda it: None if it.url.startswith((url, "data:")) else complaints.append(it.url),
        )
        await page.goto(f"{url}/?user={user}" if user else url)
        await page.locator("body[data-online=true]").wait_for()
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def stack(tmp_path: Path) -> AsyncIterator[LocalStack]:
    """The whole system: both services and every simulator, each test with one of its own."""
    async with LocalStack(StackConfig(folder=tmp_path, processor=PATIENT_REDIS)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def bench() -> AsyncIterator[Workbench]:
    """A Slack simulator without an app; a test connects its own, whose acks may take their time."""
    patient = replace(FAST, rate_limits=False, ack_timeout_s=WITHIN_MS / 1000)
    async with workbench(patient) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(bench: Workbench, open_page: OpenPage) -> Page:
    """The chat page on a desktop, as Alice, who reads English."""
    return await open_page(bench.running.base_url)


async def lose_the_line(bench: Workbench, page: Page) -> None:
    """Break the page's connection, and wait until it has another one."""
    await page.evaluate(
        """() => new MutationObserver(
          () => document.body.dataset.back = document.body.dataset.online,
        ).observe(document.body, { attributes: true, attributeFilter: ["data-online"] })"""
    )
    await bench.slack.page.close()
    await expect(page.locator("body")).to_have_attribute("data-back", "true")
