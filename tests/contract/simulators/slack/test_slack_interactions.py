"""Buttons, choices and shortcuts of messages, with Bolt on a socket."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncRespond

from simulators.slack import Refusal
from tests.support.workbenches.slack import IMPATIENT, Workbench, workbench
from tests.support.workbenches.slack_clicks import BLOCKS, clicking, notices


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
