"""agents.sessions.setStatus and rename.

Rules: docs.slack.dev/reference/methods/agents.sessions.setStatus (since 2026-08-20). It takes no
free text; what the app does is told by words in the thread.
"""

from typing import Final

from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON
from simulators.slack.state.sessions import PROCESSING, Session
from simulators.slack.web_api.methods.assistant import thread_of
from simulators.slack.web_api.methods.registry import NEEDED, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier

STATUSES: Final = frozenset({"active", PROCESSING, "suspended", "closed"})
_TITLE_CHARS: Final = 200
_STOP_EVENT: Final = "agent_session_stopped"


@method(
    "agents.sessions.setStatus",
    Tier.THREE,
    "chat:write",
    arguments={
        "channel_id": NEEDED,
        "thread_ts": NEEDED,
        "status": NEEDED,
        "title": TEXT,
        "initiator_user_id": TEXT,
    },
)
def set_session_status(call: Call) -> JSON:
    """Say whether the app is at work in a thread; begins the session if there is none."""
    _require_agent(call)
    channel, parent = thread_of(call)
    status, initiator = call.get("status"), call.get("initiator_user_id")
    if status not in STATUSES:
        raise Refusal("invalid_arguments", "[ERROR] unknown status")
    if initiator is not None and initiator not in call.workspace.users:
        raise Refusal("user_not_found")
    if initiator is not None and initiator not in channel.members:
        raise Refusal("user_not_in_channel")
    place = (channel.id, parent.ts)
    session = call.workspace.sessions.set(place, status, _title(call), initiator)
    unheard = status == PROCESSING and _STOP_EVENT not in call.workspace.config.subscriptions
    warning = "missing_agent_session_stopped_event_subscription"
    return _shown(session) | ({"warning": warning} if unheard else {})


@method(
    "agents.sessions.rename",
    Tier.THREE,
    "chat:write",
    arguments={"channel_id": NEEDED, "thread_ts": NEEDED, "title": NEEDED},
)
def rename_session(call: Call) -> JSON:
    """Change a session's title."""
    _require_agent(call)
    channel, parent = thread_of(call)
    session = call.workspace.sessions.of(channel.id, parent.ts)
    if session is None:
        raise Refusal("session_not_found")
    call.workspace.sessions.rename(session, _title(call))
    return _shown(session)


def _require_agent(call: Call) -> None:
    if not call.workspace.config.agent_app:
        raise Refusal("not_agent_app")


def _title(call: Call) -> str:
    title = str(call.get("title") or "")
    if len(title) > _TITLE_CHARS:
        raise Refusal("invalid_arguments", f"[ERROR] title: at most {_TITLE_CHARS} characters")
    return title


def _shown(session: Session) -> JSON:
    """As the types of node-slack-sdk have it (AgentsSessionsSetStatusResponse)."""
    return {"status": session.status, "title": session.title}
