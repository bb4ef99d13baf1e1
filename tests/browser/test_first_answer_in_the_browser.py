"""The first minute of a newcomer: the page's language, and an answer that is seen being written."""

import pytest
from playwright.async_api import Page, expect

from simulators.gemini import Reply
from simulators.stack.local_stack import LocalStack
from tests.browser.conftest import OpenPage
from tests.support.workbenches.slack import Workbench

ANSWER_MS = 60_000
SLOWLY = Reply(
    chunks=[f"Step {number} of it.\n\n" for number in range(60)], first_token_s=0.2, between_s=0.2
)


async def said(page: Page, text: str) -> None:
    """Type ``text`` into the open conversation, and send it by the keyboard."""
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("composer").press("Enter")


async def watched(page: Page) -> None:
    """See the answer in its thread while it is still written, without a click."""
    thread = page.get_by_test_id("thread-pane")
    await expect(thread.get_by_text("Step 0 of it.")).to_be_visible(timeout=ANSWER_MS)
    await expect(thread.locator(".caret")).to_be_visible()
    await expect(thread.get_by_text("Step 59 of it.")).to_have_count(0)
    await expect(thread.get_by_text("Step 20 of it.")).to_be_visible(timeout=ANSWER_MS)


async def test_an_english_newcomer_watches_the_first_answer_being_written(
    stack: LocalStack, open_page: OpenPage
) -> None:
    stack.gemini.script("prime", SLOWLY)
    page = await open_page(stack.page_url, user=None, locale="en-US")
    await expect(page.get_by_test_id("welcome")).to_contain_text("You are Alice Martin.")
    await expect(page.locator("#channel-head")).to_contain_text("News and questions")
    await page.get_by_test_id("try-mention").click()
    await watched(page)


async def test_a_japanese_newcomer_watches_the_first_answer_being_written(
    stack: LocalStack, open_page: OpenPage
) -> None:
    stack.gemini.script("リモート", SLOWLY)
    page = await open_page(stack.page_url, user=None, locale="ja-JP")
    await expect(page.get_by_test_id("welcome")).to_contain_text("山田 花さんとして")
    await expect(page.locator("#channel-head")).to_contain_text("お知らせと質問")
    await said(page, "@Mechachang リモート会議のコツは？")
    await watched(page)


async def test_an_answer_in_the_direct_message_is_read_in_line(
    stack: LocalStack, open_page: OpenPage
) -> None:
    stack.gemini.script("prime", SLOWLY)
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-mechachang").click()
    await said(page, "What is a prime?")
    conversation = page.locator("#messages")
    await expect(conversation.get_by_text("Step 0 of it.")).to_be_visible(timeout=ANSWER_MS)
    await expect(conversation.get_by_test_id("stop")).to_be_visible()
    await expect(page.get_by_test_id("thread-pane")).to_be_hidden()


async def _sign(bench: Workbench, ts: str) -> None:
    await bench.client.assistant_threads_setStatus(
        channel_id=bench.general, thread_ts=ts, status="is thinking…"
    )


async def test_another_persons_thread_does_not_open_by_itself(bench: Workbench, page: Page) -> None:
    theirs = bench.slack.people.post("tom", "#general", "theirs")
    await _sign(bench, theirs.ts)
    await expect(page.get_by_test_id("status")).to_be_visible()
    await expect(page.get_by_test_id("thread-pane")).to_be_hidden()


async def test_a_thread_that_was_closed_stays_closed(bench: Workbench, page: Page) -> None:
    mine = bench.slack.people.post("alice", "#general", "mine")
    await _sign(bench, mine.ts)
    await page.get_by_test_id("thread-close").click()
    await bench.client.chat_postMessage(channel=bench.general, thread_ts=mine.ts, text="answer")
    await expect(page.get_by_test_id("thread-link")).to_be_visible()
    await expect(page.get_by_test_id("thread-pane")).to_be_hidden()


async def test_a_thread_that_somebody_reads_is_not_replaced(bench: Workbench, page: Page) -> None:
    theirs = bench.slack.people.post("tom", "#general", "theirs")
    await bench.client.chat_postMessage(channel=bench.general, thread_ts=theirs.ts, text="answer")
    await page.get_by_test_id("thread-link").click()
    mine = bench.slack.people.post("alice", "#general", "mine")
    await _sign(bench, mine.ts)
    await expect(page.locator("#messages").get_by_test_id("status")).to_be_visible()
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("theirs")


async def test_the_next_own_question_takes_the_place_of_the_one_before(
    bench: Workbench, page: Page
) -> None:
    thread = page.get_by_test_id("thread-pane")
    for words in ("first question", "second question"):
        await _sign(bench, bench.slack.people.post("alice", "#general", words).ts)
        await expect(thread).to_contain_text(words)
    await page.get_by_test_id("thread-composer").fill("half a thought")
    await _sign(bench, bench.slack.people.post("alice", "#general", "third question").ts)
    await expect(page.locator("#messages").get_by_test_id("status")).to_have_count(3)
    await expect(thread).to_contain_text("second question")


@pytest.mark.parametrize(
    ("locale", "name"), [("en-GB", "Tom"), ("ja", "山田"), ("fr-FR", "Alice"), ("en-AU", "Alice")]
)
async def test_the_first_visit_is_in_the_browsers_language(
    bench: Workbench, open_page: OpenPage, locale: str, name: str
) -> None:
    page = await open_page(bench.running.base_url, user=None, locale=locale)
    await expect(page.get_by_test_id("welcome")).to_contain_text(name)


async def test_the_other_language_is_one_click_away_and_kept_in_new_tabs(
    bench: Workbench, open_page: OpenPage
) -> None:
    page = await open_page(bench.running.base_url, locale="en-US")
    switch = page.get_by_test_id("other-language")
    await expect(switch).to_have_text("日本語で使う（山田 花として）")
    await switch.click()
    await expect(page.locator("html")).to_have_attribute("lang", "ja")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", "ja")
    other = await page.context.new_page()
    await other.goto(bench.running.base_url)
    await expect(other.get_by_test_id("welcome")).to_contain_text("質問してみましょう")
    await expect(other.get_by_test_id("other-language")).to_have_text(
        "Use it in English, as Alice Martin"
    )
