"""What people do with an answer on the chat page: stop it, vote on it, ask again."""

import re

from playwright.async_api import Locator, Page, expect

from simulators.gemini import Reply
from simulators.stack.local_stack import LocalStack
from tests.browser.conftest import OpenPage

ANSWER_MS = 60_000


async def asked(page: Page, text: str) -> Locator:
    """Ask in the channel and open the thread of the answer."""
    await page.get_by_test_id("channel-general").click()
    composer = page.get_by_test_id("composer")
    await composer.click()
    await composer.press_sequentially(f"@Mechachang {text} ")
    await page.get_by_test_id("send").click()
    await page.get_by_test_id("thread-link").first.click(timeout=ANSWER_MS)
    return page.get_by_test_id("thread-pane")


def menu(thread: Locator) -> Locator:
    """The menu beside Regenerate."""
    return thread.locator("select.bk-overflow")


async def test_slacks_stop_ends_an_answer_that_is_written(
    stack: LocalStack, open_page: OpenPage
) -> None:
    words = [f"Paragraph {number} of many.\n\n" for number in range(200)]
    stack.gemini.script("at length", Reply(chunks=words, first_token_s=0.2, between_s=0.3))
    thread = await asked(await open_page(stack.page_url), "Explain at length")
    await thread.get_by_text("Paragraph 0").wait_for(timeout=ANSWER_MS)
    await thread.get_by_test_id("stop").click(timeout=ANSWER_MS)
    await thread.get_by_text("Stopped here.").wait_for(timeout=ANSWER_MS)
    await expect(thread.get_by_test_id("stop")).to_have_count(0)
    await expect(thread.get_by_role("button", name="Regenerate")).to_have_count(1)
    await expect(thread.get_by_text("Paragraph 0")).to_have_count(1)
    assert stack.gemini.requests[0].client_closed


async def test_a_bad_vote_asks_why_and_says_thanks(stack: LocalStack, open_page: OpenPage) -> None:
    page = await open_page(stack.page_url)
    thread = await asked(page, "What is Redis?")
    bad = thread.get_by_role("button", name="Not helpful")
    await bad.click(timeout=ANSWER_MS)
    modal = page.get_by_test_id("modal")
    await modal.get_by_role("combobox").select_option(label="It's too long")
    await expect(modal.get_by_role("textbox")).to_have_count(0)
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_have_count(0)
    await thread.get_by_text("Thank you.").wait_for(timeout=ANSWER_MS)
    await expect(bad).to_have_attribute("aria-pressed", "true")


async def test_a_good_vote_is_thanked_for_in_the_thread(
    stack: LocalStack, open_page: OpenPage
) -> None:
    thread = await asked(await open_page(stack.page_url), "What is Redis?")
    await thread.get_by_role("button", name="Helpful", exact=True).click(timeout=ANSWER_MS)
    await thread.get_by_text("Thank you.").wait_for(timeout=ANSWER_MS)


async def test_shorter_gives_a_second_answer_below_the_first(
    stack: LocalStack, open_page: OpenPage
) -> None:
    thread = await asked(await open_page(stack.page_url), "What is Redis?")
    await menu(thread).select_option(label="Shorter", timeout=ANSWER_MS)
    note = thread.get_by_text("a shorter version of this answer")
    await note.wait_for(timeout=ANSWER_MS)
    await expect(note).to_contain_text("↻ For Alice Martin:")
    link = note.get_by_role("link", name="this answer")
    await expect(link).to_have_attribute("href", re.compile(r"/archives/\w+/p\d+\?thread_ts="))
    await expect(thread.get_by_role("button", name="Regenerate")).to_have_count(1)
    await expect(thread.get_by_role("button", name="Helpful", exact=True)).to_have_count(1)
    await expect(menu(thread)).to_have_count(1)


async def test_an_edited_question_is_answered_anew_by_the_button_of_a_note(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    thread = await asked(page, "What is Redis?")
    await menu(thread).wait_for(timeout=ANSWER_MS)
    question = page.locator("#messages").get_by_test_id("message").filter(has_text="What is Redis?")
    await question.hover()
    await question.get_by_test_id("edit").click()
    editor = page.get_by_test_id("edit-field")
    await editor.fill("@Mechachang What is Pub/Sub?")
    await editor.press("Enter")
    await expect(editor).to_have_count(0, timeout=ANSWER_MS)
    await expect(question).to_have_count(0)
    again = page.get_by_role("button", name="Answer the new version")
    await again.click(timeout=ANSWER_MS)
    await expect(thread.get_by_test_id("message")).to_have_count(3, timeout=ANSWER_MS)
    await expect(again).to_have_count(0)


async def test_a_private_answer_stands_in_the_direct_messages_and_is_shared_by_a_button(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-general").click()
    composer = page.get_by_test_id("composer")
    await composer.click()
    await composer.press_sequentially("/gemini --private What is Redis? ")
    await page.get_by_test_id("send").click()
    alice = stack.slack.people.dm("alice").id
    await stack.slack.wait_for(
        lambda: any("Redis is a fast" in m["text"] for m in stack.slack.messages(alice)), 60.0
    )
    await page.get_by_test_id("channel-mechachang").click()
    share = page.get_by_role("button", name="Share to channel").first
    await share.click(timeout=ANSWER_MS)
    await expect(page.get_by_text("Shared to").first).to_be_visible(timeout=ANSWER_MS)
    await expect(page.get_by_role("button", name="Share to channel")).to_have_count(0)
    await page.get_by_test_id("channel-general").click()
    shared = page.get_by_text("Alice Martin shared a question and its answer:")
    await expect(shared.first).to_be_visible(timeout=ANSWER_MS)
