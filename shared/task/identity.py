"""The ids of tasks: equal triggers give equal ids, so that a redelivery is the same task."""

import hashlib
from datetime import datetime

from shared.task.kinds import Mode, Wish


def task_id_of_message(team_id: str, channel_id: str, message_ts: str) -> str:
    """The id of the question a message asks.

    Slack redelivers an event under the same message ts, and one mention may arrive as two events
    (``app_mention`` and ``message``): all of them are the same question.
    """
    return _digest("message", team_id, channel_id, message_ts)


def task_id_of_command(team_id: str, trigger_id: str) -> str:
    """The id of the question a slash command asks; Slack gives each invocation one trigger id."""
    return _digest("command", team_id, trigger_id)


def task_id_of_action(team_id: str, channel_id: str, message_ts: str, action_ts: str) -> str:
    """The id of the question a button asks; a redelivered click has the same ``action_ts``."""
    return _digest("action", team_id, channel_id, message_ts, action_ts)


def task_id_of_retry(team_id: str, channel_id: str, notice_ts: str) -> str:
    """The id of the question a notice's Retry button asks: one per notice, for all who click."""
    return _digest("retry", team_id, channel_id, notice_ts)


def task_id_of_mode(team_id: str, channel_id: str, message_ts: str, mode: Mode) -> str:
    """The id of the question an answer's mode button asks: one per mode, for all who click."""
    return _digest("mode", team_id, channel_id, message_ts, mode)


def task_id_of_wish(team_id: str, channel_id: str, message_ts: str, wish: Wish) -> str:
    """The id of the question a Shorter or Longer button asks: one per button, for all who click."""
    return _digest("wish", team_id, channel_id, message_ts, wish)


def task_id_of_edit(team_id: str, channel_id: str, message_ts: str, edited_ts: str) -> str:
    """The id of the question a message asks after an edit: one per edit."""
    return _digest("edit", team_id, channel_id, message_ts, edited_ts)


def task_id_of_cancel(team_id: str, channel_id: str, *stopped: str) -> str:
    """The id of the request to stop a task or streams: the same for every press."""
    return _digest("cancel", team_id, channel_id, *stopped)


def task_id_of_feedback(team_id: str, *given: str) -> str:
    """The id of one vote, or of one explanation; a redelivered click has the same parts."""
    return _digest("feedback", team_id, *given)


def task_id_of_share(team_id: str, channel_id: str, answer_task_id: str) -> str:
    """The id of sharing an answer to a channel: one for all presses."""
    return _digest("share", team_id, channel_id, answer_task_id)


def task_id_of_shortcut(
    team_id: str, channel_id: str, message_ts: str, callback_id: str, action_ts: str
) -> str:
    """The id of a message shortcut's question; a redelivered one has the same ``action_ts``."""
    return _digest("shortcut", team_id, channel_id, message_ts, callback_id, action_ts)


def task_id_of_reaction(team_id: str, channel_id: str, message_ts: str, user_id: str) -> str:
    """The id of what a person asks with a reaction to a message: one, however often they take it
    away and put it there again.
    """
    return _digest("reaction", team_id, channel_id, message_ts, user_id)


def task_id_of_home(team_id: str, user_id: str, event_ts: str) -> str:
    """The id of one opening of an App Home, or of one choice there (its ``action_ts``)."""
    return _digest("home", team_id, user_id, event_ts)


def task_id_of_synthetic(team_id: str, asked_at: datetime) -> str:
    """The id of a synthetic question: one per moment."""
    return _digest("synthetic", team_id, asked_at.isoformat())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
