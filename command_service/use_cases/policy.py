"""The operator's rules about users, places and questions, as pure functions."""

import hashlib
from dataclasses import dataclass

from command_service.payloads.model import Question, RejectReason
from command_service.payloads.small_talk import is_thanks
from command_service.texts.home import ABOUT_THE_OPEN_CHANNEL
from shared.task import Purpose, Source


@dataclass(frozen=True)
class Policy:
    """The operator's rules. Empty sets of ids allow everybody."""

    team_ids: frozenset[str] = frozenset()
    channel_ids: frozenset[str] = frozenset()
    user_ids: frozenset[str] = frozenset()
    external_channels: bool = False
    rollout_percent: int = 100
    rollout_user_ids: frozenset[str] = frozenset()
    max_prompt_chars: int = 20_000


@dataclass(frozen=True)
class Rejected:
    """The question may not be asked, and why."""

    reason: RejectReason


@dataclass(frozen=True)
class Presence:
    """A user's action and its place; without a ``channel_id`` no channel's rules apply."""

    team_id: str
    user_id: str
    channel_id: str | None = None
    external: bool = False


def checks(who: Presence, policy: Policy) -> dict[RejectReason, bool]:
    """The rules about users and places, in order: each reason, and whether the user passes."""
    channel_id = who.channel_id
    return {
        RejectReason.TEAM_NOT_ALLOWED: _among(who.team_id, policy.team_ids),
        RejectReason.EXTERNAL_CHANNEL: policy.external_channels or not who.external,
        RejectReason.CHANNEL_NOT_ALLOWED: (
            channel_id is None or _among(channel_id, policy.channel_ids)
        ),
        RejectReason.USER_NOT_ALLOWED: _among(who.user_id, policy.user_ids),
        RejectReason.NOT_IN_ROLLOUT: in_rollout(who.user_id, policy),
    }


def turned_away(who: Presence, policy: Policy) -> RejectReason | None:
    """The first rule that keeps the user out of that place; None if they may act there."""
    return next((reason for reason, fine in checks(who, policy).items() if not fine), None)


def admit(question: Question, policy: Policy) -> RejectReason | None:
    """The first rule that forbids ``question``; None: it may be asked."""
    who = Presence(question.team_id, question.user_id, _channel_of(question), question.external)
    if (kept_out := turned_away(who, policy)) is not None:
        return kept_out
    asks_in_words = question.subject is None or question.subject.beside
    rules = (
        (RejectReason.THANKS, _only_thanks(question)),
        (RejectReason.EMPTY_PROMPT, _asks_nothing(question)),
        (RejectReason.NOTHING_BESIDE, _points_at_nothing(question)),
        (_TOO_LONG[asks_in_words], _is_too_long(question, policy)),
    )
    return next((reason for reason, forbidden in rules if forbidden), None)


_TOO_LONG = {True: RejectReason.PROMPT_TOO_LONG, False: RejectReason.MESSAGE_TOO_LONG}


def _channel_of(question: Question) -> str:
    """The channel of the question; for a shortcut that of its message, wherever the answer goes."""
    return question.channel_id if question.subject is None else question.subject.channel_id


def _only_thanks(question: Question) -> bool:
    said = question.source in {Source.DM, Source.MENTION} and not question.follow_up
    return said and not (question.quoted or question.files) and is_thanks(question.text)


def _points_at_nothing(question: Question) -> bool:
    """Whether the user pressed our own prompt on the open channel, and Slack names none. People's
    own words may mean anything, and a message that is found later never tells what was open.
    """
    pressed = question.source is Source.DM and question.text.strip() in ABOUT_THE_OPEN_CHANNEL
    return pressed and question.subject is None and not question.redelivered


def _asks_nothing(question: Question) -> bool:
    content = question.text or question.quoted or question.files
    return not content and question.subject is None


def _is_too_long(question: Question, policy: Policy) -> bool:
    """A summary reads as much of the thread as fits, so its message may have any length."""
    subject = question.subject
    if subject is not None and subject.purpose is Purpose.SUMMARISE and not subject.beside:
        return False
    return len(question.text) > policy.max_prompt_chars


def _among(value: str, allowed: frozenset[str]) -> bool:
    return not allowed or value in allowed


def in_rollout(user_id: str, policy: Policy) -> bool:
    """Whether the staged rollout includes the user."""
    return user_id in policy.rollout_user_ids or rollout_bucket(user_id) < policy.rollout_percent


def rollout_bucket(user_id: str) -> int:
    """0..99, the same for a user on every instance and in every release.

    Raising the percentage therefore only ever adds users.
    """
    return int.from_bytes(hashlib.sha256(f"rollout:{user_id}".encode()).digest()[:8]) % 100
