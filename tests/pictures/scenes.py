"""What the pictures show, acted out on the page as a person would."""

import asyncio
import re

from playwright.async_api import Page, expect

from simulators.stack.local_stack import LocalStack
from tests.pictures.film import Film

QUESTION = {
    "en": "Write a Python function that tests for prime numbers",
    "ja": "素数を判定する Python の関数を書いて",
}
CAPTIONS = {
    "en": (
        "A question",
        "The worker is killed in mid-answer (kill -9)",
        "The next worker completes the answer, once",
    ),
    "ja": (
        "質問を送ります",
        "回答の途中で、ワーカーを強制終了します（kill -9）",
        "次のワーカーが引き継ぎ、回答は一度だけ届きます",
    ),
}
REGENERATE = {"en": "Regenerate", "ja": "再生成"}
ANSWER_MS = 60_000
HALF_AN_ANSWER = re.compile(r"[\s\S]{240}")


async def killed_in_mid_answer(film: Film, stack: LocalStack, language: str) -> None:
    """Ask, watch, kill the worker that writes, and watch the next one complete the answer."""
    asked, killed, completed = CAPTIONS[language]
    page = film.page
    await page.get_by_test_id("channel-mechachang").click()
    await _caption(page, asked)
    await film.roll()
    await _type(page, QUESTION[language])
    answer = page.locator("#messages").get_by_test_id("message").last
    await expect(page.locator("#messages .caret")).to_be_visible(timeout=ANSWER_MS)
    await expect(answer).to_contain_text(HALF_AN_ANSWER, timeout=ANSWER_MS)
    await _caption(page, killed)
    await page.get_by_test_id("panel-tab-faults").click()
    await asyncio.sleep(0.8)
    await page.get_by_test_id(f"kill-{stack.processors[0].name}").click()
    await asyncio.sleep(1.5)
    await page.get_by_test_id("panel-tab-trace").click()
    await _caption(page, completed)
    await expect(
        page.locator("#messages").get_by_role("button", name=REGENERATE[language])
    ).to_be_visible(timeout=ANSWER_MS)
    await asyncio.sleep(1.0)
    await film.cut()


async def thread_with_trace(page: Page, language: str) -> None:
    """A question in a channel, its answer in the thread, and its way beside it."""
    await _type(page, f"@Mechachang {QUESTION[language]}")
    thread = page.get_by_test_id("thread-pane")
    await expect(thread.get_by_role("button", name=REGENERATE[language])).to_be_visible(
        timeout=ANSWER_MS
    )
    await page.get_by_test_id("trace-row").first.click()
    await asyncio.sleep(1.0)


async def app_home(page: Page) -> None:
    """The app's Home tab."""
    await page.get_by_test_id("channel-mechachang").click()
    await page.get_by_test_id("tab-home").click()
    await asyncio.sleep(0.5)


async def _type(page: Page, words: str) -> None:
    composer = page.get_by_test_id("composer")
    await composer.press_sequentially(words, delay=25)
    await composer.press("Escape")
    await composer.press("Enter")


async def _caption(page: Page, words: str) -> None:
    await page.evaluate(
        """words => {
          const found = document.getElementById("caption");
          const caption = found ?? document.createElement("div");
          caption.id = "caption";
          caption.textContent = words;
          Object.assign(caption.style, {
            position: "fixed", left: "50%", top: "10px", transform: "translateX(-50%)",
            padding: "8px 18px", borderRadius: "8px", background: "#1d1c1d", color: "#fff",
            font: "600 16px system-ui, sans-serif", zIndex: 1000, boxShadow: "0 2px 12px #0006",
          });
          if (!found) document.body.append(caption);
        }""",
        words,
    )
