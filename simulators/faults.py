"""Scripted faults: what the next matching operations of a simulator shall suffer."""

import fnmatch
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any, Literal

Target = Literal["slack", "socket", "events", "gemini", "pubsub", "push", "telemetry"]
Kind = Literal[
    "delay", "error", "hang", "drop_before", "drop_after", "late", "duplicate", "disconnect"
]

_REMEMBERED = 20


@dataclass(frozen=True)
class Fault:
    """One fault.

    ``delay``: wait ``seconds``, then go on. ``error``: answer with ``status`` and the vendor's
    ``error`` code without any effect. ``hang``: never answer (for ``seconds``, then drop).
    ``drop_before``: close the connection before the effect. ``drop_after``: take the effect, then
    close the connection without an answer (Slack holds it for ``seconds`` first), or, in Slack's
    methods, answer with ``error``. ``late``: close
    the connection, and take the effect ``seconds`` after that (Slack's methods only).
    ``duplicate``: deliver twice. ``disconnect``: close the long-lived connection. ``detail``
    carries what only one simulator understands (``retry_after``, ``after_chunks``, ...); its README
    says what.
    """

    kind: Kind
    seconds: float = 0.0
    status: int = 503
    error: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Rule:
    """A fault with the operations it is for. ``operation`` is a shell pattern.

    ``times`` are left, 0 once it is used up; ``hits`` operations have suffered it.
    """

    id: int
    target: Target
    operation: str
    fault: Fault
    times: int
    hits: int = 0

    def as_json(self) -> dict[str, Any]:
        """The rule as the control API and the chat page show it."""
        return asdict(self)


class FaultPlan:
    """The rules in force, oldest first; each operation takes at most one."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._rules: list[Rule] = []
        self._used_up: deque[Rule] = deque(maxlen=_REMEMBERED)

    def add(self, target: Target, operation: str, fault: Fault, times: int = 1) -> Rule:
        """Let the next ``times`` matching operations suffer ``fault``; -1 means until removed."""
        rule = Rule(next(self._ids), target, operation, fault, times)
        self._rules.append(rule)
        return rule

    def take(self, target: Target, operation: str) -> Fault | None:
        """The fault for this operation, counted as used, or None."""
        for rule in self._rules:
            if rule.target == target and fnmatch.fnmatchcase(operation, rule.operation):
                rule.hits += 1
                if rule.times > 0:
                    rule.times -= 1
                    if rule.times == 0:
                        self._rules.remove(rule)
                        self._used_up.append(rule)
                return rule.fault
        return None

    def rules(self) -> list[Rule]:
        """The rules still in force."""
        return list(self._rules)

    def known(self) -> list[Rule]:
        """The rules in force and the last ones that were used up, oldest first."""
        return sorted([*self._rules, *self._used_up], key=lambda rule: rule.id)

    def remove(self, rule_id: int) -> bool:
        """Take a rule back; False if it is not in force."""
        self._forget(rule_id)
        kept = [rule for rule in self._rules if rule.id != rule_id]
        removed = len(kept) < len(self._rules)
        self._rules = kept
        return removed

    def clear(self) -> None:
        """Take every rule back."""
        self._rules.clear()
        self._used_up.clear()

    def _forget(self, rule_id: int) -> None:
        for rule in [rule for rule in self._used_up if rule.id == rule_id]:
            self._used_up.remove(rule)
