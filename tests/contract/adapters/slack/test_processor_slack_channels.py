"""The processor's adapter on Slack's protocol: conversations, and who may read them."""

import asyncio
from dataclasses import replace

import pytest

from processor_service.ports.people import Channel
from processor_service.slack.channels import SlackChannels
from shared.errors import SlackRefused, SlackUnavailable
from simulators.faults import Fault
from simulators.slack.config import SCOPES
from tests.support.workbenches.processor import processors
from tests.support.workbenches.slack import FAST, Clock


async def test_a_public_channel_may_be_read_by_everybody_of_the_team_and_has_a_name() -> None:
    async with processors() as (here, _):
        channels, workspace = SlackChannels(here.calls), here.bench.slack.workspace
        elsewhere = workspace.add_channel("elsewhere", "channel", {workspace.bot.id}).id
        hana = here.bench.slack.people.user("hana").id
        assert await channels.of(elsewhere) == Channel(True, "elsewhere")
        assert await channels.may_read(hana, elsewhere)
        assert await channels.may_read(hana, elsewhere)
        calls = here.bench.slack.api.limits.calls
        assert (calls["conversations.members"], calls["users.info"]) == (0, 1)


async def test_a_guest_may_read_a_public_channel_only_as_its_member() -> None:
    async with processors() as (here, _):
        channels, workspace = SlackChannels(here.calls), here.bench.slack.workspace
        guest = here.bench.slack.people.user("hana")
        workspace.users[guest.id] = replace(guest, is_guest=True)
        elsewhere = workspace.add_channel("elsewhere", "channel", {workspace.bot.id}).id
        joined = workspace.add_channel("joined", "channel", {workspace.bot.id, guest.id}).id
        assert not await channels.reads_public(guest.id)
        assert not await channels.may_read(guest.id, elsewhere)
        assert await channels.may_read(guest.id, joined)
        assert await channels.reads_public(here.bench.slack.people.user("alice").id)


async def test_who_is_not_known_to_be_of_the_team_may_read_public_channels_only_as_a_member() -> (
    None
):
    async with processors() as (here, _):
        channels, faults = SlackChannels(here.calls), here.bench.faults
        assert not await channels.may_read("U0NOBODY", here.bench.general)
        faults.add("slack", "users.info", Fault("error", status=500))
        assert not await channels.reads_public(here.bench.slack.people.user("hana").id)


async def test_who_leaves_a_private_channel_may_read_there_no_more_from_that_moment_on() -> None:
    async with processors() as (here, _):
        people = here.bench.slack.people
        hana, planning = people.user("hana").id, people.channel("#planning").id
        channels = SlackChannels(here.calls)
        assert await channels.of(planning) == Channel(False)
        assert await channels.may_read(hana, planning)
        people.leave("hana", "#planning")
        assert not await channels.may_read(hana, planning)
        assert await channels.may_read(people.user("alice").id, planning)


async def test_a_direct_message_may_be_read_by_its_person_alone() -> None:
    async with processors() as (here, _):
        people = here.bench.slack.people
        channels, direct = SlackChannels(here.calls), people.dm("hana").id
        assert await channels.of(direct) == Channel(False)
        assert await channels.may_read(people.user("hana").id, direct)
        assert not await channels.may_read(people.user("alice").id, direct)


async def test_a_member_on_the_last_page_is_found_and_the_pages_have_an_end() -> None:
    async with processors() as (here, _):
        workspace = here.bench.slack.workspace
        members = {f"U{number:05d}" for number in range(2_500)} | {workspace.bot.id, "UZZZ"}
        crowd = workspace.add_channel("crowd", "private", members).id
        channels = SlackChannels(here.calls)
        assert await channels.may_read("UZZZ", crowd)
        assert here.bench.slack.api.limits.calls["conversations.members"] == 3
        assert not await channels.may_read("UNOBODY", crowd)


async def test_whether_somebody_may_read_is_never_guessed() -> None:
    async with processors() as (here, _):
        channels = SlackChannels(here.calls)
        planning = here.bench.slack.people.channel("#planning").id
        with pytest.raises(SlackRefused):
            await channels.may_read("U1", "C0HIDDEN")
        here.bench.faults.add("slack", "conversations.members", Fault("error", status=429))
        with pytest.raises(SlackUnavailable):
            await channels.may_read("U1", planning)


async def test_without_the_scope_of_private_channels_nothing_is_taken_for_public() -> None:
    async with processors(replace(FAST, scopes=SCOPES - {"groups:read"})) as (here, _):
        planning = here.bench.slack.people.channel("#planning").id
        channels = SlackChannels(here.calls)
        assert await channels.of(planning) is None
        with pytest.raises(SlackRefused, match="missing_scope"):
            await channels.may_read("U1", planning)


async def test_a_channel_is_asked_for_once_in_five_minutes_by_however_many_questions() -> None:
    async with processors() as (here, _):
        clock = Clock(0.0)
        channels, calls = SlackChannels(here.calls, clock), here.bench.slack.api.limits.calls
        await asyncio.gather(*(channels.of(here.bench.general) for _ in range(20)))
        assert calls["conversations.info"] == 1
        clock.now = 301
        await channels.of(here.bench.general)
        assert calls["conversations.info"] == 2


async def test_a_channel_that_slack_does_not_tell_is_asked_for_again_a_minute_later() -> None:
    async with processors() as (here, _):
        clock = Clock(0.0)
        channels = SlackChannels(here.calls, clock)
        here.bench.faults.add("slack", "conversations.info", Fault("error", status=500))
        assert [await channels.of(here.bench.general) for _ in range(3)] == [None] * 3
        clock.now = 61
        assert await channels.of(here.bench.general) == Channel(True, "general")
