"""The closed lists of a task: its kind, its trigger, how it is answered, and what users choose."""

from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """The request to the processor."""

    QUESTION = "question"
    CANCEL = "cancel"
    FEEDBACK = "feedback"
    HOME = "home"
    DOCTOR = "doctor"
    SHARE = "share"
    SYNTHETIC = "synthetic"


class Source(StrEnum):
    """The trigger of a task."""

    MENTION = "mention"
    DM = "dm"
    SLASH_COMMAND = "slash_command"
    SHORTCUT = "shortcut"
    REACTION = "reaction"
    BUTTON = "button"
    RETRY = "retry"
    APP_HOME = "app_home"
    SYNTHETIC = "synthetic"


class Mode(StrEnum):
    """The layout of an answer; ``auto`` lets the model choose."""

    AUTO = "auto"
    CHAT = "chat"
    GENERAL = "general"
    CODE = "code"
    DATA = "data"
    CREATIVE = "creative"


class Wish(StrEnum):
    """The requested change of an answer."""

    SHORTER = "shorter"
    LONGER = "longer"


class Vote(StrEnum):
    """A user's opinion of an answer."""

    UP = "up"
    DOWN = "down"


class FeedbackReason(StrEnum):
    """A user's reason for a vote; stable codes for logs and metrics."""

    WRONG = "wrong"
    OFF_TOPIC = "off_topic"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    OUTDATED = "outdated"
    UNCLEAR = "unclear"
    OTHER = "other"


class Following(StrEnum):
    """The rule that decides whether a message without a mention is a question."""

    ASKER = "asker"
    JUDGE = "judge"


class Purpose(StrEnum):
    """The purpose of a message shortcut; ``ASK`` is a reaction's, ``CATCH_UP`` the command's and
    about a channel.
    """

    SUMMARISE = "summarise"
    TRANSLATE = "translate"
    EXPLAIN = "explain"
    ASK = "ask"
    CATCH_UP = "catch_up"


Locale = Literal["ja", "en"]
Texts = dict[Locale, str]
"""A text for people in each language."""
