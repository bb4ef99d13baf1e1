"""Two people talk below an answer, each in a page of their own: the bot stays out of it."""

from playwright.async_api import Page, expect

from simulators.slack.state.changes import StatusChanged
from simulators.stack.local_stack import LocalStack
from tests.browser.conftest import OpenPage

ANSWER_MS = 60_000


async def said(page: Page, text: str, *, test_id: str = "thread-composer") -> None:
    composer = page.get_by_test_id(test_id)
    await composer.click()
    await composer.press_sequentially(text)
    await composer.press("Enter")


async def test_what_two_people_say_to_each_other_gets_no_status_and_no_answer(
    stack: LocalStack, open_page: OpenPage
) -> None:
    alice = await open_page(stack.page_url)
    await alice.get_by_test_id("channel-general").click()
    await said(alice, "@Mechachang What is Redis? ", test_id="composer")
    pane = alice.get_by_test_id("thread-pane")
    await expect(pane.get_by_text("in-memory").first).to_be_visible(timeout=ANSWER_MS)
    statuses: list[str] = []

    def note(change: object) -> None:
        if isinstance(change, StatusChanged) and change.status.text:
            statuses.append(change.status.text)

    hana = await open_page(stack.page_url, user="hana")
    await hana.get_by_test_id("channel-general").click()
    await hana.get_by_test_id("thread-link").first.click()
    await stack.slack.wait_for(lambda: not stack.slack.workspace.statuses, 60.0)
    stack.slack.workspace.subscribe(note)
    pushed = len(stack.journal.entries(step="push"))

    await said(hana, "いいですね、来週話しませんか？")
    await expect(pane.get_by_text("来週話しませんか")).to_be_visible()
    await said(alice, "木曜の夕方です")
    await expect(hana.get_by_test_id("thread-pane").get_by_text("木曜の夕方")).to_be_visible()
    await stack.slack.wait_for(lambda: len(stack.journal.entries(step="push")) >= pushed + 2, 60.0)

    assert len(stack.gemini.requests) == 1
    assert statuses == []
    await said(hana, "@Mechachang Kafka とは？ ")
    await stack.gemini.wait_for(lambda: len(stack.gemini.requests) == 2, 60.0)
    assert "Kafka とは？" in stack.gemini.requests[1].prompt
