"""Who may ask what: a pure policy, and which of its refusals are told to the person."""

import hashlib
from dataclasses import dataclass

from command_service.question import Question, Reason


@dataclass(frozen=True)
class Policy:
    """What the operators allow. Empty sets of ids allow everybody."""

    team_ids: frozenset[str] = frozenset()
    channel_ids: frozenset[str] = frozenset()
    user_ids: frozenset[str] = frozenset()
    external_channels: bool = False
    rollout_percent: int = 100
    rollout_user_ids: frozenset[str] = frozenset()
    max_prompt_chars: int = 20_000


TOLD = frozenset(
    {
        Reason.TEAM_NOT_ALLOWED,
        Reason.CHANNEL_NOT_ALLOWED,
        Reason.USER_NOT_ALLOWED,
        Reason.EXTERNAL_CHANNEL,
        Reason.NOT_IN_ROLLOUT,
        Reason.EMPTY_PROMPT,
        Reason.HELP_ASKED,
        Reason.UNKNOWN_OPTION,
        Reason.PROMPT_TOO_LONG,
        Reason.QUESTION_GONE,
        Reason.QUESTION_UNREADABLE,
        Reason.QUEUE_UNAVAILABLE,
        Reason.SLACK_DENIED,
        Reason.OVERLOADED,
        Reason.NOT_THE_ASKER,
        Reason.PRESS_LOST,
    }
)
"""The reasons a person would otherwise wonder about. The others stay silent: nobody asked."""


@dataclass(frozen=True)
class Admitted:
    """The question may be asked."""


@dataclass(frozen=True)
class Refused:
    """The question may not be asked, and why."""

    reason: Reason


def admit(question: Question, policy: Policy) -> Admitted | Refused:
    """Whether ``question`` may be asked. The first rule that forbids it gives the reason."""
    for reason, forbidden in (
        (Reason.TEAM_NOT_ALLOWED, _outside(question.team_id, policy.team_ids)),
        (Reason.EXTERNAL_CHANNEL, question.external and not policy.external_channels),
        (Reason.CHANNEL_NOT_ALLOWED, _outside(question.channel_id, policy.channel_ids)),
        (Reason.USER_NOT_ALLOWED, _outside(question.user_id, policy.user_ids)),
        (Reason.NOT_IN_ROLLOUT, not _in_rollout(question.user_id, policy)),
        (Reason.EMPTY_PROMPT, not question.text and not question.files),
        (Reason.PROMPT_TOO_LONG, len(question.text) > policy.max_prompt_chars),
    ):
        if forbidden:
            return Refused(reason)
    return Admitted()


def _outside(value: str, allowed: frozenset[str]) -> bool:
    return bool(allowed) and value not in allowed


def _in_rollout(user_id: str, policy: Policy) -> bool:
    return user_id in policy.rollout_user_ids or rollout_bucket(user_id) < policy.rollout_percent


def rollout_bucket(user_id: str) -> int:
    """0..99, the same for a user on every instance and in every release.

    Raising the percentage therefore only ever adds people.
    """
    return int.from_bytes(hashlib.sha256(f"rollout:{user_id}".encode()).digest()[:8]) % 100
