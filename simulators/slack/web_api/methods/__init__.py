"""The Web API's methods, one module a family; importing this package registers them all."""

from simulators.slack.web_api.methods import (
    assistant,
    auth,
    chat,
    conversations,
    files,
    reactions,
    sessions,
    streams,
    usergroups,
    users,
    views,
)
from simulators.slack.web_api.methods.registry import METHODS, Call, Method

__all__ = [
    "METHODS",
    "Call",
    "Method",
    "assistant",
    "auth",
    "chat",
    "conversations",
    "files",
    "reactions",
    "sessions",
    "streams",
    "usergroups",
    "users",
    "views",
]
