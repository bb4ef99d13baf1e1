"""Slash commands, buttons, modals, shortcuts and response URLs, with Bolt on a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from simulators.faults import Fault
from simulators.slack import Refusal
from simulators.slack.state.changes import Change, Notice
from tests.support.workbenches.slack import FAST, IMPATIENT, Clock, Workbench, error_of, workbench

PLAIN = {"type": "plain_text", "text": "押す"}
OPTIONS = [{"text": PLAIN, "value": "1"}, {"text": PLAIN, "value": "2"}]
BLOCKS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {"type": "button", "action_id": "press", "text": PLAIN, "value": "v1"},
            {"type": "static_select", "action_id": "pick", "options": OPTIONS},
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "rate",
                "positive_button": {"text": PLAIN, "value": "good"},
                "negative_button": {"text": PLAIN, "value": "bad"},
            }
        ],
    },
]


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Workbench]:
    async with workbench() as opened:
        yield opened


def notices(bench: Workbench) -> list[str]:
    seen: list[str] = []

    def listen(change: Change) -> None:
        if isinstance(change, Notice):
            seen.append(change.text)

    bench.slack.workspace.subscribe(listen)
    return seen


@asynccontextmanager
async def clicking(bench: Workbench, app: AsyncApp) -> AsyncIterator[str]:
    posted = await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=BLOCKS)
    async with bench.connected(app):
        yield posted["ts"]


async def test_a_slash_command_without_ack_tells_the_user_and_is_not_repeated() -> None:
    async with workbench(IMPATIENT) as bench:
        app, seen, runs = bench.app(), notices(bench), []

        @app.command("/gemini")
        async def run(body: dict[str, Any]) -> None:
            runs.append(body)

        async with bench.connected(app):
            outcome = await bench.slack.people.slash("hana", "#general", "/gemini")
    assert not outcome.acked
    assert seen == ['/gemini failed with the error "operation_timeout"']
    assert len(runs) == 1


async def test_a_slash_command_does_not_exist_in_threads(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    with pytest.raises(Refusal, match="not_supported_in_threads"):
        await bench.slack.people.slash("hana", "#general", "/gemini", thread_ts=asked.ts)


async def test_respond_shows_its_message_to_the_user_or_to_the_channel(bench: Workbench) -> None:
    app = bench.app()

    @app.command("/gemini")
    async def run(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("private")
        await respond(text="public", response_type="in_channel")

    async with bench.connected(app):
        await bench.slack.people.slash("hana", "#general", "/gemini")
        await bench.slack.wait_for(lambda: bench.slack.messages("#general"))
    assert [m["text"] for m in bench.slack.ephemerals("hana")] == ["private"]
    assert [m["text"] for m in bench.slack.messages("#general")] == ["public"]


async def _response_url(bench: Workbench) -> str:
    app, urls = bench.app(), []

    @app.command("/gemini")
    async def run(ack: AsyncAck, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        await ack()

    async with bench.connected(app):
        await bench.slack.people.slash("hana", "#humans-only", "/gemini")
    return str(urls[0])


async def test_a_response_url_works_five_times(bench: Workbench) -> None:
    webhook = AsyncWebhookClient(await _response_url(bench))
    for n in range(5):
        answer = await webhook.send(text=str(n))
        assert (answer.status_code, answer.body) == (200, "ok")
    answer = await webhook.send(text="6")
    assert (answer.status_code, answer.body) == (404, "used_url")
    assert len(bench.slack.ephemerals("hana")) == 5


async def test_a_response_url_works_for_half_an_hour() -> None:
    clock = Clock()
    async with workbench(replace(FAST, clock=clock)) as bench:
        webhook = AsyncWebhookClient(await _response_url(bench))
        clock.now += 1801
        answer = await webhook.send(text="late")
    assert (answer.status_code, answer.body) == (404, "expired_url")


@pytest.mark.parametrize(
    ("payload", "error"),
    [({"text": ""}, "no_text"), ({"text": "x", "blocks": [{"type": "?"}]}, "invalid_blocks")],
)
async def test_a_refused_response_uses_nothing_up(
    bench: Workbench, payload: dict[str, Any], error: str
) -> None:
    webhook = AsyncWebhookClient(await _response_url(bench))
    for _ in range(6):
        answer = await webhook.send_dict(payload)
        assert (answer.status_code, answer.body) == (400, error)
    assert (await webhook.send(text="fine")).status_code == 200


async def test_a_dropped_response_was_taken(bench: Workbench) -> None:
    url = await _response_url(bench)
    bench.faults.add("slack", "response_url", Fault("drop_after"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await AsyncWebhookClient(url, retry_handlers=[]).send(text="once")
    assert [m["text"] for m in bench.slack.ephemerals("hana")] == ["once"]


async def test_a_click_brings_the_message_and_the_buttons_value(bench: Workbench) -> None:
    app, bodies = bench.app(), []

    @app.action("press")
    async def press(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        bodies.append(body)
        await respond(text="pressed", replace_original=True)

    async with clicking(bench, app) as ts:
        await bench.slack.people.click("alice", "#general", ts, "press")
        await bench.slack.wait_for(lambda: bench.slack.messages("#general")[0]["text"] == "pressed")
    [body] = bodies
    assert body["user"]["id"] == bench.slack.people.user("alice").id
    assert body["container"]["message_ts"] == body["message"]["ts"] == ts
    assert body["actions"][0]["value"] == "v1"
    assert "blocks" not in bench.slack.messages("#general")[0]


async def test_a_choice_and_feedback_arrive_with_their_values(bench: Workbench) -> None:
    app, actions = bench.app(), []

    async def keep(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        actions.append((body["actions"][0], body["state"]["values"]))

    app.action("pick")(keep)
    app.action("rate")(keep)
    async with clicking(bench, app) as ts:
        await bench.slack.people.click(
            "hana", "#general", ts, "pick", selected_option={"value": "2"}
        )
        await bench.slack.people.click("hana", "#general", ts, "rate", value="bad")
    (pick, state), (rate, _) = actions
    assert pick["selected_option"]["value"] == "2"
    assert state["b"]["pick"]["selected_option"]["value"] == "2"
    assert (rate["type"], rate["value"]) == ("feedback_buttons", "bad")


async def test_people_can_only_choose_what_is_offered(bench: Workbench) -> None:
    posted = await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=BLOCKS)
    people = bench.slack.people
    with pytest.raises(Refusal, match="no_such_choice"):
        await people.click("hana", "#general", posted["ts"], "rate", value="meh")
    with pytest.raises(Refusal, match="no_such_element"):
        await people.click("hana", "#general", posted["ts"], "sneak")


async def test_an_unanswered_click_tells_the_user() -> None:
    async with workbench(IMPATIENT) as bench:
        seen = notices(bench)
        posted = await bench.client.chat_postMessage(channel=bench.general, text="x", blocks=BLOCKS)
        await bench.slack.people.click("hana", "#general", posted["ts"], "press")
    assert len(seen) == 1


MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "ask",
    "title": {"type": "plain_text", "text": "質問"},
    "submit": {"type": "plain_text", "text": "送信"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "q",
            "label": PLAIN,
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}
FILLED = {"q": {"text": {"type": "plain_text_input", "value": "なぜ？"}}}


class Modals:
    """A Bolt app that opens ``MODAL`` at the press of a button and answers as told."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.app = bench.app()
        self.submitted: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}
        self.app.action("press")(self._press)
        self.app.view("ask")(self._submit)
        self.app.view_closed("ask")(self._close)

    async def _press(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    async def _submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.submitted.append(body)
        await ack(**self.answer)

    async def _close(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self.closed.append(body)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[str]:
        async with clicking(self.bench, self.app) as ts:
            await self.bench.slack.people.click("hana", "#general", ts, "press")
            await self.bench.slack.wait_for(lambda: self.top() is not None)
            yield str(self.top().id)

    def top(self) -> Any:
        return self.bench.slack.views.top(self.bench.slack.people.user("hana").id)


async def test_a_submitted_modal_brings_its_values_and_closes(bench: Workbench) -> None:
    modals = Modals(bench)
    async with modals.opened() as view_id:
        await bench.slack.people.submit("hana", view_id, FILLED)
    assert modals.submitted[0]["view"]["state"]["values"] == FILLED
    assert modals.top() is None


async def test_an_empty_required_input_never_reaches_the_app(bench: Workbench) -> None:
    modals = Modals(bench)
    async with modals.opened() as view_id:
        assert await bench.slack.people.submit("hana", view_id, {}) is None
        assert set(modals.top().errors) == {"q"}
    assert modals.submitted == []


async def test_errors_keep_a_modal_open(bench: Workbench) -> None:
    modals = Modals(bench)
    modals.answer = {"response_action": "errors", "errors": {"q": "短すぎます"}}
    async with modals.opened() as view_id:
        await bench.slack.people.submit("hana", view_id, FILLED)
        assert modals.top().errors == {"q": "短すぎます"}


async def test_a_modal_can_be_updated_and_pushed_by_the_ack(bench: Workbench) -> None:
    modals = Modals(bench)
    async with modals.opened() as view_id:
        modals.answer = {"response_action": "update", "view": MODAL | {"title": PLAIN}}
        await bench.slack.people.submit("hana", view_id, FILLED)
        assert modals.top().payload["title"] == PLAIN
        modals.answer = {"response_action": "push", "view": MODAL}
        await bench.slack.people.submit("hana", view_id, FILLED)
        assert modals.top().previous_id == view_id
        modals.answer = {"response_action": "clear"}
        await bench.slack.people.submit("hana", modals.top().id, FILLED)
        assert modals.top() is None


async def test_closing_a_modal_is_told_if_wanted(bench: Workbench) -> None:
    modals = Modals(bench)
    async with modals.opened() as view_id:
        await bench.slack.people.close("hana", view_id)
        assert len(modals.closed) == 1


async def test_a_trigger_is_used_once_and_soon() -> None:
    clock = Clock()
    async with workbench(replace(FAST, clock=clock)) as bench:
        hana = bench.slack.people.user("hana").id
        trigger = bench.slack.views.trigger(hana)
        await bench.client.views_open(trigger_id=trigger, view=MODAL)
        again = bench.client.views_open(trigger_id=trigger, view=MODAL)
        assert await error_of(again) == "exchanged_trigger_id"
        late = bench.slack.views.trigger(hana)
        clock.now += 3.1
        opening = bench.client.views_open(trigger_id=late, view=MODAL)
        assert await error_of(opening) == "expired_trigger_id"
        made_up = bench.client.views_open(trigger_id="1.2.x", view=MODAL)
        assert await error_of(made_up) == "invalid_trigger_id"


async def test_modals_are_pushed_three_high_at_most(bench: Workbench) -> None:
    modals = Modals(bench)
    modals.answer = {"response_action": "push", "view": MODAL}
    async with modals.opened() as lowest:
        highest = [lowest]
        for _ in range(3):
            await bench.slack.people.submit("hana", highest[-1], FILLED)
            highest.append(modals.top().id)
        assert highest[-2] == highest[-1]
        assert len(set(highest)) == 3


async def test_a_home_is_published_by_hash(bench: Workbench) -> None:
    hana, home = bench.slack.people.user("hana").id, {"type": "home", "blocks": []}
    shown = (await bench.client.views_publish(user_id=hana, view=home))["view"]
    await bench.client.views_publish(user_id=hana, hash=shown["hash"], view=home)
    stale = bench.client.views_publish(user_id=hana, hash=shown["hash"], view=home)
    assert await error_of(stale) == "hash_conflict"


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"submit": None},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [{"type": "markdown", "text": "x"}]},
        {"private_metadata": "x" * 3_001},
    ],
)
async def test_a_bad_view_is_refused(bench: Workbench, change: dict[str, Any]) -> None:
    trigger = bench.slack.views.trigger(bench.slack.people.user("hana").id)
    view = {name: value for name, value in (MODAL | change).items() if value is not None}
    opening = bench.client.views_open(trigger_id=trigger, view=view)
    assert await error_of(opening) == "invalid_arguments"


async def test_opening_home_is_told_and_a_home_can_be_published(bench: Workbench) -> None:
    app, tabs = bench.app(), []
    home = {"type": "home", "blocks": [{"type": "header", "text": PLAIN}]}

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=home)
        tabs.append(event["tab"])

    async with bench.connected(app):
        bench.slack.people.open_home("hana")
        await bench.slack.wait_for(lambda: tabs)
    assert tabs == ["home"]
    published = bench.slack.views.home(bench.slack.people.user("hana").id)
    assert published is not None
    assert published.payload["blocks"][0]["text"] == PLAIN


async def test_a_message_shortcut_brings_the_message(bench: Workbench) -> None:
    app, bodies = bench.app(), []

    @app.shortcut("explain_message")
    async def ask(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        bodies.append(body)

    asked = bench.slack.people.post("kenji", "#general", "見て")
    async with bench.connected(app):
        await bench.slack.people.shortcut("hana", "#general", asked.ts, "explain_message")
    assert bodies[0]["message"]["text"] == "見て"
    assert bodies[0]["message_ts"] == asked.ts
