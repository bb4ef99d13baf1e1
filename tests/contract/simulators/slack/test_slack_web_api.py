"""The simulated Web API, driven by slack_sdk: who may call, arguments, and what it tells."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack.errors import Refusal
from tests.support.workbenches.slack import FAST, Workbench, error_of, refused, workbench


async def test_auth_test_says_whose_token_it_is(bench: Workbench) -> None:
    told = await bench.client.auth_test()
    assert told["user_id"] == bench.slack.workspace.bot.id
    assert told["bot_id"] == bench.slack.workspace.bot_id


async def test_a_call_without_a_token_is_not_authed(bench: Workbench) -> None:
    client = AsyncWebClient(base_url=bench.running.api_url, session=bench.http)
    assert await error_of(client.auth_test()) == "not_authed"


async def test_an_unknown_token_is_invalid(bench: Workbench) -> None:
    assert await error_of(bench.new_client("xoxb-other").auth_test()) == "invalid_auth"


async def test_an_app_token_posts_nothing_and_a_bot_token_opens_no_socket(
    bench: Workbench,
) -> None:
    app = bench.new_client("xapp-local")
    assert await error_of(app.auth_test()) == "not_allowed_token_type"
    opening = bench.client.apps_connections_open(app_token="xoxb-local")
    assert await error_of(opening) == "not_allowed_token_type"


async def test_a_missing_scope_is_named() -> None:
    async with workbench(replace(FAST, scopes=frozenset({"commands"}))) as bench:
        body = await refused(bench.client.chat_postMessage(channel=bench.general, text="x"))
    assert (body["error"], body["needed"]) == ("missing_scope", "chat:write")


async def test_an_unknown_method_is_refused(bench: Workbench) -> None:
    assert await error_of(bench.client.api_call("chat.shout")) == "unknown_method"


async def test_a_missing_argument_is_named(bench: Workbench) -> None:
    body = await refused(bench.client.api_call("users.info", params={}))
    assert body["error"] == "invalid_arguments"
    assert body["response_metadata"]["messages"] == ["[ERROR] missing required field: user"]


async def test_a_misspelt_argument_is_refused_but_team_id_is_not(bench: Workbench) -> None:
    posting = bench.client.chat_postMessage(channel=bench.general, text="x", tread_ts="1")
    assert await error_of(posting) == "invalid_arguments"
    await bench.client.chat_postMessage(channel=bench.general, text="x", team_id="T1")


async def test_a_number_where_text_belongs_is_refused(bench: Workbench) -> None:
    posting = bench.client.api_call("chat.postMessage", json={"channel": bench.general, "text": 1})
    assert await error_of(posting) == "invalid_arguments"


@pytest.mark.parametrize("where", ["query", "form", "json"])
async def test_arguments_are_read_from_query_form_and_json(bench: Workbench, where: str) -> None:
    arguments = {"channel": bench.general, "text": "あ", "metadata": METADATA_JSON}
    options: dict[str, Any] = {
        "query": {"params": arguments},
        "form": {"data": arguments},
        "json": {"json": arguments},
    }[where]
    posted = await bench.client.api_call("chat.postMessage", **options)
    assert posted["message"]["metadata"]["event_payload"] == {"task_id": "t1"}


METADATA_JSON = '{"event_type": "e", "event_payload": {"task_id": "t1"}}'


async def test_malformed_json_is_refused(bench: Workbench) -> None:
    url = f"{bench.running.api_url}chat.postMessage"
    headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-local"}
    async with bench.http.post(url, data=b"{", headers=headers) as response:
        assert (await response.json())["error"] == "invalid_json"


async def test_people_differ_in_locale_and_it_is_told_only_if_asked(bench: Workbench) -> None:
    hana, alice = bench.slack.people.user("hana"), bench.slack.people.user("alice")
    told = await bench.client.users_info(user=hana.id, include_locale=True)
    assert told["user"]["locale"] == "ja-JP"
    told = await bench.client.users_info(user=alice.id, include_locale=True)
    assert told["user"]["locale"] == "en-US"
    assert "locale" not in (await bench.client.users_info(user=hana.id))["user"]
    assert await error_of(bench.client.users_info(user="U0")) == "user_not_found"


async def test_members_are_told_page_by_page(bench: Workbench) -> None:
    pages = [
        page["members"]
        async for page in await bench.client.conversations_members(channel=bench.general, limit=2)
    ]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {member for page in pages for member in page} == bench.slack.workspace.users.keys()


async def test_a_made_up_cursor_is_refused(bench: Workbench) -> None:
    listing = bench.client.conversations_members(channel=bench.general, cursor="bm9uc2Vuc2U=")
    assert await error_of(listing) == "invalid_cursor"


async def test_bots_info_knows_the_bot(bench: Workbench) -> None:
    told = await bench.client.bots_info(bot=bench.slack.workspace.bot_id)
    assert told["bot"]["user_id"] == bench.slack.workspace.bot.id
    assert await error_of(bench.client.bots_info(bot="B1")) == "bot_not_found"


async def test_a_channel_says_whether_the_bot_is_in_it(bench: Workbench) -> None:
    for channel, inside in ((bench.general, True), (bench.humans_only, False)):
        told = await bench.client.conversations_info(channel=channel)
        assert told["channel"]["is_member"] is inside


async def test_the_bots_own_conversations_are_listed_by_type_and_each_type_needs_its_scope() -> (
    None
):
    scopes = frozenset({"channels:read", "im:read"})
    async with workbench(replace(FAST, scopes=scopes)) as bench:
        public = (await bench.client.users_conversations())["channels"]
        direct = (await bench.client.users_conversations(types="im"))["channels"]
        body = await refused(bench.client.users_conversations(types="im,private_channel"))
        unknown = await error_of(bench.client.users_conversations(types="secret"))
    assert {channel["name"] for channel in public} == {"general", "random"}
    assert {channel["is_im"] for channel in direct} == {True}
    assert (body["error"], body["needed"]) == ("missing_scope", "groups:read,im:read")
    assert unknown == "invalid_types"


async def test_a_group_direct_message_is_one_for_its_people_and_each_right_has_its_scope() -> None:
    scopes = FAST.scopes - {"mpim:history"}
    async with workbench(replace(FAST, scopes=scopes)) as bench:
        people = bench.slack.people
        group = people.group("hana", "alice")
        assert people.group("alice", "hana") is group
        assert people.group("hana", "alice", "tom") is not group
        with pytest.raises(Refusal, match="not_enough_users"):
            people.group("hana", "hana")
        told = (await bench.client.conversations_info(channel=group.id))["channel"]
        listed = (await bench.client.users_conversations(types="mpim"))["channels"]
        body = await refused(bench.client.conversations_history(channel=group.id))
        posted = await bench.client.chat_postMessage(channel=group.id, text="x")
    assert group.id.startswith("C")
    assert (told["is_mpim"], told["is_private"], told["is_channel"]) == (True, True, False)
    assert told["name"] == "mpdm-alice--hana--mechachang-1"
    assert len(listed) == 2
    assert (body["error"], body["needed"]) == ("missing_scope", "mpim:history")
    assert posted["ok"]


async def test_a_private_channel_without_the_bot_does_not_exist_for_it(bench: Workbench) -> None:
    secret = bench.slack.workspace.add_channel("secret", "private", {"U0HANA00000"})
    assert await error_of(bench.client.conversations_info(channel=secret.id)) == "channel_not_found"
    posting = bench.client.chat_postMessage(channel=secret.id, text="x")
    assert await error_of(posting) == "channel_not_found"


async def test_members_are_told(bench: Workbench) -> None:
    told = await bench.client.conversations_members(channel=bench.humans_only)
    assert bench.slack.workspace.bot.id not in told["members"]
    assert len(told["members"]) == 4


async def test_the_bot_posts_where_it_is_only(bench: Workbench) -> None:
    posting = bench.client.chat_postMessage(channel=bench.humans_only, text="x")
    assert await error_of(posting) == "not_in_channel"
    workspace = bench.slack.workspace
    workspace.join(workspace.channels[bench.humans_only], workspace.bot.id)
    await bench.client.chat_postMessage(channel=bench.humans_only, text="x")


async def test_a_direct_message_is_opened_by_user(bench: Workbench) -> None:
    hana = bench.slack.people.user("hana").id
    opened = await bench.client.conversations_open(users=[hana])
    posted = await bench.client.chat_postMessage(channel=hana, text="x")
    assert opened["channel"]["id"] == posted["channel"] == bench.slack.people.dm("hana").id


async def test_a_group_direct_message_is_opened_with_several_and_only_by_a_scope_of_its_own(
    bench: Workbench,
) -> None:
    people = bench.slack.people
    several = [people.user(name).id for name in ("hana", "alice")]
    assert await error_of(bench.client.conversations_open(users=several)) == "missing_scope"
    async with workbench(replace(FAST, scopes=FAST.scopes | {"mpim:write"})) as allowed:
        opened = await allowed.client.conversations_open(users=several, return_im=True)
        assert opened["channel"]["is_mpim"]
        assert opened["channel"]["id"] == allowed.slack.people.group("hana", "alice").id
        unknown = allowed.client.conversations_open(users=[several[0], "U0"])
        assert await error_of(unknown) == "user_not_found"


async def test_a_message_shows_peoples_reactions_until_they_take_them_back(
    bench: Workbench,
) -> None:
    asked = bench.slack.people.post("hana", "#general", "hi")
    for who, counts in (("kenji", [1]), ("tom", [2]), ("kenji", [1]), ("tom", [])):
        bench.slack.people.react(who, "#general", asked.ts, "eyes")
        [message] = (await bench.client.conversations_history(channel=bench.general))["messages"]
        assert [reaction["count"] for reaction in message.get("reactions", [])] == counts


async def test_reactions_are_added_read_and_taken_back_once_each(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "hi")
    place = {"channel": bench.general, "timestamp": asked.ts}
    add, remove = bench.client.reactions_add, bench.client.reactions_remove
    await add(**place, name="eyes")
    assert await error_of(add(**place, name="eyes")) == "already_reacted"
    assert await error_of(add(**place, name="no name")) == "invalid_name"
    bench.slack.people.react("kenji", "#general", asked.ts, "eyes")

    found = await bench.client.reactions_get(**place, full=True)
    assert (found["type"], found["channel"]) == ("message", bench.general)
    assert (found["message"]["ts"], found["message"]["text"]) == (asked.ts, "hi")
    [reaction] = found["message"]["reactions"]
    assert (reaction["name"], reaction["count"]) == ("eyes", 2)
    assert len(reaction["users"]) == 2

    await remove(**place, name="eyes")
    assert await error_of(remove(**place, name="eyes")) == "no_reaction"
    for ts, error in (("soon", "bad_timestamp"), ("1700000000.000100", "message_not_found")):
        wrong = bench.client.reactions_get(channel=bench.general, timestamp=ts)
        assert await error_of(wrong) == error


async def test_a_status_stands_until_the_app_posts(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "hi")
    place: dict[str, Any] = {"channel_id": bench.general, "thread_ts": asked.ts}
    await bench.client.assistant_threads_setStatus(
        **place, status="is thinking…", loading_messages=["a", "b"]
    )
    [status] = bench.slack.workspace.statuses.values()
    assert (status.text, status.loading_messages) == ("is thinking…", ["a", "b"])
    await bench.client.chat_postMessage(channel=bench.general, thread_ts=asked.ts, text="done")
    assert not bench.slack.workspace.statuses


async def test_a_status_needs_a_thread_that_exists(bench: Workbench) -> None:
    setting = bench.client.assistant_threads_setStatus(
        channel_id=bench.general, thread_ts="1700000000.000001", status="x"
    )
    assert await error_of(setting) == "invalid_thread_ts"


async def test_suggested_prompts_are_kept_and_at_most_four(bench: Workbench) -> None:
    dm = bench.slack.people.dm("hana").id
    prompts = [{"title": "t", "message": "m"}]
    await bench.client.assistant_threads_setSuggestedPrompts(channel_id=dm, prompts=prompts)
    assert bench.slack.workspace.suggested_prompts[dm]["prompts"] == prompts
    too_many = bench.client.assistant_threads_setSuggestedPrompts(
        channel_id=dm, prompts=prompts * 5
    )
    assert await error_of(too_many) == "invalid_arguments"


async def test_every_call_is_in_the_journal_with_trace_and_task(bench: Workbench) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    client = AsyncWebClient(
        token="xoxb-local",
        base_url=bench.running.api_url,
        session=bench.http,
        headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"},
    )
    mark = {"task_id": "t7", "role": "answer", "part": 2, "parts": 3}
    metadata = {"event_type": "e", "event_payload": mark}
    await client.chat_postMessage(channel=bench.general, text="x", metadata=metadata)
    [call] = bench.journal.entries(key=f"trace:{trace}")
    assert (call.step, call.detail["method"], call.detail["ok"]) == (
        "api",
        "chat.postMessage",
        True,
    )
    assert "task:t7" in call.keys
    said = {name: call.detail[name] for name in ("task", "role", "part", "parts")}
    assert said == {"task": "t7", "role": "answer", "part": 2, "parts": 3}


async def test_the_journal_tells_a_status_that_is_shown_from_one_that_is_cleared(
    bench: Workbench,
) -> None:
    asked = bench.slack.people.post("alice", "#general", "hello")
    for status in ("is thinking…", ""):
        await bench.client.assistant_threads_setStatus(
            channel_id=bench.general, thread_ts=asked.ts, status=status
        )
    calls = bench.journal.entries(step="api")
    assert [call.detail["clears"] for call in calls] == [False, True]


async def test_fifty_calls_at_once_are_all_answered(bench: Workbench) -> None:
    calls = (bench.client.users_info(user="U0HANA00000") for _ in range(50))
    assert all(answer["ok"] for answer in await asyncio.gather(*calls))
    assert bench.slack.api.limits.calls["users.info"] == 50
