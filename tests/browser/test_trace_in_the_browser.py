"""The trace of real questions, answered by the whole system."""

from playwright.async_api import expect

from simulators.stack.local_stack import LocalStack
from tests.browser.conftest import OpenPage

ANSWER_MS = 60_000


async def test_asking_again_is_a_row_of_its_own_and_votes_are_shown_on_request(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("composer").fill("@Mechachang What is Redis?")
    await page.get_by_test_id("composer").press("Enter")
    rows, thread = page.get_by_test_id("trace-row"), page.get_by_test_id("thread-pane")
    title = rows.locator(".trace-title")
    again = thread.get_by_role("button", name="Regenerate")
    await expect(again).to_be_visible(timeout=ANSWER_MS)
    await expect(title).to_have_text(["What is Redis?"])
    took = await rows.locator(".trace-state").text_content()
    await again.click()
    await expect(title).to_have_text(["Asked again: What is Redis?", "What is Redis?"])
    await expect(thread.get_by_test_id("message")).to_have_count(3, timeout=ANSWER_MS)
    await expect(rows.first).to_have_attribute("data-state", "done", timeout=ANSWER_MS)
    await thread.get_by_role("button", name="Helpful", exact=True).click()
    await expect(thread).to_contain_text("Thank you", timeout=ANSWER_MS)
    await expect(rows).to_have_count(2)
    await page.get_by_test_id("trace-all").check()
    await expect(title.first).to_have_text("👍 What is Redis?")
    await expect(rows.last.locator(".trace-state")).to_have_text(took or "")


async def test_the_steps_have_names_for_people_in_their_language(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url, user="hana")
    await page.get_by_test_id("composer").fill("@Mechachang Redis とは何ですか")
    await page.get_by_test_id("composer").press("Enter")
    # Above it may stand, until its ack is there, an event that is no question.
    row = page.get_by_test_id("trace-row").last
    await expect(row).to_have_attribute("data-state", "done", timeout=ANSWER_MS)
    for step in (
        "メンションが届く",
        "Slack に応答確認",
        "キューに入る",
        "ワーカーに配送",
        "回答を完成",
    ):
        await expect(row).to_contain_text(step)
    await expect(row.locator(".figures dt")).to_have_text(["応答確認", "最初の合図", "回答"])
