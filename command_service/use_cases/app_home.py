"""App Home and the agent view, when a user opens the app itself or chooses something there.

Best effort: a failure is logged, and the next opening tries again. A choice is kept with the Home
itself, so that it outlives the queue and Redis.
"""

from dataclasses import dataclass
from typing import Final

from command_service.envelope.metrics import NOBODY, came_from, count_event
from command_service.payloads.home import Opened
from command_service.payloads.model import NotAQuestion, RejectReason
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
from command_service.use_cases.throttle import Cooldown
from shared.errors import QueueUnavailable
from shared.home.view import home_view, notice_view
from shared.task import Kind, Preferences, Requester, Source, Task, task_id_of_home
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)

# Users click to and fro between the tabs.
REFRESH_EVERY_S: Final = 30.0


@dataclass(frozen=True)
class OpenHomeDeps:
    """Dependencies of ``open_home``. ``revision`` is ours, to be shown; ``emoji`` asks as a
    reaction, if there is one.
    """

    submit_deps: SubmitDeps
    homes: HomePublisher
    cooldown: Cooldown
    revision: str | None
    emoji: str = ""


def open_home(opened: Opened, deps: OpenHomeDeps) -> None:
    """Suggest prompts or refresh the Home without making Slack wait; at most every 30 s per user.

    A user who may not ask sees only that on their Home.
    """
    came_from(Source.APP_HOME)
    if (denied := deps.submit_deps.access.denied) is not None:
        _count("handed_back", denied.reason)
        return
    if not deps.cooldown.take(f"{opened.user_id}:{opened.tab}"):
        _count("ignored", RejectReason.TOO_SOON)
        return
    if reason := turned_away(Presence(opened.team_id, opened.user_id), deps.submit_deps.policy):
        _count("refused", reason)
        if opened.tab == "home":
            turning = _turn_away(opened, reason, deps)
            deps.submit_deps.background.start(turning, f"turned-away:{opened.user_id}")
        return
    _remember(opened, deps)
    work = _fill(opened, deps) if opened.tab == "home" else _suggest(opened, deps)
    deps.submit_deps.background.start(work, f"{opened.tab}:{opened.user_id}")


def take_choice(chosen: Opened | NotAQuestion, deps: OpenHomeDeps) -> None:
    """Show the Home with the choice, which keeps it there, and have the processor keep it, too.

    Raises SlackDenied: Slack then shows a failure beside the select, because nothing could be kept.
    """
    if isinstance(chosen, NotAQuestion):
        if chosen.reason is RejectReason.TAMPERED:
            log.warning("A Home carries data that we did not sign.", action="press_tampered")
        count_event(NOBODY, "ignored", chosen.reason)
        return
    came_from(Source.APP_HOME)
    submit_deps = deps.submit_deps
    if submit_deps.access.denied is not None:
        _count("handed_back", submit_deps.access.denied.reason)
        raise submit_deps.access.denied
    who = Presence(chosen.team_id, chosen.user_id, external=chosen.external)
    if reason := turned_away(who, submit_deps.policy):
        _count("refused", reason)
        turning = _turn_away(chosen, reason, deps)
        submit_deps.background.start(turning, f"turned-away:{chosen.user_id}")
        return
    if not submit_deps.presses.try_acquire(chosen.user_id, _task(chosen, submit_deps).task_id):
        _count("refused", RejectReason.TOO_SOON)
        return
    _remember(chosen, deps)
    submit_deps.background.start(_fill(chosen, deps), f"choice:{chosen.user_id}")


def _remember(opened: Opened, deps: OpenHomeDeps) -> None:
    if opened.preferences is not None:
        deps.submit_deps.locales.choose(opened.user_id, opened.preferences.language)


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
            chosen = opened.preferences or Preferences()
            view = home_view(locale, deps.revision, "comes", chosen, deps.emoji)
            await deps.homes.publish(opened.user_id, view)
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
    content = opened.preferences
    return Task.side(Kind.HOME, task_id, by, submit_deps.now(), preferences=content)
