"""Which faults a chaos run injects, and when: the same for the same seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, get_args

from simulators.faults import Fault, Target
from tests.chaos.questions import Mood

Outage = Literal[
    "processor killed",
    "both processors killed",
    "command service killed",
    "processor redeployed",
    "command service redeployed",
    "Redis killed",
    "broker unreachable",
    "sockets cut",
    "sockets refreshed",
]
OUTAGES: Final[tuple[Outage, ...]] = get_args(Outage)

_LIMITED = Fault("error", status=429, detail={"retry_after": 1})
WIRE: Final[dict[str, tuple[Target, str, Fault]]] = {
    "envelope duplicated": ("socket", "envelope", Fault("duplicate")),
    "envelope lost": ("socket", "envelope", Fault("drop_before")),
    "envelope delayed": ("socket", "envelope", Fault("delay", seconds=1.2)),
    "ack lost": ("socket", "ack", Fault("drop_before")),
    "socket cut instead of an ack": ("socket", "ack", Fault("disconnect")),
    "push duplicated": ("push", "*", Fault("duplicate")),
    "push delayed": ("push", "*", Fault("delay", seconds=1.5)),
    "push lost": ("push", "*", Fault("drop_before")),
    "push answer lost": ("push", "*", Fault("drop_after")),
    "post lost": ("slack", "chat.postMessage", Fault("drop_before")),
    "post answer lost": ("slack", "chat.postMessage", Fault("drop_after")),
    "post delayed": ("slack", "chat.postMessage", Fault("delay", seconds=1.0)),
    "post limited": ("slack", "chat.postMessage", _LIMITED),
    "post failed with 500": ("slack", "chat.postMessage", Fault("error", status=500)),
    "post failed with 503": ("slack", "chat.postMessage", Fault("error", status=503)),
    "edit lost": ("slack", "chat.update", Fault("drop_before")),
    "edit answer lost": ("slack", "chat.update", Fault("drop_after")),
    "edit limited": ("slack", "chat.update", _LIMITED),
    "stream start lost": ("slack", "chat.startStream", Fault("drop_before")),
    "stream start answer lost": ("slack", "chat.startStream", Fault("drop_after")),
    "stream start taken late": ("slack", "chat.startStream", Fault("late", seconds=3.0)),
    "stream start failed with 500": ("slack", "chat.startStream", Fault("error", status=500)),
    "stream start limited": ("slack", "chat.startStream", _LIMITED),
    "stream start delayed": ("slack", "chat.startStream", Fault("delay", seconds=1.5)),
    "stream piece lost": ("slack", "chat.appendStream", Fault("drop_before")),
    "stream piece answer lost": ("slack", "chat.appendStream", Fault("drop_after")),
    "stream piece failed with 500": ("slack", "chat.appendStream", Fault("error", status=500)),
    "stream piece limited": ("slack", "chat.appendStream", _LIMITED),
    "stream piece delayed": ("slack", "chat.appendStream", Fault("delay", seconds=1.5)),
    "stream end lost": ("slack", "chat.stopStream", Fault("drop_before")),
    "stream end answer lost": ("slack", "chat.stopStream", Fault("drop_after")),
    "stream end failed with 500": ("slack", "chat.stopStream", Fault("error", status=500)),
    "stream end limited": ("slack", "chat.stopStream", _LIMITED),
    "stream end delayed": ("slack", "chat.stopStream", Fault("delay", seconds=1.5)),
    "removal answer lost": ("slack", "chat.delete", Fault("drop_after")),
    "reading lost": ("slack", "conversations.replies", Fault("drop_before")),
    "reading answer lost": ("slack", "conversations.replies", Fault("drop_after")),
    "reading limited": ("slack", "conversations.replies", _LIMITED),
    "reading failed with 500": ("slack", "conversations.replies", Fault("error", status=500)),
    "history failed with 503": ("slack", "conversations.history", Fault("error", status=503)),
    "status lost": ("slack", "assistant.threads.setStatus", Fault("drop_before")),
    "status limited": ("slack", "assistant.threads.setStatus", _LIMITED),
    "status failed with 500": ("slack", "assistant.threads.setStatus", Fault("error", status=500)),
    "status refused": (
        "slack",
        "assistant.threads.setStatus",
        Fault("error", status=200, error="invalid_thread_ts"),
    ),
    "status delayed": ("slack", "assistant.threads.setStatus", Fault("delay", seconds=1.5)),
    "session lost": ("slack", "agents.sessions.setStatus", Fault("drop_before")),
    "session answer lost": ("slack", "agents.sessions.setStatus", Fault("drop_after")),
    "session limited": ("slack", "agents.sessions.setStatus", _LIMITED),
    "session failed with 500": ("slack", "agents.sessions.setStatus", Fault("error", status=500)),
    "response answer lost": ("slack", "response_url", Fault("drop_after")),
    "response failed with 500": ("slack", "response_url", Fault("error", status=500)),
    "Gemini 503": ("gemini", "*", Fault("error", status=503)),
    "Gemini 429": ("gemini", "*", Fault("error", status=429, detail={"retry_delay_s": 1})),
    "Gemini hangs": ("gemini", "*", Fault("hang", detail={"after_chunks": 1})),
    "Gemini cut mid-stream": ("gemini", "*", Fault("disconnect", detail={"after_chunks": 3})),
}
MOODS: Final[dict[str, Mood]] = {
    "Gemini ends without a reason": "endless",
    "Gemini says nothing": "empty",
    "Gemini blocks": "blocked",
    "Gemini reaches its limit": "limited",
}
NAMES: Final = (*OUTAGES, *WIRE, *MOODS)


@dataclass(frozen=True)
class Strike:
    """One injection: ``times`` operations suffer, or a part is gone for ``pause_s``."""

    at_s: float
    name: str
    times: int = 1
    pause_s: float = 0.0
    which: int = 0


def plan_strikes(seconds: float, rng: Random) -> list[Strike]:
    """Strikes within ``seconds``; each fault at least once, if there is time for it."""
    every_s = min(4.0, max(1.5, seconds / (len(OUTAGES) + 1)))
    outages = [
        Strike(at_s, name, pause_s=rng.uniform(0.1, 1.5), which=rng.randrange(2))
        for at_s, name in _dealt(OUTAGES, every_s, seconds, rng)
    ]
    small = (*WIRE, *MOODS)
    wire = [
        Strike(at_s, name, times=rng.randint(1, 4))
        for at_s, name in _dealt(small, min(0.3, seconds / (len(small) + 1)), seconds, rng)
    ]
    return sorted([*outages, *wire], key=lambda strike: strike.at_s)


def _dealt(
    names: Sequence[str], every_s: float, seconds: float, rng: Random
) -> Iterator[tuple[float, str]]:
    """The names in random order, again and again, at random moments."""
    at_s, deck = rng.uniform(0, every_s), list[str]()
    while at_s < seconds:
        if not deck:
            deck = rng.sample(names, len(names))
        yield at_s, deck.pop()
        at_s += every_s * rng.uniform(0.5, 1.5)
