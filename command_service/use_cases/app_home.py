"""App Home and the agent view, when a user opens the app itself.

Best effort: a failure is logged, and the next opening tries again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from command_service.envelope.metrics import came_from, count_event
from command_service.payloads.model import NotAQuestion, RejectReason
from command_service.payloads.well_formed import id_in, never_raising
from command_service.ports import HomePublisher
from command_service.use_cases.policy import Presence, turned_away
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitDeps,
    count,
    publish,
    refusal_text,
)
from command_service.use_cases.throttle import Pace
from shared.errors import QueueUnavailable
from shared.slack.home_view import home_view, notice_view
from shared.task import Kind, Requester, Source, Task, task_id_of_home
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)

HOME_EVENTS: Final = ("app_home_opened",)
"""As the app's manifest subscribes to them."""

# Users click to and fro between the tabs.
REFRESH_EVERY_S: Final = 30.0


@dataclass(frozen=True)
class Opened:
    """A user opened one of the app's tabs. ``published``: their Home shows something already."""

    team_id: str
    user_id: str
    channel_id: str
    tab: Literal["home", "messages"]
    event_ts: str
    published: bool = False


def read_opening(body: Mapping[str, Any]) -> Opened | None:
    """The opening in an ``app_home_opened`` event; None for any other tab than these two."""
    opened = _opening(body)
    return None if isinstance(opened, NotAQuestion) else opened


@never_raising
def _opening(body: Mapping[str, Any]) -> Opened | None:
    event = body["event"]
    tab = event.get("tab")
    if tab not in {"home", "messages"}:
        return None
    return Opened(
        team_id=str(body["team_id"]),
        user_id=id_in(event["user"]),
        channel_id=id_in(event["channel"]),
        tab=tab,
        event_ts=str(event["event_ts"]),
        published=bool(event.get("view")),
    )


@dataclass(frozen=True)
class OpenHomeDeps:
    """Dependencies of ``open_home``. ``revision`` is ours, to be shown."""

    submit_deps: SubmitDeps
    homes: HomePublisher
    pace: Pace
    revision: str | None = None


def open_home(opened: Opened, deps: OpenHomeDeps) -> None:
    """Suggest prompts or refresh the Home without making Slack wait; at most every 30 s per user.

    A user who may not ask sees only that on their Home.
    """
    came_from(Source.APP_HOME)
    if (denied := deps.submit_deps.access.denied) is not None:
        _count("handed_back", denied.reason)
        return
    if not deps.pace.take(f"{opened.user_id}:{opened.tab}"):
        _count("ignored", RejectReason.TOO_SOON)
        return
    if reason := turned_away(Presence(opened.team_id, opened.user_id), deps.submit_deps.policy):
        _count("refused", reason)
        if opened.tab == "home":
            turning = _turn_away(opened, reason, deps)
            deps.submit_deps.background.start(turning, f"turned-away:{opened.user_id}")
        return
    work = _fill(opened, deps) if opened.tab == "home" else _suggest(opened, deps)
    deps.submit_deps.background.start(work, f"{opened.tab}:{opened.user_id}")


def _count(outcome: str, reason: str = "none") -> None:
    count_event(Source.APP_HOME, outcome, reason, Kind.HOME)


async def _turn_away(opened: Opened, reason: RejectReason, deps: OpenHomeDeps) -> None:
    text = await refusal_text(reason, opened.user_id, deps.submit_deps)
    await deps.homes.publish(opened.user_id, notice_view(text))


async def _suggest(opened: Opened, deps: OpenHomeDeps) -> None:
    _count("accepted")
    locale = await deps.submit_deps.locales.found(opened.user_id)
    await deps.homes.suggest(opened.channel_id, locale)


async def _fill(opened: Opened, deps: OpenHomeDeps) -> None:
    """Show the known parts at once; the processor, which alone knows the usage, adds it.

    A Home with a usage keeps it until the new one comes, instead of flickering.
    """
    task = _task(opened, deps.submit_deps)
    with bound_task(task.task_id):
        locale = await deps.submit_deps.locales.found(opened.user_id)
        if not opened.published:
            await deps.homes.publish(opened.user_id, home_view(locale, deps.revision, "comes"))
        try:
            await publish(task.model_copy(update={"locale": locale}), deps.submit_deps)
        except QueueUnavailable as error:
            log.warning(
                "A Home is left without its usage.", action="home_not_filled", reason=error.reason
            )
            count(task, HandedBack(error))
        else:
            count(task, Accepted(task))


def _task(opened: Opened, submit_deps: SubmitDeps) -> Task:
    task_id = task_id_of_home(opened.team_id, opened.user_id, opened.event_ts)
    by = Requester(opened.team_id, opened.channel_id, opened.user_id)
    return Task.side(Kind.HOME, task_id, by, submit_deps.now())
