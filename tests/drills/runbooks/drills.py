"""The faults that runbooks are tried on: what breaks, and which page is for it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from simulators.faults import Fault
from simulators.gemini import Reply
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DEAD_LETTER_TOPIC, DeliveryRules

_QUICK: Final = DeliveryRules(min_backoff_s=0.2, max_backoff_s=0.4)
# For a fault that is mended before the deliveries are used up.
_PATIENT: Final = DeliveryRules(min_backoff_s=1.0, max_backoff_s=8.0)
_DEAD_LETTERS: Final = f"projects/local/topics/{DEAD_LETTER_TOPIC}"
_MODELS: Final = ("gemini-3.8-flash", "gemini-3.5-flash-lite")

QUESTION: Final = "Asked while it is broken: what is Redis?"


@dataclass(frozen=True)
class Drill:
    """``breaks`` is called on a running stack where all is well.

    ``processor`` and ``command`` are settings that the fault consists of or that let it show soon.
    ``pasted`` is what the operator types for a new secret. ``is_quick``: a part of the tests.
    """

    page: str
    fault: str
    breaks: Callable[[LocalStack], Awaitable[None]]
    processor: Mapping[str, str] = field(default_factory=dict)
    command: Mapping[str, str] = field(default_factory=dict)
    delivery: DeliveryRules = _QUICK
    pasted: str = ""
    is_quick: bool = False


async def _nothing_more(_stack: LocalStack) -> None:
    """The settings are the fault."""


async def _lose_redis(stack: LocalStack) -> None:
    await stack.redis.kill()


async def _use_up_the_quota(stack: LocalStack) -> None:
    _fail_models(stack, Fault("error", status=429, error="RESOURCE_EXHAUSTED"))


async def _take_gemini_down(stack: LocalStack) -> None:
    _fail_models(stack, Fault("error", status=503, error="UNAVAILABLE"))


def _fail_models(stack: LocalStack, fault: Fault) -> None:
    for model in _MODELS:
        stack.faults.add("gemini", f"{model}:*", fault, times=-1)


async def _slow_gemini_down(stack: LocalStack) -> None:
    stack.faults.add("gemini", f"{_MODELS[0]}:*", Fault("delay", seconds=6.0), times=-1)


async def _break_off_answers(stack: LocalStack) -> None:
    """Until the question was given up; what mends it then lies outside."""

    def reply(_prompt: str) -> Reply:
        if stack.pubsub.messages(_DEAD_LETTERS):
            return Reply(text="An in-memory store.")
        return Reply(text="An in-mem", finish_reason=None)

    stack.gemini.script(QUESTION, reply)


async def _revoke_the_bot_token(stack: LocalStack) -> None:
    workspace = stack.slack.workspace
    workspace.config = replace(workspace.config, bot_token="xoxb-new")


async def _revoke_the_app_token(stack: LocalStack) -> None:
    workspace = stack.slack.workspace
    workspace.config = replace(workspace.config, app_token="xapp-new")
    stack.slack.sockets.cut()


async def _silence_the_socket(stack: LocalStack) -> None:
    workspace = stack.slack.workspace
    workspace.config = replace(workspace.config, app_token="xapp-new")
    stack.slack.sockets.deafen()


async def _forbid_publishing(stack: LocalStack) -> None:
    denied = Fault("error", error="PERMISSION_DENIED")
    stack.faults.add("pubsub", "Publish", denied, times=-1)


async def _limit_posts(stack: LocalStack) -> None:
    limited = Fault("error", status=429, detail={"retry_after": 2})
    for method in ("chat.startStream", "chat.postMessage"):
        stack.faults.add("slack", method, limited, times=2)


DRILLS: Final = (
    Drill(
        "bot-is-silent",
        "the asker is not on ALLOWED_USER_IDS",
        _nothing_more,
        command={"ALLOWED_USER_IDS": "U0NOBODY"},
        is_quick=True,
    ),
    Drill(
        "slack-token-denied",
        "the bot token is revoked",
        _revoke_the_bot_token,
        delivery=_PATIENT,
        pasted="xoxb-new",
    ),
    Drill(
        "socket-down",
        "the app token is revoked, the socket cut",
        _revoke_the_app_token,
        pasted="xapp-new",
        is_quick=True,
    ),
    Drill(
        "socket-down",
        "the app token is revoked, the socket deaf",
        _silence_the_socket,
        pasted="xapp-new",
    ),
    Drill(
        "pubsub-unreachable",
        "the right to publish is gone",
        _forbid_publishing,
        is_quick=True,
    ),
    Drill("redis-lost", "Redis is gone", _lose_redis),
    Drill(
        "gemini-quota",
        "429 for both models",
        _use_up_the_quota,
        processor={"RETRY_COUNT": "0"},
    ),
    Drill(
        "gemini-down",
        "503 for both models",
        _take_gemini_down,
        processor={"RETRY_COUNT": "0"},
    ),
    Drill("answers-are-late", "the model begins after 6 s", _slow_gemini_down),
    Drill(
        "dead-letters",
        "every answer breaks off",
        _break_off_answers,
        processor={"RETRY_COUNT": "0"},
        is_quick=True,
    ),
    Drill("slack-rate-limits", "Slack limits posts", _limit_posts),
)
