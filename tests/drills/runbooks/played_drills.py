"""The faults that are played: what each minute looks like in metrics and log, and what mends it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.drills.runbooks.doubled import (
    answer_again,
    answered_once,
    is_doubled,
    is_single,
    was_there,
)
from tests.drills.runbooks.played import Entry, PlayedInstallation
from tests.support.played_traffic import (
    BUSY_PER_HOUR,
    QUIET_PER_HOUR,
    Fault,
    Traffic,
    everything_fails,
    processor_dead,
    slow,
    well,
)

TOKYO, OSAKA = "asia-northeast1", "asia-northeast2"


def _ours(action: str, service: str = "processor-service", **fields: str) -> Entry:
    return _entry(service, jsonPayload={"action": action, **fields})


def _entry(service: str, **payload: Any) -> Entry:
    labels = {"service_name": service, "revision_name": f"{service}-00002"}
    return {"resource": {"type": "cloud_run_revision", "labels": labels}, **payload}


ANSWERED: Final = _ours("task_finished", outcome="answered")


async def _nothing_more(_at: PlayedInstallation) -> None:
    """Metrics and log are the fault."""


async def _is_back(at: PlayedInstallation) -> bool:
    return await at.carrier() == "00001"


def _prints_nothing(_printed: str) -> bool:
    return False


@dataclass(frozen=True)
class PlayedDrill:
    """``fault`` and ``logged`` are each of ``minutes``; those after the page's commands are well
    again if ``is_mended`` says that they have changed what was wrong.

    ``confirms`` and ``verifies`` judge what a command prints that the page has marked so.
    """

    page: str
    fault_is: str
    is_mended: Callable[[PlayedInstallation], Awaitable[bool]]
    fault: Fault | None = None
    minutes: int = 15
    minutes_after: int = 11
    logged: tuple[Entry, ...] = ()
    logged_after: tuple[Entry, ...] = (ANSWERED,)
    per_hour: float = BUSY_PER_HOUR
    is_synthetic: bool = False
    prepares: Callable[[PlayedInstallation], Awaitable[None]] = _nothing_more
    breaks: Callable[[PlayedInstallation], Awaitable[None]] = _nothing_more
    confirms: Callable[[str], bool] = _prints_nothing
    verifies: Callable[[str], bool] = _prints_nothing


def _at_the_limit(traffic: Traffic, questions: int) -> None:
    """Twenty instances answer half of what is asked."""
    traffic.accept(questions)
    left = traffic.waiting[: questions // 2]
    traffic.end("answered")
    traffic.waiting += left
    labels = {"monitored_resource": "cloud_run_revision", "service_name": "processor-service"}
    name = "run_googleapis_com:container_instance_count"
    traffic.store.add({"__name__": name, **labels}, traffic.now, 20)


def _dear(traffic: Traffic, questions: int) -> None:
    """A dollar a minute."""
    traffic.count("processor", "gemini_cost_usd", 1, model="gemini-3.8-flash")
    well(traffic, questions)


async def _is_given_again(at: PlayedInstallation) -> bool:
    return {"pubsub", "rights"} <= at.parts


async def _may_be_more(at: PlayedInstallation) -> bool:
    return int(at.running["processor-service"].get("max", "20")) > 20


async def _is_limited(at: PlayedInstallation) -> bool:
    return {"USER_DAILY_TOKENS", "TEAM_DAILY_TOKENS"} <= at.running["processor-service"].keys()


async def _may_send_again(at: PlayedInstallation) -> bool:
    return {"apis", "rights"} <= at.parts


def _meets(name: str, name_ja: str) -> Callable[[str], bool]:
    line = re.compile(rf"^(met|達成) +({name}|{name_ja})", re.MULTILINE)
    return lambda printed: line.search(printed) is not None


def _old_one_serves(printed: str) -> bool:
    return "percent: 100\n  revision: processor-service-00001" in printed


# --- Tokyo is away, and the way to Osaka.


async def _tokyo_goes(at: PlayedInstallation) -> None:
    at.built[TOKYO] = dict.fromkeys(("command-service", "processor-service"), "old")
    at.away.add(TOKYO)


async def _osaka_serves(at: PlayedInstallation) -> bool:
    both = {"command-service", "processor-service"}
    return at.built.get(OSAKA, {}).keys() == both and "command-service" not in at.built[TOKYO]


PLAYED: Final = (
    PlayedDrill(
        "high-error-rate",
        "a version that can't answer",
        _is_back,
        everything_fails,
        logged=(_ours("notice_posted"),),
        verifies=_meets("error rate", "エラー率"),
    ),
    PlayedDrill(
        "high-latency",
        "a version whose answers begin after 4 s",
        _is_back,
        slow,
        verifies=_meets("latency p95", "最初の言葉"),
    ),
    PlayedDrill(
        "instance-dies",
        "a version that needs more memory",
        _is_back,
        processor_dead,
        logged=(
            _entry("processor-service", textPayload="Memory limit of 2048 MiB exceeded with 2101."),
        ),
    ),
    PlayedDrill(
        "oldest-unacked",
        "the push has another audience",
        _is_given_again,
        processor_dead,
        logged=(_ours("push_rejected"),),
    ),
    PlayedDrill("queue-backlog", "as many instances as may run", _may_be_more, _at_the_limit),
    PlayedDrill(
        "budget",
        "a dollar a minute",
        _is_limited,
        _dear,
        minutes=30,
        minutes_after=61,
        per_hour=QUIET_PER_HOUR,
    ),
    PlayedDrill(
        "telemetry-lost",
        "the right to write metrics is gone",
        _may_send_again,
        logged=(_ours("telemetry_lost"),),
        logged_after=(_ours("telemetry_back"),),
    ),
    PlayedDrill(
        "release-failed",
        "a rollout that keeps its traffic",
        _is_back,
        logged=({"resource": {"type": "build"}, "textPayload": "ERROR: build step 8 failed"},),
        verifies=_old_one_serves,
    ),
    PlayedDrill(
        "synthetic-question",
        "the subscription is gone",
        _is_given_again,
        processor_dead,
        minutes=25,
        logged_after=(_ours("synthetic_answered"),),
        per_hour=0,
        is_synthetic=True,
    ),
    PlayedDrill(
        "answers-are-doubled",
        "two workers answered",
        was_there,
        prepares=answered_once,
        breaks=answer_again,
        confirms=is_doubled,
        verifies=is_single,
    ),
    PlayedDrill(
        "region-is-gone",
        "Tokyo does not answer",
        _osaka_serves,
        breaks=_tokyo_goes,
        confirms=lambda printed: "UNAVAILABLE" in printed,
        verifies=lambda printed: not printed,
    ),
)
