"""App Home, suggested prompts, the doctor and a shortcut, used in a real browser."""

import pytest_asyncio
from playwright.async_api import Page, expect

from simulators.stack.local_stack import LocalStack
from tests.browser.conftest import OpenPage

ANSWER_MS = 60_000


@pytest_asyncio.fixture(loop_scope="session")
async def page(stack: LocalStack, open_page: OpenPage) -> Page:
    return await open_page(stack.page_url)


async def test_app_home_shows_how_to_ask_and_the_usage(page: Page) -> None:
    await page.get_by_test_id("channel-mechachang").click()
    await page.get_by_test_id("tab-home").click()
    home = page.get_by_test_id("home")
    await expect(home).to_contain_text("Three ways to ask")
    await expect(home).to_contain_text("Your usage today")
    await home.get_by_text("0 of 10").wait_for(timeout=ANSWER_MS)


async def test_language_and_mode_are_chosen_on_home_and_stay_there(page: Page) -> None:
    await page.get_by_test_id("channel-mechachang").click()
    await page.get_by_test_id("tab-home").click()
    home = page.get_by_test_id("home")
    await home.get_by_label("Default mode").select_option(label="code: code and explanation")
    await home.get_by_label("Language").select_option(label="日本語")
    await expect(home).to_contain_text("今日のご利用状況", timeout=ANSWER_MS)
    await expect(home.get_by_label("既定の回答モード")).to_have_value('{"v":1,"mode":"code"}')
    await page.get_by_test_id("tab-messages").click()
    await page.get_by_test_id("tab-home").click()
    await expect(home.get_by_label("言語")).to_have_value('{"v":1,"language":"ja"}')


async def test_a_suggested_prompt_is_asked_by_a_click(page: Page) -> None:
    await page.get_by_test_id("channel-mechachang").click()
    await page.get_by_role("button", name="Prepare a meeting").click(timeout=ANSWER_MS)
    await expect(page.locator("#messages")).to_contain_text("Draft an agenda")
    await page.get_by_test_id("thread-link").first.wait_for(timeout=ANSWER_MS)
    await page.get_by_test_id("channel-general").click()
    await expect(page.get_by_test_id("suggestion")).to_have_count(0)


async def test_a_group_is_opened_with_people_and_a_mention_is_answered_in_its_thread(
    stack: LocalStack, open_page: OpenPage, page: Page
) -> None:
    await page.get_by_test_id("group-open").click()
    dialog = page.get_by_test_id("group")
    await expect(page.get_by_test_id("group-go")).to_be_disabled()
    await dialog.get_by_text("Tom Becker").click()
    await page.get_by_test_id("group-go").click()
    await expect(page.locator("#channel-head h1")).to_have_text("Tom Becker")
    composer = page.get_by_test_id("composer")
    await composer.fill("@Mechachang Draft an agenda for a 30-minute weekly team meeting.")
    await composer.press("Enter")
    await page.get_by_test_id("thread-link").first.wait_for(timeout=ANSWER_MS)
    other = await open_page(stack.page_url, user="tom")
    await other.get_by_role("link", name="Alice Martin").click()
    await expect(other.locator("#messages")).to_contain_text("30-minute weekly", timeout=ANSWER_MS)


async def test_the_channel_that_was_read_before_stands_beside_and_can_be_asked_about(
    stack: LocalStack, page: Page
) -> None:
    stack.slack.people.post("kenji", "#random", "The canteen is closed tomorrow.")
    await page.get_by_test_id("channel-random").click()
    await page.get_by_test_id("channel-mechachang").click()
    await expect(page.get_by_test_id("beside")).to_contain_text("#random")
    await page.get_by_role("button", name="The channel beside this").click(timeout=ANSWER_MS)
    messages = page.locator("#messages")
    await expect(messages).to_contain_text("The canteen is closed", timeout=ANSWER_MS)
    await page.get_by_role("button", name="Close #random").click()
    await expect(page.get_by_test_id("beside")).to_have_count(0)


async def test_the_doctor_answers_twice_to_its_asker_alone(
    stack: LocalStack, open_page: OpenPage, page: Page
) -> None:
    other = await open_page(stack.page_url, user="tom")
    await page.get_by_test_id("channel-general").click()
    composer = page.get_by_test_id("composer")
    await composer.fill("/gemini doctor")
    await composer.press("Enter")
    messages = page.locator("#messages")
    await expect(messages).to_contain_text("Health check, intake: everything works")
    await expect(messages).to_contain_text(
        "Health check, answers: everything works", timeout=ANSWER_MS
    )
    await expect(messages).not_to_contain_text("⚠️")
    await expect(other.locator("#messages")).not_to_contain_text("Health check")


async def chosen_for_the_message(page: Page, text: str, entry: str) -> None:
    """Choose an entry in the menu of the message in #general that holds ``text``."""
    await page.get_by_test_id("channel-general").click()
    message = page.locator(".message", has_text=text)
    await message.hover()
    await message.get_by_test_id("more").click()
    await page.get_by_role("menuitem", name=entry).click()


async def test_a_message_is_explained_in_direct_messages_with_a_link_back(
    stack: LocalStack, page: Page
) -> None:
    stack.slack.people.post("tom", "#general", "The SLO burn rate is above one.")
    await chosen_for_the_message(page, "burn rate", "Explain")
    await expect(page.locator("#messages")).to_contain_text("in our direct messages")
    await page.get_by_test_id("channel-mechachang").click()
    await page.get_by_test_id("thread-link").first.click(timeout=ANSWER_MS)
    thread = page.get_by_test_id("thread-pane")
    await expect(thread).to_contain_text("burn rate")
    link = thread.get_by_role("link", name="this message")
    address = await link.get_attribute("href")
    assert address is not None
    await page.goto(address)
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("burn rate")
    await expect(page.get_by_test_id("channel-general")).to_have_attribute("aria-current", "page")


async def test_a_message_is_forwarded_and_answered_about_in_direct_messages(
    stack: LocalStack, page: Page
) -> None:
    stack.slack.people.post("tom", "#general", "The delivery moves to Monday.")
    await chosen_for_the_message(page, "delivery moves", "Forward to Mechachang")
    await expect(page.get_by_test_id("channel-mechachang")).to_have_attribute(
        "aria-current", "page"
    )
    forward = page.locator(".message .attachment")
    await expect(forward).to_contain_text("The delivery moves to Monday.")
    await expect(forward).to_contain_text("Tom")
    await expect(page.get_by_test_id("thread-link").first).to_be_visible(timeout=ANSWER_MS)
