"""What a reader typed and where they read is kept, whatever happens to the page."""

import asyncio
import json

from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import lose_the_line
from tests.support.workbenches.slack import Workbench

# Its height is known only when it has been loaded.
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="900"/>'
# The key that ends a Japanese conversion, as Safari tells of it: when the conversion has ended.
CONVERTED = {"keyCode": 229, "bubbles": True, "cancelable": True}


async def edited(page: Page) -> Locator:
    """The field in which Alice's newest message is being edited."""
    await page.get_by_test_id("composer").press("ArrowUp")
    return page.get_by_test_id("edit-field")


async def test_the_key_that_ends_a_conversion_in_safari_does_nothing_else(
    bench: Workbench, page: Page
) -> None:
    asked = bench.slack.people.post("alice", "#general", "会議")
    bench.slack.people.post("tom", "#general", "reply", thread_ts=asked.ts)
    await page.get_by_test_id("thread-link").click()
    reply = page.get_by_test_id("thread-composer")
    await reply.fill("へんしん")
    for key in ("Enter", "Escape"):
        await reply.dispatch_event("keydown", {"key": key, **CONVERTED})
    await expect(page.get_by_test_id("thread-pane")).to_be_visible()
    field = await edited(page)
    await field.fill("かいぎ")
    for key in ("Enter", "Escape"):
        await field.dispatch_event("keydown", {"key": key, **CONVERTED})
    await expect(field).to_have_value("かいぎ")
    assert [it["text"] for it in bench.slack.messages("#general")] == ["会議", "reply"]
    await field.press("Escape")
    await page.keyboard.press("Control+k")
    jump = page.get_by_test_id("switcher-input")
    await jump.fill("plan")
    await jump.dispatch_event("keydown", {"key": "Enter", **CONVERTED})
    await expect(jump).to_be_visible()


async def test_an_edit_is_not_lost_with_the_connection(bench: Workbench, page: Page) -> None:
    bench.slack.people.post("alice", "#general", "first")
    field = await edited(page)
    await field.fill("half of a thought")
    await lose_the_line(bench, page)
    await expect(field).to_have_value("half of a thought")
    await expect(field).to_be_focused()
    await page.get_by_test_id("user-switch").select_option(label="Tom Becker · English")
    await expect(page.get_by_test_id("message")).to_contain_text("first")
    await expect(field).to_have_count(0)


async def test_home_is_opened_again_where_the_server_no_longer_has_it(
    bench: Workbench, page: Page
) -> None:
    await page.get_by_test_id("channel-mechachang").click()
    async with page.expect_request("**/page/api/open_home"):
        await page.get_by_test_id("tab-home").click()
    async with page.expect_request("**/page/api/open_home"):
        await bench.slack.page.close()


async def test_a_draft_outlives_its_page_and_belongs_to_its_author(page: Page) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill("half of a question")
    await page.reload()
    await expect(composer).to_have_value("half of a question")
    people = page.get_by_test_id("user-switch")
    await people.select_option(label="Tom Becker · English")
    await expect(composer).to_have_value("")
    await people.select_option(label="Alice Martin · English")
    await expect(composer).to_have_value("half of a question")
    await composer.press("Enter")
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await page.reload()
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await expect(composer).to_have_value("")


async def test_what_could_not_be_sent_waits_where_it_was_typed(page: Page) -> None:
    refused, under_way = asyncio.Event(), asyncio.Event()

    async def refuse(route: Route) -> None:
        under_way.set()
        await refused.wait()
        await route.fulfill(body=json.dumps({"ok": False, "error": "fatal_error"}))

    await page.route("**/page/api/post", refuse)
    composer = page.get_by_test_id("composer")
    await composer.fill("for general")
    await composer.press("Enter")
    await under_way.wait()
    await expect(page.get_by_test_id("usage-hint")).to_have_text("Sending…")
    await composer.fill("typed since")
    await page.get_by_test_id("channel-random").click()
    refused.set()
    await expect(page.get_by_test_id("toast")).to_contain_text("fatal_error")
    await expect(page.get_by_test_id("usage-hint")).to_be_empty()
    await expect(composer).to_have_value("")
    await page.get_by_test_id("channel-general").click()
    await expect(composer).to_have_value("for general\ntyped since")


async def test_only_a_new_message_is_called_new(bench: Workbench, page: Page) -> None:
    posts = [bench.slack.people.post("tom", "#general", f"message {n}") for n in range(40)]
    box, pill = page.locator("#messages"), page.locator("#main > .jump")
    await expect(box.get_by_text("message 39")).to_be_in_viewport()
    await box.evaluate("it => it.scrollTop = 0")
    await expect(box.get_by_text("message 39")).not_to_be_in_viewport()
    bench.slack.people.react("tom", "#general", posts[0].ts, "eyes")
    await expect(page.get_by_test_id("reaction")).to_have_count(1)
    await box.get_by_test_id("message").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("thread-pane")).to_be_visible()
    await expect(pill).to_be_hidden()
    bench.slack.people.post("tom", "#general", "the newest")
    await expect(pill).to_be_visible()
    await page.get_by_test_id("thread-close").click()
    await expect(pill).to_be_visible()


async def test_the_newest_stays_in_view_when_panes_get_narrower_and_images_arrive(
    bench: Workbench, page: Page
) -> None:
    for number in range(20):
        bench.slack.people.post("tom", "#general", f"{number}: " + "some words " * 40)
    box, pill = page.locator("#messages"), page.locator("#main > .jump")
    last = box.get_by_test_id("message").last
    await expect(last).to_contain_text("19:")
    await page.reload()
    await expect(page.get_by_test_id("panel")).to_be_visible()
    await expect(last).to_be_in_viewport(ratio=1)
    await expect(pill).to_be_hidden()
    file = bench.slack.people.upload("tom", "tall.svg", SVG, "image/svg+xml")
    held = asyncio.Event()

    async def late(route: Route) -> None:
        await held.wait()
        await route.fulfill(body=SVG, content_type="image/svg+xml")

    await page.route("**/page/files/*", late)
    bench.slack.people.post("tom", "#general", "look", files=[file.id])
    await expect(last).to_contain_text("look")
    held.set()
    await expect(last.locator("img")).to_have_js_property("complete", value=True)
    await expect(last.get_by_text("tall.svg")).to_be_in_viewport()


async def test_a_thread_that_is_gone_says_so(bench: Workbench, page: Page) -> None:
    await page.goto(f"{bench.running.base_url}/#/{bench.general}/1600000000.000100")
    await expect(page.get_by_test_id("thread-pane")).to_contain_text("This thread is gone.")


async def test_the_focus_stays_on_a_control_that_is_drawn_again(
    bench: Workbench, page: Page
) -> None:
    await page.get_by_test_id("channel-mechachang").click()
    await page.get_by_test_id("tab-messages").focus()
    await page.keyboard.press("ArrowRight")
    home = page.get_by_test_id("tab-home")
    await expect(home).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(home).to_have_attribute("aria-selected", "true")
    await expect(home).to_be_focused()
    people = page.get_by_test_id("user-switch")
    await people.focus()
    bench.slack.people.post("tom", "#general", "something unread")
    await expect(page.get_by_test_id("channel-general")).to_contain_text("1")
    await expect(people).to_be_focused()
