"""Slack: Web API, Socket Mode, Events API, files, streams and interactions, as strict as Slack."""

from simulators.slack.config import Command, Person, Shortcut, SlackConfig
from simulators.slack.errors import Refusal
from simulators.slack.server import PortInUse, Running, SlackSimulator

__all__ = [
    "Command",
    "Person",
    "PortInUse",
    "Refusal",
    "Running",
    "Shortcut",
    "SlackConfig",
    "SlackSimulator",
]
