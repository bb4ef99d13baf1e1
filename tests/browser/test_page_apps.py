"""What an app puts into the page works: commands, buttons, modals, Home."""

from typing import Any

from playwright.async_api import Page, expect
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.browser.conftest import lose_the_line
from tests.support.workbenches.slack import Workbench, recorder


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


BUTTONS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {"type": "button", "action_id": "ask", "text": plain("Ask again"), "value": "42"}
        ],
    },
    {
        "type": "context_actions",
        "block_id": "f",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {"text": plain("Good answer"), "value": "good"},
                "negative_button": {"text": plain("Bad answer"), "value": "bad"},
            }
        ],
    },
]
MODAL = {
    "type": "modal",
    "callback_id": "m",
    "title": plain("Adjust"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "text",
            "label": plain("Question"),
            "element": {"type": "plain_text_input", "action_id": "t"},
        },
        {
            "type": "input",
            "block_id": "mode",
            "label": plain("Mode"),
            "element": {
                "type": "radio_buttons",
                "action_id": "m",
                "options": [
                    {"text": plain("Code"), "value": "code"},
                    {"text": plain("Chat"), "value": "chat"},
                ],
            },
        },
    ],
}


async def test_a_command_shows_its_usage_and_reaches_the_app(bench: Workbench, page: Page) -> None:
    app, seen = bench.app(), list[dict[str, Any]]()

    @app.command("/gemini")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack("On it.")

    async with bench.connected(app):
        await expect(page.get_by_test_id("presence").first).to_have_class("presence on")
        field = page.get_by_test_id("composer")
        await field.press_sequentially("/g")
        await expect(page.get_by_test_id("completion")).to_contain_text("/gemini")
        await field.press("Enter")
        await expect(field).to_have_value("/gemini ")
        await expect(page.get_by_test_id("usage-hint")).to_contain_text("--private")
        await field.press_sequentially("why?")
        await field.press("Enter")
        await expect(page.locator("#messages")).to_contain_text("On it.")
    assert (seen[0]["command"], seen[0]["text"]) == ("/gemini", "why?")


async def test_a_command_nobody_takes_tells_the_user(bench: Workbench, page: Page) -> None:
    await page.get_by_test_id("composer").fill("/gemini why?")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_test_id("toast")).to_contain_text("operation_timeout")
    await page.get_by_test_id("composer").fill("/nonsense")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_test_id("toast").nth(1)).to_contain_text("/nonsense is not a valid")
    await expect(page.get_by_test_id("composer")).to_have_value("/nonsense")


async def test_buttons_reach_the_app_and_show_that_they_were_pressed(
    bench: Workbench, page: Page
) -> None:
    app, seen = bench.app(), list[dict[str, Any]]()
    for name in ("ask", "feedback"):
        app.action(name)(acknowledging(recorder(seen)))
    async with bench.connected(app):
        await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=BUTTONS)
        await page.get_by_role("button", name="Ask again").click()
        await bench.slack.wait_for(lambda: len(seen) == 1)
        good = page.get_by_role("button", name="Good answer")
        await good.click()
        await expect(good).to_have_attribute("aria-pressed", "true")
        await page.get_by_role("button", name="Bad answer").click()
        await expect(good).to_have_attribute("aria-pressed", "false")
        await bench.slack.wait_for(lambda: len(seen) == 3)
    assert [body["actions"][0]["value"] for body in seen] == ["42", "good", "bad"]


def acknowledging(listener: Any) -> Any:
    """A listener that acks and then keeps the body."""

    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await listener(body)

    return listen


def app_with_modal(bench: Workbench, submitted: list[dict[str, Any]]) -> AsyncApp:
    """An app that opens a modal by a button and refuses the first text it gets."""
    app = bench.app()

    @app.action("ask")
    async def ask(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("m")
    async def submit(ack: AsyncAck, view: dict[str, Any]) -> None:
        submitted.append(view["state"]["values"])
        if len(submitted) == 1:
            await ack(response_action="errors", errors={"text": "Too short."})
        else:
            await ack()

    return app


async def test_a_modal_is_filled_in_corrected_and_submitted(bench: Workbench, page: Page) -> None:
    submitted: list[dict[str, Any]] = []
    async with bench.connected(app_with_modal(bench, submitted)):
        await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=BUTTONS)
        await page.get_by_role("button", name="Ask again").click()
        modal = page.get_by_test_id("modal")
        await modal.get_by_label("Question").fill("why")
        await lose_the_line(bench, page)
        await expect(modal.get_by_label("Question")).to_have_value("why")
        await page.get_by_test_id("modal-submit").click()
        await expect(modal).to_contain_text("Please complete this field.")
        assert submitted == []
        await modal.get_by_text("Code").click()
        await page.get_by_test_id("modal-submit").click()
        await expect(modal).to_contain_text("Too short.")
        await expect(modal.get_by_label("Question")).to_have_value("why")
        await modal.get_by_label("Question").fill("why is that?")
        await page.get_by_test_id("modal-submit").click()
        await expect(modal).to_have_count(0)
    assert submitted[1]["text"]["t"]["value"] == "why is that?"
    assert submitted[1]["mode"]["m"]["selected_option"]["value"] == "code"


async def test_the_home_tab_shows_what_the_app_publishes(bench: Workbench, page: Page) -> None:
    app = bench.app()

    @app.event("app_home_opened")
    async def home(event: dict[str, Any], client: AsyncWebClient) -> None:
        if event["tab"] == "home":
            text = {"type": "mrkdwn", "text": "*Welcome home*"}
            view = {"type": "home", "blocks": [{"type": "section", "text": text}]}
            await client.views_publish(user_id=event["user"], view=view)

    async with bench.connected(app):
        await page.get_by_test_id("channel-mechachang").click()
        await page.get_by_test_id("tab-home").click()
        await expect(page.get_by_test_id("home").locator("strong")).to_have_text("Welcome home")
        await expect(page.get_by_test_id("composer")).to_be_hidden()
