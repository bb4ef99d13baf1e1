"""The processor's adapters on Slack's protocol: people, and the name of their workspace."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from processor_service.redis.connection import redis_connection
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.slack.people import SlackPeople
from processor_service.slack.user_groups import SlackGroups
from processor_service.slack.workspace import SlackWorkspace
from shared.errors import OutcomeUnknown
from simulators.faults import Fault
from simulators.processes.tcp_ports import free_port
from simulators.slack.config import SCOPES
from tests.support.workbenches.processor import processors
from tests.support.workbenches.slack import FAST, Clock


async def test_a_persons_language_is_asked_once_and_shared() -> None:
    async with processors() as (here, there):
        people = here.bench.slack.people
        for instance in (here, there):
            who = SlackPeople(instance.calls, RedisPeopleCache(instance.redis))
            assert await who.locale_of(people.user("alice").id) == "en"
            assert await who.locale_of(people.user("hana").id) == "ja"
        assert here.bench.slack.api.limits.calls["users.info"] == 2
        assert (
            await SlackPeople(here.calls, RedisPeopleCache(here.redis)).locale_of("U0NOBODY")
            is None
        )


async def test_who_asked_a_moment_ago_is_known_without_redis() -> None:
    async with processors() as (here, _):
        hana, clock = here.bench.slack.people.user("hana").id, Clock(0.0)
        people = SlackPeople(here.calls, RedisPeopleCache(here.redis), clock)
        assert await people.locale_of(hana) == "ja"
        await here.redis.redis.flushall()
        assert await people.locale_of(hana) == "ja"
        assert await people.utc_offset_of(hana) == timedelta(hours=9)
        assert here.bench.slack.api.limits.calls["users.info"] == 1
        clock.now += 301
        assert await people.locale_of(hana) == "ja"
        assert here.bench.slack.api.limits.calls["users.info"] == 2


async def test_a_persons_time_comes_with_their_language() -> None:
    async with processors() as (here, there):
        hana = here.bench.slack.people.user("hana").id
        assert await SlackPeople(here.calls, RedisPeopleCache(here.redis)).locale_of(hana) == "ja"
        assert await SlackPeople(there.calls, RedisPeopleCache(there.redis)).utc_offset_of(
            hana
        ) == timedelta(hours=9)
        assert here.bench.slack.api.limits.calls["users.info"] == 1
        assert (
            await SlackPeople(here.calls, RedisPeopleCache(here.redis)).utc_offset_of("U0NOBODY")
            is None
        )


async def test_a_persons_time_is_not_waited_for_without_redis() -> None:
    async with (
        processors() as (here, _),
        redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost,
    ):
        hana = here.bench.slack.people.user("hana").id
        assert await SlackPeople(here.calls, RedisPeopleCache(lost)).utc_offset_of(hana) is None
        assert here.bench.slack.api.limits.calls["users.info"] == 0


async def test_a_slack_that_hangs_delays_one_step_of_an_answer_and_is_asked_again_later() -> None:
    async with processors() as (here, _):
        hana, clock = here.bench.slack.people.user("hana").id, Clock(0.0)
        people = SlackPeople(here.calls, RedisPeopleCache(here.redis), clock)
        here.bench.faults.add("slack", "users.info", Fault("hang"))
        assert await people.locale_of(hana) is None
        # Slack would say by now, but each further look could hang, too.
        assert await people.utc_offset_of(hana) is None
        assert await people.names_of([hana]) == {}
        clock.now = 11.0
        assert await people.locale_of(hana) == "ja"
        assert await people.names_of([hana]) == {hana: "山田 花"}


async def test_a_person_slack_did_not_tell_of_is_asked_about_once_a_question() -> None:
    async with processors() as (here, _):
        hana, clock = here.bench.slack.people.user("hana").id, Clock(0.0)
        people = SlackPeople(here.calls, RedisPeopleCache(here.redis), clock)
        here.bench.faults.add("slack", "users.info", Fault("error", status=500))
        assert await people.locale_of(hana) is None
        # The language and the time of one question come from one word of Slack's.
        assert await people.utc_offset_of(hana) is None
        clock.now = 11.0
        assert await people.utc_offset_of(hana) == timedelta(hours=9)


async def test_a_name_that_slack_refuses_costs_one_call_in_five_minutes() -> None:
    async with processors() as (here, _):
        clock, calls = Clock(0.0), here.bench.slack.api.limits.calls
        people = SlackPeople(here.calls, RedisPeopleCache(here.redis), clock)
        for _ in range(3):
            assert await people.names_of(["U0NOBODY"]) == {}
        assert calls["users.info"] == 1
        clock.now = 301.0
        await people.names_of(["U0NOBODY"])
        assert calls["users.info"] == 2


async def test_who_we_are_is_asked_with_one_call_by_all_the_questions_of_a_new_instance() -> None:
    async with processors() as (here, _):
        found = await asyncio.gather(*(here.calls.ourselves() for _ in range(80)))
        assert {one.team_id for one in found} == {here.bench.slack.workspace.team_id}
        assert here.bench.slack.api.limits.calls["auth.test"] == 1


async def test_a_failure_to_learn_who_we_are_is_all_callers_and_no_later_ones() -> None:
    async with processors() as (here, _):
        here.bench.faults.add("slack", "auth.test", Fault("error", status=500))
        hasty, *others = (asyncio.create_task(here.calls.ourselves()) for _ in range(3))
        await asyncio.sleep(0)
        hasty.cancel()
        told = await asyncio.gather(*others, return_exceptions=True)
        assert [type(one) for one in told] == [OutcomeUnknown] * 2
        assert (await here.calls.ourselves()).team == FAST.team_domain


async def test_the_workspaces_name_is_asked_once_by_however_many_questions() -> None:
    async with processors() as (here, _):
        workspace = SlackWorkspace(here.calls)
        names = await asyncio.gather(*(workspace.name() for _ in range(20)))
        assert set(names) == {FAST.team_domain}
        assert here.bench.slack.api.limits.calls["auth.test"] == 1


async def test_a_name_that_slack_does_not_tell_is_asked_for_again_a_minute_later() -> None:
    async with processors() as (here, _):
        now = [0.0]
        workspace = SlackWorkspace(here.calls, lambda: now[0])
        here.bench.faults.add("slack", "auth.test", Fault("error", status=500))
        assert [await workspace.name(), await workspace.name()] == [None, None]
        assert here.bench.slack.api.limits.calls["auth.test"] <= 1
        now[0] = 59.0
        assert await workspace.name() is None
        now[0] = 61.0
        assert await workspace.name() == FAST.team_domain


async def test_user_groups_are_named_with_one_call_in_ten_minutes() -> None:
    granted = replace(FAST, scopes=SCOPES | {"usergroups:read"})
    async with processors(granted) as (here, _):
        here.bench.slack.workspace.groups = {"S0TEAM": "kaihatsu"}
        clock = Clock(0.0)
        groups, calls = SlackGroups(here.calls, clock), here.bench.slack.api.limits.calls
        assert await groups.names_of([]) == {}
        found = await asyncio.gather(*(groups.names_of(["S0TEAM", "S0GONE"]) for _ in range(9)))
        assert found == [{"S0TEAM": "kaihatsu"}] * 9
        assert calls["usergroups.list"] == 1
        clock.now = 601
        await groups.names_of(["S0TEAM"])
        assert calls["usergroups.list"] == 2


async def test_without_their_scope_user_groups_have_no_names_and_slack_is_not_asked_again() -> None:
    async with processors() as (here, _):
        groups = SlackGroups(here.calls, Clock(0.0))
        assert [await groups.names_of(["S0TEAM"]) for _ in range(3)] == [{}, {}, {}]
        assert here.bench.slack.api.limits.calls["usergroups.list"] <= 1
