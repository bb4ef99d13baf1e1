"""The server side of the chat page: what it is told, and what people can do in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncAck

from simulators.slack.state.changes import SessionStopped, StreamStopped
from tests.support.workbenches.slack import FAST, Workbench, workbench


@dataclass
class Page:
    """The page as one person has it open."""

    bench: Workbench
    ws: aiohttp.ClientWebSocketResponse
    snapshot: dict[str, Any]

    async def frame(self, kind: str, **expected: Any) -> dict[str, Any]:
        """The next frame of a kind whose content has these values."""
        while True:
            frame: dict[str, Any] = await self.ws.receive_json(timeout=3)
            inner = frame.get("message") or frame
            if frame["type"] == kind and expected.items() <= inner.items():
                return frame

    async def do(self, verb: str, **body: Any) -> dict[str, Any]:
        """What the page's API answers."""
        url = f"{self.bench.running.base_url}/page/api/{verb}"
        body = {"user": self.snapshot["me"]["id"], **body}
        async with self.bench.http.post(url, json=body) as response:
            answer: dict[str, Any] = await response.json()
        return answer


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Page]:
    async with workbench() as bench:
        url = f"{bench.running.base_url}/page/ws"
        async with bench.http.ws_connect(url) as ws:
            yield Page(bench, ws, await ws.receive_json())


async def test_the_snapshot_holds_what_this_person_sees(page: Page) -> None:
    snapshot = page.snapshot
    assert snapshot["me"]["name"] == "hana"
    names = [(c["name"], c["kind"], c["bot_is_member"]) for c in snapshot["channels"]]
    assert names == [
        ("general", "channel", True),
        ("random", "channel", True),
        ("humans-only", "channel", False),
        ("planning", "private", True),
        ("directmessage", "im", True),
    ]
    assert snapshot["commands"][0]["command"] == "/gemini"


async def test_a_post_mentions_people_and_is_shown_as_safe_html(page: Page) -> None:
    answer = await page.do(
        "post", channel=page.bench.general, text="@Mechachang <img src=x onerror=alert(1)>"
    )
    frame = await page.frame("message", ts=answer["ts"])
    bot = page.bench.slack.workspace.bot
    assert frame["message"]["text"].startswith(f"<@{bot.id}>")
    assert bot.display_name in frame["message"]["html"]
    assert "<img" not in frame["message"]["html"]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("ねえ@mechachang、これは？", "ねえ<@BOT>、これは？"),
        ("@山田 花さん", "<@U0HANA00000>さん"),
        ("me@mechachang.example", "me@mechachang.example"),
        ("@mechachangs", "@mechachangs"),
        ("#general!", "<#C0GENERAL00>!"),
        ("see https://example.com/a?b=1&c=2", "see <https://example.com/a?b=1&amp;c=2>"),
    ],
)
async def test_names_become_mentions_as_in_slacks_own_client(
    page: Page, typed: str, sent: str
) -> None:
    ts = (await page.do("post", channel=page.bench.general, text=typed))["ts"]
    frame = await page.frame("message", ts=ts)
    assert frame["message"]["text"] == sent.replace("BOT", page.bench.slack.workspace.bot.id)


async def test_the_bots_messages_statuses_and_streams_are_followed(page: Page) -> None:
    asked = page.bench.slack.people.post("hana", "#general", "q")
    client, channel = page.bench.client, page.bench.general
    place: dict[str, Any] = {"channel_id": channel, "thread_ts": asked.ts}
    await client.assistant_threads_setStatus(**place, status="is thinking…")
    assert (await page.frame("status"))["status"] == "is thinking…"
    stream = await client.chat_stream(
        channel=channel,
        thread_ts=asked.ts,
        recipient_user_id=asked.user,
        recipient_team_id=page.bench.slack.workspace.team_id,
        buffer_size=1,
    )
    await stream.append(markdown_text="**太字**")
    assert (await page.frame("status"))["status"] == ""
    frame = await page.frame("message", is_bot=True, streaming=True)
    assert "<strong>太字</strong>" in frame["message"]["html"]
    await stream.stop()
    await page.frame("message", is_bot=True, streaming=False)


