"""``make picture``: the README's pictures in docs/images, taken of the real demo in Chromium.

A film of a question whose worker is killed in mid-answer, stills of a thread beside its trace in
both colour schemes, and App Home. Nothing is drawn or written by hand: every pixel is the page's.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, async_playwright

from simulators.gemini import GeminiConfig
from simulators.processes.environment import PROJECT_ROOT
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.supervisor import supervise
from tests.browser.conftest import ARGUMENTS, chromium
from tests.pictures.film import Film
from tests.pictures.scenes import app_home, killed_in_mid_answer, thread_with_trace

IMAGES = PROJECT_ROOT / "docs" / "images"
# Slower than the demo, so that there is a middle of an answer to be killed in.
PACE = GeminiConfig(first_token_s=0.4, tokens_per_s=45.0)
LOCALES = {"en": "en-US", "ja": "ja-JP"}


@asynccontextmanager
async def _demo() -> AsyncIterator[LocalStack]:
    """The demo's stack, its processes started again when they die."""
    with TemporaryDirectory() as folder:
        config = StackConfig(folder=Path(folder), gemini=PACE, telemetry=True)
        async with LocalStack(config) as stack:
            watching = asyncio.create_task(supervise(stack.services, lambda _: None))
            try:
                yield stack
            finally:
                watching.cancel()


async def _page(browser: Browser, stack: LocalStack, language: str) -> Page:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 720},
        locale=LOCALES[language],
        color_scheme="light",
        reduced_motion="reduce",  # a caret that blinks makes every picture another one
    )
    page = await context.new_page()
    await page.goto(str(stack.page_url))
    await page.locator("body[data-online=true]").wait_for()
    return page


async def _take(browser: Browser, language: str) -> None:
    async with _demo() as stack:
        film = Film(await _page(browser, stack, language))
        await killed_in_mid_answer(film, stack, language)
        _said(film.save(IMAGES / f"demo.{language}.gif"))
        page = await _page(browser, stack, language)
        await thread_with_trace(page, language)
        await _still(page, f"thread.{language}.light.png")
        await page.emulate_media(color_scheme="dark")
        await _still(page, f"thread.{language}.dark.png")
        page = await _page(browser, stack, language)
        await app_home(page)
        await _still(page, f"home.{language}.png")


async def _still(page: Page, name: str) -> None:
    path = IMAGES / name
    await page.screenshot(path=path)
    _said(path)


def _said(path: Path) -> None:
    sys.stdout.write(f"{path.relative_to(PROJECT_ROOT)}: {path.stat().st_size / 1024:.0f} KiB\n")


async def main() -> None:
    """Take every picture in English and in Japanese."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for language in sys.argv[1:] or LOCALES:
            await _take(browser, language)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
