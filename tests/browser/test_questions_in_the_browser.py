"""The three ways to ask, typed in a real browser, answered by the real services."""

import base64

from playwright.async_api import FilePayload, Page, expect

from simulators.stack.local_stack import LocalStack
from tests.browser.conftest import OpenPage

ANSWER_MS = 60_000
ONE_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def asked(page: Page, text: str) -> None:
    """Type ``text`` into the channel's composer and send it."""
    composer = page.get_by_test_id("composer")
    await composer.click()
    await composer.press_sequentially(text)
    await page.get_by_test_id("send").click()


async def test_a_mention_in_general_gets_its_answer_in_the_thread(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-general").click()
    await asked(page, "@Mechachang What is Redis? ")
    await page.get_by_test_id("thread-link").first.click(timeout=ANSWER_MS)
    thread = page.get_by_test_id("thread-pane")
    await thread.get_by_text("in-memory").first.wait_for(timeout=ANSWER_MS)
    assert stack.gemini.requests[0].prompt == "What is Redis?"


async def test_gemini_command_gets_a_code_answer(stack: LocalStack, open_page: OpenPage) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-general").click()
    await asked(page, "/gemini 素数を判定するPython関数")
    code = page.get_by_test_id("thread-pane").locator("pre code")
    await code.first.wait_for(timeout=ANSWER_MS)
    assert "def " in (await code.first.inner_text())


async def test_the_menu_below_an_answer_gives_another_one_in_another_mode(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-general").click()
    await asked(page, "/gemini 秋の朝の俳句を詠んでください")
    await page.get_by_test_id("thread-link").first.click(timeout=ANSWER_MS)
    thread = page.get_by_test_id("thread-pane")
    await thread.get_by_role("heading", name="バリエーション").wait_for(timeout=ANSWER_MS)
    await thread.get_by_text("Creative mode", exact=True).wait_for(timeout=ANSWER_MS)
    menu = thread.locator("select.bk-overflow")
    await menu.select_option(label="Answer in Code mode")
    await thread.locator("pre code").first.wait_for(timeout=ANSWER_MS)
    await thread.get_by_text("Code mode", exact=True).wait_for(timeout=ANSWER_MS)
    assert len(stack.gemini.requests) == 2


async def test_a_direct_message_gets_its_answer(stack: LocalStack, open_page: OpenPage) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-mechachang").click()
    await asked(page, "Redisとは何ですか")
    await page.get_by_test_id("thread-link").first.click(timeout=ANSWER_MS)
    thread = page.get_by_test_id("thread-pane")
    await thread.get_by_text("Redis").nth(1).wait_for(timeout=ANSWER_MS)
    rows = page.get_by_test_id("trace-row")
    await rows.first.wait_for(timeout=ANSWER_MS, state="attached")


async def test_the_answer_names_the_files_that_were_sent_with_a_question(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-mechachang").click()
    image = FilePayload(name="chart.png", mimeType="image/png", buffer=ONE_PIXEL)
    notes = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"Redis is fast.")
    await page.get_by_test_id("file-input").set_input_files([image, notes])
    await expect(page.get_by_text("notes.txt")).to_be_visible()
    await asked(page, "What is Redis?")
    shown = page.get_by_test_id("file")
    await expect(shown).to_have_count(2)
    await expect(shown.nth(0).locator("img")).to_have_js_property("naturalWidth", 1)
    await expect(shown.nth(1)).to_contain_text("notes.txt")
    await page.get_by_test_id("thread-link").first.click(timeout=ANSWER_MS)
    answer = page.get_by_test_id("thread-pane").get_by_text("I received these files")
    await expect(answer).to_contain_text("chart.png (image/png", timeout=ANSWER_MS)
    await expect(answer).to_contain_text("notes.txt (text, 14 B)")
