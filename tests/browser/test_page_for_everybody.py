"""The page by keyboard, by touch, for a screen reader, and in the reader's time zone."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.support.workbenches.slack import Workbench

PHONE = {"width": 390, "height": 844}
WIDE_TABLE = "\n".join(
    f"|{'|'.join(cells)}|" for cells in (["a wide column"] * 9, ["-"] * 9, ["value"] * 9)
)


async def test_arrow_keys_lead_through_messages_and_enter_opens_the_thread(
    bench: Workbench, page: Page
) -> None:
    for text in ("first", "second", "third"):
        bench.slack.people.post("alice", "#general", text)
    messages = page.locator("#messages").get_by_test_id("message")
    await expect(messages).to_have_count(3)
    await expect(page.get_by_test_id("composer")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(messages.nth(2)).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(messages.nth(1)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_test_id("composer")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("ArrowRight")
    await expect(messages.nth(1).get_by_test_id("react")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(messages.nth(1).get_by_test_id("reply")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(messages.nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("second")
    await expect(page.get_by_test_id("thread-composer")).to_be_focused()


async def test_typing_can_begin_after_loading_and_after_a_jump_but_hides_nothing_on_a_phone(
    bench: Workbench, page: Page, open_page: OpenPage
) -> None:
    await expect(page.get_by_test_id("composer")).to_be_focused()
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("switcher-input").fill("plan")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("composer")).to_be_focused()
    phone = await open_page(bench.running.base_url, **PHONE, has_touch=True, is_mobile=True)
    await expect(phone.get_by_test_id("composer")).not_to_be_focused()


async def test_what_is_touched_is_large_enough(bench: Workbench, open_page: OpenPage) -> None:
    asked = bench.slack.people.post("alice", "#general", "q")
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}}
    more = {"type": "overflow", "action_id": "m", "options": [_option("x"), _option("y")]}
    await bench.client.chat_postMessage(
        channel=bench.general,
        text="x",
        blocks=[
            {"type": "markdown", "text": "```python\nx = 1\n```"},
            {"type": "actions", "elements": [button, more]},
        ],
    )
    await bench.client.chat_postMessage(channel=bench.general, thread_ts=asked.ts, text="answer")
    phone = await open_page(bench.running.base_url, **PHONE, has_touch=True, is_mobile=True)
    await phone.get_by_test_id("thread-link").wait_for()
    assert await phone.evaluate(SMALL) == []
    await phone.get_by_test_id("panel-toggle").tap()
    for tab in ("trace", "faults"):
        await phone.get_by_test_id(f"panel-tab-{tab}").tap()
        assert await phone.evaluate(SMALL) == []


def _option(value: str) -> dict[str, object]:
    return {"text": {"type": "plain_text", "text": value}, "value": value}


async def test_a_reader_further_up_in_a_thread_is_told_of_new_messages(
    bench: Workbench, page: Page
) -> None:
    asked = bench.slack.people.post("tom", "#general", "a long thread")
    for number in range(30):
        bench.slack.people.post("tom", "#general", f"reply {number}", thread_ts=asked.ts)
    await page.get_by_test_id("thread-link").click()
    box, pill = page.locator("#thread-messages"), page.get_by_test_id("thread-jump")
    await expect(box).to_contain_text("reply 29")
    await expect(pill).to_be_hidden()
    await box.evaluate("it => it.scrollTop = 0")
    bench.slack.people.post("tom", "#general", "the newest", thread_ts=asked.ts)
    await expect(pill).to_have_text("New messages")
    await pill.click()
    await expect(pill).to_be_hidden()
    await expect(box.get_by_text("the newest")).to_be_in_viewport()


async def test_a_wide_table_shows_that_it_goes_on(bench: Workbench, page: Page) -> None:
    blocks = [
        {"type": "markdown", "text": WIDE_TABLE},
        {"type": "markdown", "text": "|a|\n|-|\n|b|"},
    ]
    await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=blocks)
    frames = page.locator(".scroll-frame")
    await expect(frames).to_have_count(2)
    wide, narrow = frames.nth(0), frames.nth(1)
    await expect(wide).to_have_class(re.compile(r"more-right"))
    await expect(wide.get_by_role("region", name="Table (scrolls sideways)")).to_be_visible()
    await expect(narrow).not_to_have_class(re.compile(r"more-"))
    await wide.locator(".table-scroll").evaluate("it => it.scrollLeft = it.scrollWidth")
    await expect(wide).to_have_class(re.compile(r"more-left"))
    await expect(wide).not_to_have_class(re.compile(r"more-right"))


@pytest.mark.parametrize(
    ("user", "zone", "shown"),
    [
        ("alice", "America/New_York", "Back at Nov 29, 2026 10:00 AM"),
        ("hana", "Asia/Tokyo", "Back at 2026/11/30 0:00"),
    ],
)
async def test_moments_are_in_the_readers_language_and_time_zone(
    bench: Workbench, open_page: OpenPage, user: str, zone: str, shown: str
) -> None:
    text = "Back at <!date^1795964400^{date_short} {time}|2026-11-29 15:00 UTC>"
    await bench.client.chat_postMessage(channel=bench.general, text=text)
    page = await open_page(bench.running.base_url, user=user, timezone_id=zone)
    body = page.locator("#messages .message-body")
    # ICU writes a narrow no-break space before AM and PM.
    await expect(body).to_have_text(re.compile(shown.replace(" ", r"\s").replace("/", "/0?")))


async def test_controls_have_names_that_say_what_they_do(
    bench: Workbench, open_page: OpenPage
) -> None:
    more = {"type": "overflow", "action_id": "mode", "options": [_option("x"), _option("y")]}
    blocks = [{"type": "actions", "elements": [more]}]
    await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=blocks)
    for user, name in (("alice", "More actions"), ("hana", "その他の操作")):
        page = await open_page(bench.running.base_url, user=user)
        await expect(page.get_by_role("combobox", name=name, exact=True)).to_be_visible()


@pytest.mark.parametrize("user", ["alice", "hana"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious_or_moderate(
    bench: Workbench, open_page: OpenPage, user: str, scheme: str
) -> None:
    asked = bench.slack.people.post("alice", "#general", "@mechachang why? `code`")
    more = {"type": "overflow", "action_id": "mode", "options": [_option("x"), _option("y")]}
    await bench.client.chat_postMessage(
        channel=bench.general,
        thread_ts=asked.ts,
        text="x",
        blocks=[
            {"type": "markdown", "text": f"## One\n\n#### Two\n\n{WIDE_TABLE}"},
            {"type": "markdown", "text": "```python\nx = 1\n```"},
            {"type": "actions", "elements": [more]},
        ],
    )
    page = await open_page(
        bench.running.base_url, user=user, color_scheme=scheme, reduced_motion="reduce"
    )
    await page.get_by_test_id("thread-link").click()
    await page.get_by_test_id("thread-pane").get_by_test_id("message").nth(1).wait_for()
    found = await _faults_of(page)
    await page.get_by_test_id("panel-tab-faults").click()
    found += await _faults_of(page)
    assert found == []


async def _faults_of(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [
        f"{fault['id']} ({fault['impact']}): {[node['html'][:200] for node in fault['nodes']]}"
        for fault in results.response["violations"]
        if fault["impact"] in {"critical", "serious", "moderate"}
    ]


# WCAG 2.2, 2.5.5: 44 px, except for links within text; what is not seen is no target.
SMALL = """() => {
  const inText = "a:not(.channel, .file, .bk-button), input[type=checkbox]";
  const targets = document.querySelectorAll("button, select, input, summary, a[href]");
  const isSeen = (it) =>
    it.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const found = [];
  for (const it of [...targets].filter((it) => isSeen(it) && !it.matches(inText))) {
    const { width, height } = it.getBoundingClientRect();
    // What surrounds a switch belongs to it.
    const around = it.matches(".switch") ? -2 * parseFloat(getComputedStyle(it, "::after").top) : 0;
    if (width && (height + around < 43.5 || width < 37.5))
      found.push(`${it.className || it.localName}: ${Math.round(width)}x${Math.round(height)}`);
  }
  return found;
}"""
