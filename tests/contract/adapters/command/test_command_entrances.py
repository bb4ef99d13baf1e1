"""Shortcuts, App Home, suggested prompts and the doctor, through Bolt on a real socket."""

from dataclasses import replace
from typing import Any

import pytest

from command_service.app import Service
from command_service.payloads.shortcuts import SHORTCUTS
from command_service.scopes import ALL_SCOPES, NEEDED_SCOPES
from command_service.texts.home import PROMPTS
from command_service.texts.replies import SHORTCUT_ACCEPTED
from shared.task import Kind, Locale, Mode, Purpose, Source
from simulators.faults import Fault
from simulators.slack.config import SHORTCUTS as OFFERED
from simulators.slack.errors import Refusal
from tests.support.workbenches.command import SLACK, Stack, http_stack, stack

pytestmark = pytest.mark.usefixtures("tracing")


async def told(world: Stack, who: str = "hana") -> str:
    """The first thing that only this person sees."""
    await world.slack.wait_for(lambda: world.slack.ephemerals(who))
    return str(world.slack.ephemerals(who)[0]["text"])


def test_the_local_stack_offers_the_shortcuts_that_somebody_listens_to() -> None:
    assert [each.callback_id for each in OFFERED] == list(SHORTCUTS)


@pytest.mark.parametrize("callback_id", list(SHORTCUTS))
async def test_a_shortcut_becomes_a_task_about_its_message(
    world: Stack, service: Service, callback_id: str
) -> None:
    people = world.slack.people
    opening = people.post("kenji", "#general", "SLA の件")
    reply = people.post("alice", "#general", "We miss the SLA", thread_ts=opening.ts)
    outcome = await people.shortcut("hana", "#general", reply.ts, callback_id)

    assert outcome.acked
    [task] = await world.wait_for_tasks()
    assert (task.kind, task.source) == (Kind.QUESTION, Source.SHORTCUT)
    assert (task.user_id, task.text) == (people.user("hana").id, "We miss the SLA")
    assert task.subject is not None
    assert task.subject.purpose is SHORTCUTS[callback_id]
    assert (task.subject.thread_ts, task.subject.message_ts) == (opening.ts, reply.ts)
    assert task.subject.by == people.user("alice").id
    assert await told(world) == SHORTCUT_ACCEPTED["ja"]


async def test_the_link_to_the_message_is_the_one_slack_gives(
    world: Stack, service: Service
) -> None:
    people, channel = world.slack.people, world.slack.people.channel("#general").id
    opening = people.post("kenji", "#general", "SLA の件")
    reply = people.post("alice", "#general", "We miss the SLA", thread_ts=opening.ts)
    for number, ts in enumerate((opening.ts, reply.ts), 1):
        await people.shortcut("hana", "#general", ts, "explain_message")
        task = (await world.wait_for_tasks(number))[-1]
        given = await service.access.client.chat_getPermalink(channel=channel, message_ts=ts)
        assert task.subject is not None
        assert task.subject.permalink == given["permalink"]


async def test_a_shortcut_works_where_we_are_no_member(world: Stack, service: Service) -> None:
    message = world.slack.people.post("hana", "#humans-only", "secret plans")
    await world.slack.people.shortcut("hana", "#humans-only", message.ts, "translate_message")

    [task] = await world.wait_for_tasks()
    assert task.subject is not None
    assert (task.subject.purpose, task.text) == (Purpose.TRANSLATE, "secret plans")
    assert await told(world) == SHORTCUT_ACCEPTED["ja"]


async def test_a_shortcut_delivered_twice_is_one_task(world: Stack, service: Service) -> None:
    message = world.slack.people.post("kenji", "#random", "hello")
    world.faults.add("socket", "envelope", Fault("duplicate"))
    await world.slack.people.shortcut("hana", "#random", message.ts, "explain_message")

    tasks = await world.wait_for_tasks(2)
    assert len({task.task_id for task in tasks}) == 1


async def test_a_shortcut_that_is_refused_or_not_taken_is_told(world: Stack) -> None:
    hana = world.slack.people.user("hana").id
    message = world.slack.people.post("hana", "#humans-only", "secret plans")
    async with world.service(allowed_user_ids=frozenset({"U9"})):
        await world.slack.people.shortcut("hana", "#humans-only", message.ts, "explain_message")
        assert "対象に含まれていません" in await told(world)
    assert world.tasks() == []
    async with world.service(allowed_user_ids=frozenset({hana})):
        await world.pubsub.pause()
        outcome = await world.slack.people.shortcut(
            "hana", "#humans-only", message.ts, "explain_message"
        )
        assert outcome.acked
        await world.slack.wait_for(lambda: len(world.slack.ephemerals("hana")) == 2)
        assert "受け付けられませんでした" in str(world.slack.ephemerals("hana")[-1]["text"])
        await world.pubsub.resume()


async def test_opening_home_shows_it_at_once_and_asks_for_the_usage(
    world: Stack, service: Service
) -> None:
    people = world.slack.people
    people.open_home("alice")
    [task] = await world.wait_for_tasks()
    home = world.slack.views.home(people.user("alice").id)

    assert (task.kind, task.user_id, task.locale) == (Kind.HOME, people.user("alice").id, "en")
    assert home is not None
    assert "Looking up your usage" in str(home.payload)


async def test_opening_messages_suggests_prompts_in_the_persons_language(
    world: Stack, service: Service
) -> None:
    people: dict[str, Locale] = {"alice": "en", "hana": "ja"}
    for who, locale in people.items():
        channel = world.slack.people.dm(who).id
        world.slack.people.open_home(who, "messages")
        await world.slack.wait_for(lambda: channel in world.slack.workspace.suggested_prompts)  # noqa: B023 - awaited at once
        suggested = world.slack.workspace.suggested_prompts[channel]
        assert suggested["prompts"] == PROMPTS[locale]
    assert world.tasks() == []


