"""The panel beside the conversation: the trace of questions, and faults."""

import re
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, expect

from simulators.journal import Entry
from tests.support.workbenches.slack import Workbench

ANSWER: dict[str, Any] = {"task": "t1", "role": "answer", "part": 1, "parts": 1}


def asked_why(bench: Workbench) -> Callable[..., Entry]:
    """Ask a question that is published as ``task:t1``; returns how to record what follows."""
    asked = bench.slack.people.post("alice", "#general", "@mechachang why?")
    record = bench.journal.record
    record("pubsub", "publish", [f"message:{asked.channel}:{asked.ts}", "task:t1", "trace:t"])
    return record


async def test_a_journey_shows_its_steps_and_its_messages(bench: Workbench, page: Page) -> None:
    app = bench.app()
    app.event("app_mention")(_taken)
    async with bench.connected(app):
        asked = bench.slack.people.post("alice", "#general", "@mechachang why?")
        await bench.slack.wait_for(lambda: bench.journal.entries(step="ack"))
    key = f"message:{asked.channel}:{asked.ts}"
    record = bench.journal.record
    record("pubsub", "publish", [key, "task:t1", "trace:t"], topic="mechachang-tasks")
    record("pubsub", "push", ["task:t1"], ms=4, status=503, attempt=1)
    record("gemini", "request", ["trace:t"], model="gemini-3.8-flash")
    record("gemini", "first_token", ["trace:t"], ms=30)
    row = page.get_by_test_id("trace-row").filter(has_text="why?")
    await expect(row).to_have_attribute("data-state", "running")
    await expect(row.locator(".mark.error")).to_have_text("503")
    await expect(row.locator(".figures dt")).to_have_text(["ack"])
    await expect(row.locator(".trace-state")).to_have_text("running")
    post = {"method": "chat.postMessage", "ok": True, "fault": "drop_after", **ANSWER}
    record("slack", "api", ["task:t1"], ms=2, **post)
    record("pubsub", "push", ["task:t1"], ms=9, status=204, attempt=2)
    await expect(row).to_have_attribute("data-state", "recovered")
    await expect(row.locator(".figures dt")).to_have_text(["ack", "first sign", "answer"])
    await expect(row.locator(".mark.error")).to_have_text(["503", "drop_after"])
    await expect(row).to_contain_text("delivery 2")
    await expect(row).to_contain_text("gemini-3.8-flash")
    await expect(row).to_contain_text("First token")
    message = page.locator("#messages").get_by_test_id("message")
    await message.hover()
    await page.get_by_test_id("show-trace").click()
    await expect(message).to_contain_class("highlighted")
    await expect(row).to_contain_class("chosen")


async def test_what_comes_after_the_answer_does_not_make_it_look_late(
    bench: Workbench, page: Page
) -> None:
    record = asked_why(bench)
    await expect(page.get_by_test_id("trace-row")).to_have_count(1)
    status: dict[str, Any] = {"method": "assistant.threads.setStatus", "ok": True}
    record("slack", "api", ["trace:t"], **status, clears=False)
    growing: dict[str, Any] = {"method": "chat.update", "ok": True, **ANSWER, "parts": 0}
    record("slack", "api", ["trace:t", "task:t1"], **growing)
    row = page.get_by_test_id("trace-row").filter(has_text="why?")
    await expect(row.locator(".figures dt")).to_have_text(["first sign"])
    record("slack", "api", ["trace:t", "task:t1"], **growing | {"parts": 1})
    record("pubsub", "push", ["task:t1"], ms=9, status=204, attempt=1)
    answered = row.locator(".figures div").filter(has_text="answer").locator("dd")
    took = await answered.text_content()
    assert took
    total = row.locator(".trace-state")
    await expect(total).to_have_text(re.compile(f" {took}$"))
    record("slack", "api", ["trace:t"], **status, clears=True)
    older = {"method": "chat.update", "ok": True, **ANSWER, "task": "t0"}
    record("slack", "api", ["trace:t", "task:t0"], **older)
    await expect(row.locator(".lane.late")).to_have_text(
        [re.compile("Status cleared"), re.compile("Older buttons removed")]
    )
    await expect(answered).to_have_text(took)
    await expect(total).to_have_text(re.compile(f" {took}$"))


async def test_a_question_that_ended_in_a_notice_does_not_look_answered(
    bench: Workbench, page: Page
) -> None:
    record = asked_why(bench)
    post = {"method": "chat.postMessage", "ok": True, **ANSWER, "role": "notice"}
    record("slack", "api", ["trace:t", "task:t1"], **post)
    record("pubsub", "push", ["task:t1"], ms=9, status=204, attempt=1)
    row = page.get_by_test_id("trace-row").filter(has_text="why?")
    await expect(row.locator(".figures dt")).to_have_text(["first sign", "notice"])
    await expect(row.locator(".trace-state")).to_contain_text("ended in a notice")


