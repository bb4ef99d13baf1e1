"""App Home and the doctor's report: done once and soon, or dropped with a line in the log."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from processor_service.api.best_effort import STALE_AFTER_S
from processor_service.api.push_request import PushRequest
from processor_service.api.routes import HANDLERS
from processor_service.resilience.run_leased import Outcome
from shared.actions import HomeChoices
from shared.errors import ModelRejected, SlackRefused, SlackUnavailable
from shared.slack.usage import Used, UsedOfLimit
from shared.task import Kind, Locale, Mode, Preferences, Source, Task
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task

URL = "https://hooks.example/1"


def a_side_task(kind: Kind, **changes: Any) -> Task:
    return a_task(**{"kind": kind, "text": "", "response_url": URL, "locale": "en", **changes})


async def attended(world: World, kind: Kind, **changes: Any) -> list[str]:
    """The actions of the log lines."""
    pushed = PushRequest.model_validate({"subscription": "s", "message": {"messageId": "m1"}})
    with capture_logs() as logs:
        outcome = await HANDLERS[kind](a_side_task(kind, **changes), pushed, world.dependencies())
    assert outcome is Outcome.NOTED
    return [line["action"] for line in logs]


def reports(world: World) -> list[str]:
    return [body.text for _, body in world.conversations.to_asker.messages]


async def reported(world: World, **changes: Any) -> str:
    await attended(world, Kind.DOCTOR, **changes)
    [report] = reports(world)
    return report


@pytest.mark.parametrize(("locale", "said"), [("ja", "質問*\n3 件"), ("en", "Questions*\n3")])
async def test_home_is_filled_in_the_persons_language(locale: Locale, said: str) -> None:
    world = World()
    world.people.locales["U1"] = locale

    assert await attended(world, Kind.HOME, source=Source.APP_HOME) == ["side_task_done"]
    fields = next(
        block["fields"] for block in world.homes.published["U1"]["blocks"] if "fields" in block
    )
    assert said in str([field["text"] for field in fields]).replace("\\n", "\n")


async def test_without_redis_home_says_that_the_usage_is_unknown() -> None:
    world = World()
    world.usages.used = None
    await attended(world, Kind.HOME)

    assert "Usage isn't available" in str(world.homes.published["U1"])
    assert len(world.naps.seconds) == 1


async def test_a_pause_of_redis_neither_hides_the_usage_nor_undoes_a_newer_choice() -> None:
    world = World()
    world.preferences.kept["U1"] = CHOSEN
    used, world.usages.used, world.preferences.lost = world.usages.used, None, True

    async def answers_again() -> None:
        world.usages.used, world.preferences.lost = used, False

    world.naps.meanwhile = answers_again
    earlier = Preferences(language="ja", chosen_at=NOON - timedelta(seconds=1))
    await attended(world, Kind.HOME, preferences=earlier)

    assert "Your usage today" in str(world.homes.published["U1"])
    assert "isn't available" not in str(world.homes.published["U1"])


CHOSEN = Preferences(language="en", mode=Mode.CODE, chosen_at=NOON)


async def test_a_choice_is_kept_and_home_shows_it_in_the_chosen_language() -> None:
    world = World()
    world.people.locales["U1"] = "ja"
    await attended(world, Kind.HOME, preferences=CHOSEN)

    assert world.preferences.kept["U1"] == CHOSEN
    view = world.homes.published["U1"]
    assert "Your usage today" in str(view)
    assert HomeChoices.decode(view["private_metadata"]) == HomeChoices.of(CHOSEN)
    shown = [b["accessory"]["initial_option"] for b in view["blocks"] if "accessory" in b]
    assert [option["text"]["text"] for option in shown] == ["English", "code: code and explanation"]


async def test_what_redis_has_lost_comes_back_from_the_home_that_is_opened() -> None:
    world = World()
    await attended(world, Kind.HOME, preferences=CHOSEN)
    world.preferences.kept.clear()
    await attended(world, Kind.HOME, preferences=CHOSEN)
    assert world.preferences.kept["U1"] == CHOSEN


async def test_an_older_home_does_not_undo_a_choice() -> None:
    world = World()
    await attended(world, Kind.HOME, preferences=CHOSEN)
    earlier = Preferences(language="ja", chosen_at=NOON - timedelta(seconds=1))
    for offered in (earlier, None):
        await attended(world, Kind.HOME, preferences=offered)
        assert "Your usage today" in str(world.homes.published["U1"])
    assert world.preferences.kept["U1"] == CHOSEN


async def test_while_redis_is_lost_home_shows_what_it_keeps_itself() -> None:
    world = World()
    world.preferences.lost = True
    await attended(world, Kind.HOME, preferences=CHOSEN)
    assert "Your usage today" in str(world.homes.published["U1"])


async def test_the_doctor_reports_in_the_chosen_language() -> None:
    world = World()
    world.preferences.kept["U1"] = CHOSEN
    world.people.locales["U1"] = "ja"
    assert "Health check" in await reported(world, locale="ja")


async def test_a_home_that_slack_refuses_is_logged_and_no_more() -> None:
    world = World()
    world.homes.failure = SlackRefused("no", slack_error="invalid_arguments")

    assert await attended(world, Kind.HOME) == ["side_task_failed"]
    assert world.conversation.messages == []


@pytest.mark.parametrize("locale", ["ja", "en"])
async def test_the_doctor_reports_to_the_one_who_asked(locale: Locale) -> None:
    report = await reported(World(), locale=locale)

    assert "⚠️" not in report
    assert report.count("✓") == 8
    assert "(rev-7)" in report
    assert "main-model" in report


async def test_a_report_delivered_twice_is_shown_once() -> None:
    world = World()
    await attended(world, Kind.DOCTOR)
    await attended(world, Kind.DOCTOR)
    assert len(reports(world)) == 1

    world.leases.done.clear()
    await attended(world, Kind.DOCTOR)
    assert len(reports(world)) == 1


async def test_a_model_that_is_missing_is_named_with_its_setting() -> None:
    world = World()
    world.broken_models = {"main-model"}
    report = await reported(world)

    assert "⚠️ *The Gemini model `main-model` isn't available (`model_not_found`)*" in report
    assert "check `GEMINI_MODEL`" in report
    assert report.count("⚠️") == 1


async def test_what_gemini_says_of_our_settings_is_told_to_whoever_examines() -> None:
    world = World()
    world.broken_models = {"main-model"}
    said = "User location is not supported <for> the API use."
    world.broken_models_say = ModelRejected("400", reason="model_misconfigured", said=said)
    report = await reported(world)
    assert "(`model_misconfigured`: User location is not supported &lt;for&gt; the API" in report


async def test_a_lost_redis_is_named_and_leaves_nothing_to_say_of_limits() -> None:
    world = World()
    world.usages.used = None
    report = await reported(world)

    assert "⚠️ *Redis isn't responding" in report
    assert "Tokens" not in report


async def test_a_limit_that_is_used_up_is_named_with_when_it_ends() -> None:
    world = World()
    world.usages.used = Used(
        9, UsedOfLimit(10, 10), UsedOfLimit(500, 1000), UsedOfLimit(7000, 7000), NOON
    )
    report = await reported(world)

    assert "⚠️ *You've hit the limit of questions per minute: 10 of 10*" in report
    assert "✓ Tokens today: 500 of 1,000" in report
    assert "⚠️ *The workspace has used up today's tokens: 7,000 of 7,000*" in report
    assert f"<!date^{int(NOON.timestamp())}" in report


async def test_a_slow_queue_is_named() -> None:
    report = await reported(World(), received_at=NOON - timedelta(seconds=45))

    assert "the queue took 45 s" in report
    assert "⚠️" in report


@pytest.mark.parametrize("failure", [SlackUnavailable("away"), SlackRefused("no", slack_error="x")])
async def test_a_report_that_cannot_be_shown_is_logged_and_not_tried_again(
    failure: Exception,
) -> None:
    world = World()
    world.conversations.to_asker.failures["post"] = [(failure, False)]

    assert (await attended(world, Kind.DOCTOR))[-1] == "side_task_failed"
    assert world.leases.held == {}


async def test_a_report_without_a_response_url_is_nothing() -> None:
    world = World()
    await attended(world, Kind.DOCTOR, response_url=None)

    assert reports(world) == []


@pytest.mark.parametrize("kind", [Kind.HOME, Kind.DOCTOR])
async def test_what_has_waited_too_long_is_dropped(kind: Kind) -> None:
    world = World()
    old = NOON - timedelta(seconds=STALE_AFTER_S + 1)

    assert await attended(world, kind, received_at=old) == ["side_task_stale"]
    assert world.homes.published == {}
    assert reports(world) == []
