"""assistant.threads.setStatus and setSuggestedPrompts.

Rules: docs.slack.dev/reference/methods/assistant.threads.setStatus (in channels too since the
changelog of 2026-03-05).
"""

from simulators.slack.content.arguments import Arg
from simulators.slack.errors import Refusal
from simulators.slack.state.changes import PromptsSuggested
from simulators.slack.state.model import JSON, Channel, Message, Status
from simulators.slack.state.timestamps import is_ts
from simulators.slack.web_api.methods.chat import APPEARANCE
from simulators.slack.web_api.methods.registry import NEEDED, TEXT, Call, method
from simulators.slack.web_api.rate_limits import Tier

LOADING_MESSAGES = 10
PROMPTS = 4


def thread_of(call: Call) -> tuple[Channel, Message]:
    """The thread that a call names, where the app is a member. Raises ``Refusal``."""
    channel = call.visible_channel(call.get("channel_id"))
    if call.workspace.bot.id not in channel.members:
        raise Refusal("channel_not_found")
    thread_ts = call.get("thread_ts")
    parent = call.workspace.message(channel.id, thread_ts) if is_ts(thread_ts) else None
    if parent is None or parent.is_reply:
        raise Refusal("invalid_thread_ts")
    return channel, parent


@method(
    "assistant.threads.setStatus",
    Tier.SPECIAL,
    "chat:write",
    "assistant:write",
    arguments={
        "channel_id": NEEDED,
        "thread_ts": NEEDED,
        "status": Arg(),
        "loading_messages": Arg("list"),
        **APPEARANCE,
    },
)
def set_status(call: Call) -> JSON:
    """Say what the app is doing in a thread; an empty text says nothing any more."""
    if "status" not in call.arguments:
        raise Refusal("invalid_arguments", "[ERROR] missing required field: status")
    channel, parent = thread_of(call)
    loading = call.get("loading_messages") or []
    if len(loading) > LOADING_MESSAGES or not all(isinstance(x, str) for x in loading):
        raise Refusal("invalid_arguments", f"[ERROR] at most {LOADING_MESSAGES} loading_messages")
    workspace = call.workspace
    text = call.get("status")
    if text:
        expires_at = workspace.now() + workspace.config.status_lifetime_s
        workspace.set_status(Status(channel.id, parent.ts, text, loading, expires_at))
    else:
        workspace.clear_status(channel.id, parent.ts)
    return {}


@method(
    "assistant.threads.setSuggestedPrompts",
    Tier.FOUR,
    "assistant:write",
    arguments={
        "channel_id": NEEDED,
        "thread_ts": TEXT,
        "title": TEXT,
        "prompts": Arg("list", required=True),
    },
)
def set_suggested_prompts(call: Call) -> JSON:
    """Offer prompts in the app's direct message."""
    channel = call.visible_channel(call.get("channel_id"))
    if channel.kind != "im":
        raise Refusal("channel_not_found")
    if call.get("thread_ts"):
        thread_of(call)
    prompts = call.get("prompts")
    fine = all(isinstance(p, dict) and {"title", "message"} == p.keys() for p in prompts)
    if not fine or len(prompts) > PROMPTS:
        raise Refusal(
            "invalid_arguments", f"[ERROR] at most {PROMPTS} prompts of title and message"
        )
    suggested = {"title": call.get("title"), "prompts": prompts}
    call.workspace.suggested_prompts[channel.id] = suggested
    call.workspace.tell(PromptsSuggested(channel, suggested))
    return {}
