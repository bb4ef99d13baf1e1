"""Payloads as Slack sends them, and a question as it is read from one."""

from dataclasses import replace
from typing import Any

from command_service.payloads.model import EphemeralTarget, Identity, Question
from shared.task import Mode, Source
from tests.support.tasks import NOON

IDENTITY = Identity("T1", "UBOT", "BBOT")


def a_question(**changes: Any) -> Question:
    question = Question(
        task_id="0123456789abcdef0123456789abcdef",
        source=Source.MENTION,
        team_id="T1",
        channel_id="C1",
        user_id="U1",
        text="素数とは何ですか",
        mode=Mode.CHAT,
        occurred_at=NOON,
        recipient=EphemeralTarget("C1", "U1"),
        thread_ts="1700000000.000100",
        message_ts="1700000000.000100",
    )
    return replace(question, **changes)


def a_mention(text: str = "<@UBOT> hello", **event: Any) -> dict[str, Any]:
    return _event_body(
        {"type": "app_mention", "user": "U1", "text": text, "channel": "C1", **event}
    )


def a_direct_message(text: str = "hello", **event: Any) -> dict[str, Any]:
    message = {"type": "message", "channel_type": "im", "user": "U1", "text": text, "channel": "D1"}
    return _event_body({**message, **event})


def _event_body(event: dict[str, Any]) -> dict[str, Any]:
    ts = "1700000000.000100"
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "is_ext_shared_channel": False,
        "event": {"ts": ts, "event_ts": ts, "team": "T1", **event},
    }


def a_command(text: str = "hello", **changes: Any) -> dict[str, Any]:
    body = {
        "team_id": "T1",
        "channel_id": "C1",
        "user_id": "U1",
        "command": "/gemini",
        "text": text,
        "trigger_id": "1.2.abc",
        "response_url": "https://hooks.example/response/1",
    }
    return {**body, **changes}


def a_click(value: str, action_id: str = "regenerate", **changes: Any) -> dict[str, Any]:
    body = {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U2", "team_id": "T1"},
        "container": {
            "type": "message",
            "channel_id": "C1",
            "message_ts": "1700000009.000900",
            "thread_ts": "1700000000.000100",
        },
        "actions": [{"action_id": action_id, "value": value, "action_ts": "1700000020.5"}],
    }
    return {**body, **changes}


def a_reaction(**changes: Any) -> dict[str, Any]:
    event = {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "gemini",
        "item": {"type": "message", "channel": "C1", "ts": "1700000000.000100"},
        "item_user": "U9",
        "event_ts": "1700000020.000500",
    }
    body = {"type": "event_callback", "team_id": "T1", "event_id": "Ev7"}
    shared = changes.pop("is_ext_shared_channel", False)
    return {**body, "is_ext_shared_channel": shared, "event": {**event, **changes}}


def a_shortcut(callback_id: str = "explain_message", **changes: Any) -> dict[str, Any]:
    message = {
        "type": "message",
        "user": "U9",
        "text": "SLA は &lt;99.9%&gt;",
        "ts": "1700000000.1",
    }
    body = {
        "type": "message_action",
        "callback_id": callback_id,
        "team": {"id": "T1", "domain": "home"},
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1", "name": "general"},
        "message": message,
        "message_ts": "1700000000.1",
        "action_ts": "1700000020.5",
        "trigger_id": "1.2.abc",
        "response_url": "https://hooks.example/actions/1",
    }
    return {**body, **changes}
