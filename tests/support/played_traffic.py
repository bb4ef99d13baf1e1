"""A day of questions as the metrics that both services would have exported, with one fault in it.

Points come once a minute, a counter appears with its first event, and at a few questions an hour
each question has a processor of its own, which lives for a quarter of an hour: as on Cloud Run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulators.prometheus.series import Store

MINUTE: Final = 60.0
QUIET_PER_HOUR: Final = 2.0
BUSY_PER_HOUR: Final = 72_000.0
_IDLE_MINUTES: Final = 15
_SYNTHETIC_MINUTES: Final = 5
_FIRST_MODEL, _FALLBACK = "gemini-3.8-flash", "gemini-3.5-flash-lite"
_BOUNDS = ("2.5", "5", "+Inf")
_WORDS: Final = (("mode", "chat"), ("way", "stream"))
# While a model's circuit is open, one request in four seconds.
_PROBES_A_MINUTE: Final = 15


@dataclass
class Traffic:
    """What is exported while ``per_hour`` questions are asked, and ``synthetic`` ones beside them;
    ``store`` holds it."""

    per_hour: float
    synthetic: bool = False
    store: Store = field(default_factory=Store)
    minute: int = 0
    waiting: list[int] = field(default_factory=list)
    _asked: float = 0.0
    _counters: dict[tuple[str, str, tuple[tuple[str, str], ...]], float] = field(
        default_factory=dict
    )
    _last_used: dict[str, int] = field(default_factory=lambda: {"command": 0})
    _socket: int = 1
    _heard: bool = True
    _queued: bool = True
    _answered: bool = True

    @property
    def now(self) -> float:
        """The time of the last points."""
        return self.minute * MINUTE

    def play(self, minutes: int, fault: "Fault | None" = None) -> None:
        """``minutes`` of questions with ``fault``, or of questions that are all answered."""
        for _ in range(minutes):
            self.minute += 1
            self._asked += self.per_hour / 60
            questions = int(self._asked + 1e-9)
            self._asked -= questions
            self._socket = 1
            self._heard = self._queued = self._answered = True
            self._last_used["command"] = self.minute
            self.count("command", "slack_calls", 2, method="auth.test", outcome="ok")
            (fault or well)(self, questions)
            if self.synthetic and self.minute % _SYNTHETIC_MINUTES == 0 and self._heard:
                self._ask_synthetic()
            self._export()

    def until_a_question(self) -> None:
        """Goes on until the next minute brings one."""
        while self._asked + self.per_hour / 60 < 1 - 1e-9:
            self.play(1)

    def count(self, instance: str, name: str, by: float, **labels: str) -> None:
        """Add to a counter; one that nothing was added to is not there."""
        if by:
            key = (instance, f"mechachang_{name}_total", tuple(sorted(labels.items())))
            self._counters[key] = self._counters.get(key, 0) + by
            self._last_used[instance] = self.minute

    def accept(self, questions: int) -> None:
        """The queue takes ``questions``."""
        self._event("accepted", "none", questions)
        self.waiting += [self.minute] * questions

    def hand_back(self, questions: int, reason: str) -> None:
        """Slack keeps them, and delivers each of them three times more."""
        self._event("handed_back", reason, 4 * questions)
        self._queued = reason != "queue_unavailable"

    def lose_socket(self) -> None:
        """The command service is alive and hears nothing."""
        self._socket = 0
        self._heard = False

    def deny(self) -> None:
        """Slack denies what is asked twice a minute."""
        self._heard = False
        self.count("command", "slack_calls", 2, method="auth.test", outcome="slack_denied")

    def stand_still(self) -> None:
        """No processor takes anything."""
        self._answered = False

    def end(self, outcome: str, reason: str = "none", seconds: float = 1.0) -> None:
        """Everything that waits comes to an end, ``seconds`` after it was last delivered."""
        self.deliver(outcome, reason)
        if outcome == "answered":
            for asked in self.waiting:
                self._words((self.minute - asked) * MINUTE + seconds)
        self.waiting.clear()

    def deliver(self, outcome: str, reason: str) -> None:
        """Everything that waits arrives, what was there before this minute once more."""
        again = sum(asked < self.minute for asked in self.waiting)
        self.count(self.processor, "redeliveries", again)
        self.tasks(outcome, reason, len(self.waiting))

    def _words(self, seconds: float) -> None:
        name = "mechachang_first_words_seconds"
        for bound in _BOUNDS:
            within = 1 if float(bound) >= seconds else 0
            key = (self.processor, f"{name}_bucket", (("le", bound), *_WORDS))
            self._counters[key] = self._counters.get(key, 0) + within
        total = (self.processor, f"{name}_count", _WORDS)
        self._counters[total] = self._counters.get(total, 0) + 1

    def tasks(self, outcome: str, reason: str, number: int) -> None:
        """Deliveries with that outcome."""
        labels = {"mode": "chat", "source": "mention"}
        self.count(self.processor, "tasks", number, outcome=outcome, reason=reason, **labels)

    def attempts(self, outcome: str, number: int, model: str = _FIRST_MODEL) -> None:
        """What Gemini made of them."""
        self.count(self.processor, "gemini_attempts", number, model=model, outcome=outcome)

    @property
    def processor(self) -> str:
        """The instance that takes what is asked in this minute."""
        if self.per_hour > 60:
            return "processor"
        alive = [
            name
            for name, used in self._last_used.items()
            if name != "command" and self.minute - used <= _IDLE_MINUTES
        ]
        return alive[-1] if alive else f"processor-{self.minute}"

    def _ask_synthetic(self) -> None:
        outcome = "queued" if self._queued else "not_queued"
        self.count("command", "synthetic_questions", 1, outcome=outcome)
        if self._queued and self._answered:
            self.count(self.processor, "synthetic_questions", 1, outcome="answered")
        elif self._queued:
            self.waiting.append(self.minute)

    def _event(self, outcome: str, reason: str, number: int) -> None:
        labels = {"source": "mention", "kind": "question"}
        self.count("command", "events", number, outcome=outcome, reason=reason, **labels)

    def _export(self) -> None:
        alive = {
            name
            for name, used in self._last_used.items()
            if name in {"command", "processor"} or self.minute - used <= _IDLE_MINUTES
        }
        for (instance, name, labels), value in self._counters.items():
            if instance in alive:
                self._point(name, value, **_of(instance), **dict(labels))
        for instance in alive:
            of = _of(instance)
            info = {"service": of["job"], "version": "1", "revision": "local"}
            self._point("mechachang_build_info", 1, **of, **info)
        self._point("mechachang_socket_connected", self._socket, **_of("command"))
        self._queue("num_undelivered_messages", len(self.waiting))
        oldest = (self.minute - self.waiting[0]) * MINUTE if self.waiting else 0
        self._queue("oldest_unacked_message_age", oldest)

    def _queue(self, metric: str, value: float) -> None:
        labels = {
            "monitored_resource": "pubsub_subscription",
            "subscription_id": "mechachang-tasks-push",
        }
        self._point(f"pubsub_googleapis_com:subscription_{metric}", value, **labels)

    def _point(self, name: str, value: float, **labels: str) -> None:
        self.store.add({"__name__": name, **labels}, self.now, value)


def _of(instance: str) -> dict[str, str]:
    """The labels of what an instance exports."""
    service = "command-service" if instance == "command" else "processor-service"
    return {"job": service, "instance": instance}


Fault = Callable[[Traffic, int], None]
"""What a minute with so many questions adds to the metrics."""


def well(traffic: Traffic, questions: int) -> None:
    """Everything is answered within a second."""
    traffic.accept(questions)
    traffic.attempts("ok", len(traffic.waiting))
    traffic.end("answered")


def slack_away(traffic: Traffic, _questions: int) -> None:
    """Nobody is heard."""
    traffic.lose_socket()


def slack_denies(traffic: Traffic, questions: int) -> None:
    """The bot token was revoked; the socket, which has its own, stays."""
    traffic.deny()
    traffic.hand_back(questions, "slack_denied")


def queue_away(traffic: Traffic, questions: int) -> None:
    """Pub/Sub confirms nothing."""
    traffic.hand_back(questions, "queue_unavailable")


def processor_dead(traffic: Traffic, questions: int) -> None:
    """Questions wait in the queue."""
    traffic.accept(questions)
    traffic.stand_still()


def processor_breaks(traffic: Traffic, questions: int) -> None:
    """Each delivery meets a fault of ours."""
    traffic.accept(questions)
    traffic.deliver("failed", "internal_error")


def gemini_away(traffic: Traffic, questions: int) -> None:
    """Both models answer 503; each task is handed back once a minute."""
    traffic.accept(questions)
    number = len(traffic.waiting)
    for model in (_FIRST_MODEL, _FALLBACK):
        traffic.attempts("model_unavailable", min(3 * number, _PROBES_A_MINUTE), model)
    traffic.deliver("try_later", "model_unavailable")


def first_model_gone(traffic: Traffic, questions: int) -> None:
    """It answers 404, and the fallback answers in its place."""
    traffic.accept(questions)
    number = len(traffic.waiting)
    traffic.attempts("model_not_found", min(number, _PROBES_A_MINUTE))
    traffic.attempts("ok", number, _FALLBACK)
    traffic.end("answered")


def redis_away(traffic: Traffic, questions: int) -> None:
    """It rests for a second after each command that failed."""
    traffic.count(traffic.processor, "redis_unavailable", min(3 * questions, 60))
    well(traffic, questions)


def everything_fails(traffic: Traffic, questions: int) -> None:
    """A version that can't answer."""
    traffic.accept(questions)
    traffic.end("told_failure", "internal_error")


def slow(traffic: Traffic, questions: int) -> None:
    """Every answer begins after four seconds."""
    traffic.accept(questions)
    traffic.attempts("ok", questions)
    traffic.end("answered", seconds=4.0)
