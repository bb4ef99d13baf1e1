"""Breaking things from the chat page, with the whole system behind it."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from simulators.gemini import Reply
from simulators.stack.local_stack import LocalStack
from simulators.stack.supervisor import supervise
from tests.browser.conftest import OpenPage

ANSWER_MS = 60_000
SLOWLY = Reply(
    chunks=[f"Step {number} of it.\n\n" for number in range(30)], first_token_s=0.2, between_s=0.2
)


@pytest_asyncio.fixture(loop_scope="session")
async def stack(stack: LocalStack) -> AsyncIterator[LocalStack]:
    """The demo: the whole system, and somebody who starts again what dies."""
    redis = [stack.redis.child] if stack.redis.child is not None else []
    watching = asyncio.create_task(supervise([*stack.services, *redis], lambda _: None))
    yield stack
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def asked(page: Page, text: str) -> Locator:
    """Ask in the channel; the thread of the question opens by itself."""
    await page.get_by_test_id("composer").fill(f"@Mechachang {text}")
    await page.get_by_test_id("composer").press("Enter")
    return page.get_by_test_id("thread-pane")


async def test_a_killed_worker_is_started_again_and_its_answer_completes_once(
    stack: LocalStack, open_page: OpenPage
) -> None:
    stack.gemini.script("prime", SLOWLY)
    page = await open_page(stack.page_url)
    await page.get_by_test_id("panel-tab-faults").click()
    first = stack.processors[0].pid
    thread = await asked(page, "What is a prime?")
    await expect(thread.get_by_text("Step 1 of it.")).to_be_visible(timeout=ANSWER_MS)
    await page.get_by_role("button", name="Kill processor-service").click()
    process = page.get_by_test_id("process-processor-service")
    await expect(process).to_contain_text("killed 1×")
    await expect(page.get_by_test_id("kill-processor-service")).to_be_enabled(timeout=ANSWER_MS)
    await expect(process).not_to_contain_text(f"pid {first} ")
    await expect(thread.get_by_text("Step 29 of it.")).to_be_visible(timeout=ANSWER_MS)
    await expect(thread.get_by_role("button", name="Regenerate")).to_be_visible(timeout=ANSWER_MS)
    await expect(thread.get_by_text("Step 0 of it.")).to_have_count(1)
    await page.get_by_test_id("panel-tab-trace").click()
    row = page.get_by_test_id("trace-row")
    await expect(row).to_have_attribute("data-state", "recovered", timeout=ANSWER_MS)
    await expect(row).to_contain_text(re.compile(r"connection lost.*delivery \d"))


async def test_the_presets_of_slack_are_hit_by_an_answer_that_arrives_all_the_same(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url, user="hana")
    await page.get_by_test_id("panel-tab-faults").click()
    for preset in ("slack-429", "slack-drop"):
        await page.get_by_test_id(f"fault-{preset}").click()
    thread = await asked(page, "Redis とは何ですか")
    for preset, used_up in (("slack-429", 2), ("slack-drop", 1)):
        status = page.get_by_test_id(f"fault-{preset}-status")
        await expect(status).to_have_text(f"{used_up} 回起きて終わりました", timeout=ANSWER_MS)
    await expect(thread.get_by_role("button", name="再生成")).to_have_count(1, timeout=ANSWER_MS)
    await expect(thread.get_by_test_id("message")).to_have_count(2)


async def test_redis_and_pubsub_are_away_until_they_are_switched_on_again(
    stack: LocalStack, open_page: OpenPage
) -> None:
    page = await open_page(stack.page_url)
    await page.get_by_test_id("panel-tab-faults").click()
    redis = page.get_by_test_id("process-redis")
    await page.get_by_test_id("fault-redis").click()
    await expect(redis).to_contain_text("down")
    await expect(page.get_by_test_id("kill-redis")).to_be_disabled()
    thread = await asked(page, "What is Redis?")
    again = thread.get_by_role("button", name="Regenerate")
    await expect(again).to_be_visible(timeout=ANSWER_MS)
    await page.get_by_test_id("fault-pubsub").click()
    await expect(page.get_by_test_id("fault-rule")).to_have_count(2)
    await page.get_by_test_id("fault-clear").click()
    await expect(page.get_by_test_id("fault-rule")).to_have_count(0)
    await expect(redis).to_contain_text("running", timeout=ANSWER_MS)
    await asked(page, "What is Pub/Sub?")
    await expect(thread).to_contain_text("What is Pub/Sub?", timeout=ANSWER_MS)
    await expect(again).to_be_visible(timeout=ANSWER_MS)