async def test_an_answer_that_was_stopped_is_not_called_recovered(
    bench: Workbench, page: Page
) -> None:
    record = asked_why(bench)
    stop = {"kind": "cancel", "of_task": "t1"}
    record("pubsub", "publish", ["task:t2", "trace:u"], asks=stop)
    late: dict[str, Any] = {"method": "chat.appendStream", "ok": False, "error": "x"}
    record("slack", "api", ["trace:t", "task:t1"], **late)
    record("slack", "api", ["trace:t", "task:t1"], method="chat.update", ok=True, **ANSWER)
    record("pubsub", "push", ["task:t1"], ms=9, status=204, attempt=1)
    row = page.get_by_test_id("trace-row").filter(has_text="why?")
    await expect(row).to_have_attribute("data-state", "stopped")
    await expect(row.locator(".trace-state")).to_contain_text("stopped")


async def test_what_the_app_wrote_is_no_failed_question_when_nobody_takes_its_event(
    bench: Workbench, page: Page
) -> None:
    direct = bench.slack.people.dm("alice").id
    await bench.client.chat_postMessage(channel=direct, text="from the app")
    await bench.slack.wait_for(lambda: bench.slack.delivery.undelivered)
    rows, everything = page.get_by_test_id("trace-row"), page.get_by_test_id("trace-all")
    await everything.check()
    await expect(rows).not_to_have_count(0)
    await everything.uncheck()
    await expect(rows).to_have_count(0)


async def test_the_services_spans_unfold_below_the_journey(bench: Workbench, page: Page) -> None:
    app = bench.app()
    app.event("app_mention")(_taken)
    async with bench.connected(app):
        asked = bench.slack.people.post("alice", "#general", "@mechachang why?")
        await bench.slack.wait_for(lambda: bench.journal.entries(step="ack"))
    record = bench.journal.record
    record("pubsub", "publish", [f"message:{asked.channel}:{asked.ts}", "task:t1", "trace:t"])
    for service, name, span, parent, failed in (
        ("processor-service", "slack chat.postMessage", "c", "b", True),
        ("processor-service", "push", "b", "a", False),
        ("command-service", "envelope", "a", "", False),
    ):
        detail = {"name": name, "span_id": span, "parent_id": parent, "failed": failed}
        record(service, "span", ["trace:t"], ms=5.0, began=float(ord(span)), **detail)
    spans = page.get_by_test_id("trace-row").filter(has_text="why?").get_by_test_id("spans")
    await expect(spans.locator("summary")).to_have_text("Spans of both services (3)")
    await spans.locator("summary").click()
    await expect(spans.locator(".lane-label")).to_have_text(["envelope", "push", "postMessage"])
    await expect(spans.locator(".lane.command")).to_have_count(1)
    await expect(spans.locator(".lane.error")).to_contain_text("postMessage")
    record("pubsub", "push", ["task:t1"], ms=9, status=204, attempt=1)
    await expect(spans.locator(".lane-label").first).to_be_visible()


async def _taken() -> None:
    """Bolt acks a handled event by itself."""


async def test_a_fault_is_switched_on_used_up_and_cleared(bench: Workbench, page: Page) -> None:
    await page.get_by_test_id("panel-tab-faults").click()
    limited, status = (page.get_by_test_id(f"fault-slack-429{it}") for it in ("", "-status"))
    await limited.click()
    await expect(limited).to_have_attribute("aria-checked", "true")
    await expect(limited).to_be_focused()
    await expect(status).to_have_text("not hit yet · 2 left")
    [rule] = bench.faults.rules()
    assert (rule.target, rule.operation, rule.times) == ("slack", "chat.*", 2)
    assert rule.fault.status == 429
    assert await _status(bench) == 429
    await expect(status).to_have_text("hit 1× · 1 left")
    assert [await _status(bench) for _ in range(2)] == [429, 200]
    await expect(limited).to_have_attribute("aria-checked", "false")
    await expect(status).to_have_text("used up, hit 2×")
    await page.get_by_test_id("fault-gemini-hang-times").select_option("until switched off")
    await page.get_by_test_id("fault-gemini-hang").click()
    await expect(page.get_by_test_id("fault-rule")).to_contain_text("until switched off")
    await page.get_by_test_id("fault-clear").click()
    await expect(page.get_by_test_id("fault-rule")).to_have_count(0)
    await expect(status).to_have_count(0)
    assert bench.faults.rules() == []


async def _status(bench: Workbench) -> int:
    body = {"channel": bench.general, "text": "x"}
    headers = {"Authorization": "Bearer xoxb-local"}
    url = f"{bench.running.api_url}chat.postMessage"
    async with bench.http.post(url, json=body, headers=headers) as response:
        return response.status