async def test_a_session_is_followed_and_its_stop_told_to_the_app_with_or_without_a_stream(
    page: Page,
) -> None:
    bench, told = page.bench, list[Any]()
    asked = bench.slack.people.post("hana", "#general", "q")
    bench.slack.workspace.subscribe(told.append)
    place = {"channel_id": bench.general, "thread_ts": asked.ts}
    change = {**place, "status": "processing", "title": "空の色"}
    await bench.client.api_call("agents.sessions.setStatus", json=change)
    frame = await page.frame("session", status="processing")
    assert (frame["title"], frame["stoppable"]) == ("空の色", True)
    stop = {"channel": bench.general, "thread_ts": asked.ts}
    assert (await page.do("stop", **stop))["ok"]
    assert isinstance(told[-1], SessionStopped)
    streaming = await bench.client.chat_startStream(
        channel=bench.general,
        thread_ts=asked.ts,
        markdown_text="青",
        recipient_user_id=asked.user,
        recipient_team_id=bench.slack.workspace.team_id,
    )
    assert (await page.do("stop", **stop))["ok"]
    assert isinstance(told[-1], StreamStopped)
    assert told[-1].message.ts == streaming["ts"]
    await bench.client.api_call("agents.sessions.setStatus", json={**place, "status": "active"})
    await page.frame("session", status="active")
    assert (await page.do("stop", **stop))["error"] == "session_not_processing"


async def test_a_stream_may_grow_for_its_recipient_alone_until_its_end() -> None:
    async with workbench(replace(FAST, streams_grow_for="recipient")) as bench:
        asked = bench.slack.people.post("hana", "#general", "q")
        url = f"{bench.running.base_url}/page/ws?user="
        async with (
            bench.http.ws_connect(url + "hana") as hers,
            bench.http.ws_connect(url + "tom") as his,
        ):
            asker = Page(bench, hers, await hers.receive_json())
            bystander = Page(bench, his, await his.receive_json())
            where: dict[str, Any] = {"channel": bench.general}
            stream = await bench.client.chat_startStream(
                **where,
                thread_ts=asked.ts,
                markdown_text="one ",
                recipient_user_id=asked.user,
                recipient_team_id=bench.slack.workspace.team_id,
            )
            where["ts"] = stream["ts"]
            await bench.client.chat_appendStream(**where, markdown_text="two ")
            await asker.frame("message", streaming=True, text="one two ")
            for _ in ("its beginning", "its next words"):
                frame = await bystander.frame("message", streaming=True)
                assert frame["message"]["text"] == "one "
                assert "two" not in frame["message"]["html"]
            await bench.client.chat_stopStream(**where, markdown_text="three")
            await bystander.frame("message", streaming=False, text="one two three")


async def test_whoever_does_not_listen_for_stop_gets_none_on_the_page() -> None:
    deaf = replace(FAST, subscriptions=FAST.subscriptions - {"agent_session_stopped"})
    async with workbench(deaf) as bench:
        asked = bench.slack.people.post("hana", "#general", "q")
        bench.slack.workspace.sessions.set((bench.general, asked.ts), "processing")
        async with bench.http.ws_connect(f"{bench.running.base_url}/page/ws") as ws:
            [session] = (await ws.receive_json())["sessions"]
        assert (session["status"], session["stoppable"]) == ("processing", False)


async def test_replies_edits_reactions_and_deletions_are_followed(page: Page) -> None:
    channel = page.bench.general
    ts = (await page.do("post", channel=channel, text="a"))["ts"]
    reply = await page.do("post", channel=channel, text="b", thread_ts=ts)
    await page.frame("message", ts=ts, reply_count=1)
    await page.do("edit", channel=channel, ts=ts, text="c")
    assert (await page.frame("message", ts=ts, edited=True))["message"]["text"] == "c"
    await page.do("react", channel=channel, ts=ts, name="eyes")
    reactions = (await page.frame("message", ts=ts))["message"]["reactions"]
    assert reactions == [{"name": "eyes", "count": 1, "me": True}]
    await page.do("delete", channel=channel, ts=reply["ts"])
    await page.frame("message_deleted", ts=reply["ts"])
    await page.do("delete", channel=channel, ts=ts)
    await page.frame("message_deleted", ts=ts)


async def test_what_is_for_others_is_not_shown(page: Page) -> None:
    people, client = page.bench.slack.people, page.bench.client
    channel = page.bench.general
    await client.chat_postEphemeral(channel=channel, user=people.user("alice").id, text="psst")
    people.post("alice", people.dm("alice").id, "secret")
    await client.chat_postEphemeral(channel=channel, user=people.user("hana").id, text="for you")
    while (frame := await page.ws.receive_json(timeout=3))["type"] != "ephemeral":
        assert frame["type"] in {"journal", "bot"}
    assert frame["message"]["text"] == "for you"


async def test_a_slash_command_without_an_app_is_told_as_slack_tells_it(page: Page) -> None:
    answer = await page.do("slash", channel=page.bench.general, command="/gemini", text="x")
    assert answer["ok"]
    assert "operation_timeout" in (await page.frame("notice"))["text"]
    ts = (await page.do("post", channel=page.bench.general, text="a"))["ts"]
    refused = await page.do(
        "slash", channel=page.bench.general, command="/gemini", text="", thread_ts=ts
    )
    assert refused["error"] == "not_supported_in_threads"
    assert refused["text"]