async def test_without_the_scope_for_prompts_everything_else_works() -> None:
    async with stack(replace(SLACK, scopes=NEEDED_SCOPES)) as world, world.service():
        world.slack.people.open_home("alice", "messages")
        await world.wait_for_step("api", method="assistant.threads.setSuggestedPrompts", ok=False)
        world.slack.people.post("alice", "#general", "@mechachang hello")
        [task] = await world.wait_for_tasks()
        assert task.kind is Kind.QUESTION


async def examined(world: Stack, where: str = "#general", who: str = "alice") -> str:
    outcome = await world.slack.people.slash(who, where, "/gemini", "doctor")
    assert outcome.acked
    return str((outcome.payload or {})["text"])


async def test_the_doctor_finds_nothing_where_all_is_well(world: Stack, service: Service) -> None:
    report = await examined(world)

    assert "⚠️" not in report
    assert "✓ I'm in this channel" in report
    assert "✓ The socket to Slack is connected" in report
    assert "✓ The queue (Pub/Sub) confirmed" in report
    [task] = await world.wait_for_tasks()
    assert (task.kind, task.private) == (Kind.DOCTOR, True)
    assert not any(message.get("bot_id") for message in world.slack.messages("#general"))


async def test_the_doctor_names_missing_scopes_and_a_channel_without_us() -> None:
    granted = ALL_SCOPES - {"im:write", "assistant:write"}
    async with stack(replace(SLACK, scopes=granted)) as world, world.service():
        report = await examined(world, "#humans-only")
    assert "⚠️ *Scopes are missing: `assistant:write`, `im:write`*" in report
    assert "⚠️ *I'm not in this channel" in report
    assert f"Add <@{world.slack.workspace.bot.id}> to the channel" in report


async def test_the_doctor_works_in_direct_messages(world: Stack, service: Service) -> None:
    assert "✓ I'm in this channel" in await examined(world, world.slack.people.dm("alice").id)


async def test_the_doctor_works_in_shared_channels(world: Stack, service: Service) -> None:
    world.slack.people.channel("#random").is_ext_shared = True
    assert "⚠️ *This channel is shared" in await examined(world, "#random")


async def test_the_doctor_says_which_rule_keeps_a_person_out(world: Stack) -> None:
    rules: dict[str, Any] = {"allowed_channel_ids": frozenset({"C9"}), "rollout_percent": 0}
    async with world.service(**rules):
        report = await examined(world)
    assert "ALLOWED_CHANNEL_IDS" in report
    assert "ROLLOUT_USER_IDS" in report


async def test_the_doctor_answers_in_time_while_the_queue_is_away(
    world: Stack, service: Service
) -> None:
    await world.pubsub.pause()
    report = await examined(world)
    await world.pubsub.resume()

    assert "⚠️ *The queue (Pub/Sub) didn't confirm" in report
    assert "couldn't check" in report


async def test_the_doctor_tells_of_a_token_that_slack_denies(
    world: Stack, service: Service
) -> None:
    world.faults.add("slack", "auth.test", Fault("error", status=200, error="token_revoked"), 99)
    report = await examined(world)
    world.faults.clear()

    assert "couldn't confirm the bot token (`token_revoked`)" in report


async def test_over_http_everything_is_the_same() -> None:
    async with http_stack() as (world, _):
        message = world.slack.people.post("kenji", "#random", "hello")
        await world.slack.people.shortcut("hana", "#random", message.ts, "explain_message")
        [task] = await world.wait_for_tasks()
        assert task.subject is not None
        report = await examined(world)
        assert "⚠️" not in report
        assert "socket" not in report


async def choose(world: Stack, who: str, action_id: str, value: str) -> bool:
    home = world.slack.views.home(world.slack.people.user(who).id)
    assert home is not None
    option = {"value": value}
    outcome = await world.slack.people.click_in_view(
        who, home.id, action_id, selected_option=option
    )
    return outcome.acked


async def test_what_is_chosen_on_home_is_kept_there_and_sent_to_the_processor(
    world: Stack, service: Service
) -> None:
    people, hana = world.slack.people, world.slack.people.user("hana").id
    people.open_home("hana")
    await world.wait_for_tasks()
    assert await choose(world, "hana", "language", '{"v":1,"language":"en"}')
    assert await choose(world, "hana", "default_mode", '{"v":1,"mode":"code"}')

    *_, task = await world.wait_for_tasks(3)
    assert task.preferences is not None
    assert (task.locale, task.preferences.language) == ("en", "en")
    assert task.preferences.mode is Mode.CODE
    home = world.slack.views.home(hana)
    assert home is not None
    assert "Your settings" in str(home.payload)
    people.open_home("hana")
    [*_, again] = await world.wait_for_tasks(3)
    assert again.preferences == task.preferences
    await people.slash("hana", "#general", "/gemini", "--nonsense x")
    await world.slack.wait_for(lambda: world.slack.ephemerals("hana"))
    assert "There's no `--nonsense` option" in str(world.slack.ephemerals("hana"))


async def test_an_option_that_home_does_not_offer_cannot_be_chosen(
    world: Stack, service: Service
) -> None:
    world.slack.people.open_home("hana")
    await world.wait_for_tasks()
    with pytest.raises(Refusal, match="no_such_choice"):
        await choose(world, "hana", "default_mode", '{"v":1,"mode":"chat"}')
