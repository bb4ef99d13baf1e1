"""What the local stack is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulators.gemini import GeminiConfig
from simulators.processes.redis_server import LADDER, Kind
from simulators.pubsub import PubSubConfig
from simulators.slack import SlackConfig
from simulators.stack.provisioning import DeliveryRules


@dataclass(frozen=True)
class StackConfig:
    """The defaults use free ports and simulate everything, at once and without pauses.

    ``folder`` takes the logs and is the children's working directory. ``settings`` are the
    services' settings by name; those of Slack, Gemini, Redis and Pub/Sub decide what is real.
    Nothing is taken from this process's own environment. ``command`` and ``processor`` override
    settings for one service. With ``telemetry`` both send what they measure to a local receiver.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    command: Mapping[str, str] = field(default_factory=dict)
    processor: Mapping[str, str] = field(default_factory=dict)
    processors: int = 1
    telemetry: bool = False
    page_port: int = 0
    slack: SlackConfig = field(default_factory=SlackConfig)
    gemini: GeminiConfig = field(default_factory=GeminiConfig)
    pubsub: PubSubConfig = field(default_factory=PubSubConfig)
    delivery: DeliveryRules = field(default_factory=DeliveryRules)
    redis_kinds: Sequence[Kind] = LADDER
    ready_timeout_s: float = 90.0