async def test_a_button_reaches_the_bolt_app_of_the_test(page: Page) -> None:
    app, pressed = page.bench.app(), []

    @app.action("press")
    async def press(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        pressed.append(body["actions"][0]["value"])

    plain = {"type": "plain_text", "text": "押す"}
    button = {"type": "button", "action_id": "press", "text": plain, "value": "7"}
    posted = await page.bench.client.chat_postMessage(
        channel=page.bench.general,
        text="x",
        blocks=[{"type": "actions", "block_id": "b", "elements": [button]}],
    )
    async with page.bench.connected(app):
        assert (await page.frame("bot"))["sockets"] == 1
        action = {"type": "button", "action_id": "press", "block_id": "b", "value": "forged"}
        place: dict[str, Any] = {"channel": page.bench.general, "message_ts": posted["ts"]}
        assert (await page.do("action", **place, action=action))["ok"]
    assert pressed == ["7"]
    assert (await page.frame("bot"))["sockets"] == 0


async def test_faults_are_added_shown_used_up_and_removed(page: Page) -> None:
    fault = {"kind": "error", "status": 500}
    added = await page.do("faults", target="slack", operation="auth.test", fault=fault, times=2)
    rules = (await page.frame("faults"))["rules"]
    assert [rule["id"] for rule in rules] == [added["rule"]["id"]]
    async with page.bench.http.post(f"{page.bench.running.api_url}auth.test") as response:
        assert response.status == 500
    [rule] = (await page.frame("faults"))["rules"]
    assert (rule["times"], rule["hits"]) == (1, 1)
    url = f"{page.bench.running.base_url}/page/api/faults/{rules[0]['id']}"
    async with page.bench.http.delete(url) as response:
        assert (await response.json())["removed"]
    assert (await page.frame("faults"))["rules"] == []


async def test_a_simulator_without_a_stack_has_nothing_to_kill(page: Page) -> None:
    for verb, body in (("kill", {"name": "redis"}), ("outage", {"name": "redis", "on": True})):
        assert (await page.do(verb, **body))["error"] == "bad_request"


async def test_journal_entries_are_pushed_with_their_keys(page: Page) -> None:
    metadata = {"event_type": "e", "event_payload": {"task_id": "t1"}}
    await page.bench.client.chat_postMessage(
        channel=page.bench.general, text="x", metadata=metadata
    )
    entry = (await page.frame("journal"))["entry"]
    assert (entry["step"], entry["keys"]) == ("api", ["task:t1"])


async def test_a_file_is_uploaded_and_posted(page: Page) -> None:
    form = aiohttp.FormData(quote_fields=False)  # as browsers write names
    form.add_field("user", page.snapshot["me"]["id"])
    form.add_field("file", b"\x89PNG", filename="絵.png", content_type="image/png")
    url = f"{page.bench.running.base_url}/page/api/upload"
    async with page.bench.http.post(url, data=form) as response:
        file = (await response.json())["file"]
    await page.do("post", channel=page.bench.general, text="", file_ids=[file["id"]])
    [shown] = (await page.frame("message"))["message"]["files"]
    assert (shown["name"], shown["is_image"], shown["size"]) == ("絵.png", True, 4)
    async with page.bench.http.get(page.bench.running.base_url + shown["url"]) as response:
        assert await response.read() == b"\x89PNG"


@pytest.mark.parametrize("body", [{}, {"channel": "C1", "text": "x"}, {"channel": 1, "text": 2}])
async def test_a_bad_request_is_refused_without_harm(page: Page, body: dict[str, Any]) -> None:
    answer = await page.do("post", **body)
    assert answer["ok"] is False
    assert answer["error"]


async def test_other_sites_in_the_browser_cannot_act(page: Page) -> None:
    base = page.bench.running.base_url
    foreign = {"Origin": "http://evil.example"}
    for verb in ("post", "faults", "kill", "outage"):
        url = f"{base}/page/api/{verb}"
        async with page.bench.http.post(url, json={}, headers=foreign) as response:
            assert response.status == 403
    for path in ("faults", "faults/1"):
        async with page.bench.http.delete(f"{base}/page/api/{path}", headers=foreign) as response:
            assert response.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await page.bench.http.ws_connect(f"{base}/page/ws", headers=foreign)


async def test_the_page_itself_is_served(page: Page) -> None:
    async with page.bench.http.get(f"{page.bench.running.base_url}/") as response:
        assert response.content_type == "text/html"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
