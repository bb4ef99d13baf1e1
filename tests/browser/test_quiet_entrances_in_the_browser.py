"""What `/gemini` leaves behind, and what a direct message goes on from, seen in a real browser."""

from playwright.async_api import Page, expect

from simulators.stack.local_stack import LocalStack
from tests.browser.conftest import OpenPage

ANSWER_MS = 60_000


async def typed(page: Page, text: str) -> None:
    """Type ``text`` into the channel's composer and send it."""
    composer = page.get_by_test_id("composer")
    await composer.fill(text)
    await page.get_by_test_id("send").click()


async def test_a_command_leaves_no_reply_and_a_refused_one_gives_back_what_was_typed(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    other = await open_page(stack.page_url, user="tom")
    for each in (page, other):
        await each.get_by_test_id("channel-general").click()
    messages = page.locator("#messages")

    await typed(page, "/gemini --loud What is Redis?")
    await expect(messages).to_contain_text("There's no --loud option", timeout=ANSWER_MS)
    refusal = messages.locator(".message.ephemeral")
    await expect(refusal.locator("pre")).to_have_text("/gemini --loud What is Redis?")
    assert stack.gemini.requests == []

    await typed(page, "/gemini What is Redis?")
    thread = page.get_by_test_id("thread-pane")
    await expect(thread).to_contain_text("in-memory", timeout=ANSWER_MS)
    # The refusal is the only message that Alice alone sees: the taken command has none.
    await expect(messages.locator(".message.ephemeral")).to_have_count(1)
    everything = stack.slack.messages("#general")
    [shown] = [each for each in everything if each.get("thread_ts", each["ts"]) == each["ts"]]
    assert "<@" not in shown["text"] + str(shown["blocks"])
    await expect(other.locator("#messages")).to_contain_text("What is Redis?")
    await expect(other.locator(".message.ephemeral")).to_have_count(0)


async def test_a_message_in_the_main_composer_goes_on_from_the_last_answer(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("channel-mechachang").click()
    await typed(page, "What is Redis?")
    links = page.get_by_test_id("thread-link")
    await expect(links).to_have_count(1, timeout=ANSWER_MS)
    await expect(page.locator("body")).to_contain_text("Regenerate", timeout=ANSWER_MS)

    await typed(page, "Can you say that in one sentence?")
    await expect(links).to_have_count(2, timeout=ANSWER_MS)
    first, second = stack.gemini.requests
    assert "What is Redis?" not in str(second.body["systemInstruction"])
    told = str(second.body["contents"])
    assert "What is Redis?" in told
    assert "in-memory" in told
    assert "one sentence" not in str(first.body["contents"])
