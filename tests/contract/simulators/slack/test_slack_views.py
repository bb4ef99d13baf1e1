"""Modals and App Home, with Bolt on a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.workbenches.slack import FAST, Clock, Workbench, error_of, workbench
from tests.support.workbenches.slack_clicks import PLAIN, clicking

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
