"""Which parts of the stack are real and which simulated, and what each service is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.processes.environment import inherited, without_proxies

_VERTEX = ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE")
# google-genai prefers these to what we set for the simulated Gemini.
_OTHER_GEMINI_ACCESS = ("GOOGLE_API_KEY", *_VERTEX, "GOOGLE_VERTEX_BASE_URL")
_TRUE = ("1", "true", "yes", "on")


class SettingsConflict(Exception):
    """The settings contradict each other; the text says which one is missing."""


@dataclass(frozen=True)
class StackSettings:
    """The settings of DESIGN's table by name; empty values count as not set."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "StackSettings":
        """Keep what is set; raises SettingsConflict if only half of Slack's access is there."""
        settings = cls({name: value for name, value in values.items() if value})
        if settings.get("SLACK_BOT_TOKEN") or settings.get("SLACK_APP_TOKEN"):
            settings._check_slack()
        return settings

    def _check_slack(self) -> None:
        other = "SLACK_APP_TOKEN" if self.socket_mode else "SLACK_SIGNING_SECRET"
        needed = ("SLACK_BOT_TOKEN", other)
        missing = [name for name in needed if not self.get(name)]
        if missing:
            given = next(n for n in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN") if self.get(n))
            raise SettingsConflict(
                f"{given} is set, but {' and '.join(missing)} is missing: the real Slack needs "
                f"both {' and '.join(needed)}. Unset {given} to use the simulated Slack."
            )

    def get(self, name: str) -> str | None:
        """The value of setting ``name``, None if it is not set."""
        return self.values.get(name)

    @property
    def real_slack(self) -> bool:
        """Slack's tokens are given."""
        return self.get("SLACK_BOT_TOKEN") is not None

    @property
    def real_gemini(self) -> bool:
        """A Gemini key or Vertex AI is given."""
        vertex = any((self.get(name) or "").lower() in _TRUE for name in _VERTEX)
        return self.get("GEMINI_API_KEY") is not None or vertex

    @property
    def socket_mode(self) -> bool:
        """Slack connects by Socket Mode, not by HTTP."""
        return (self.get("SLACK_SOCKET_MODE") or "true").lower() in _TRUE

    @property
    def project(self) -> str:
        """The Google Cloud project, ``local`` by default."""
        return self.get("GOOGLE_CLOUD_PROJECT") or "local"


@dataclass(frozen=True)
class SlackAccess:
    """What an app needs to use a Slack."""

    api_url: str
    bot_token: str = "xoxb-local"  # noqa: S105 - the simulator's own, no secret
    app_token: str = "xapp-local"  # noqa: S105 - the simulator's own, no secret
    signing_secret: str = "local-signing-secret"  # noqa: S105 - the simulator's own, no secret


@dataclass(frozen=True)
class Addresses:
    """Where the local parts listen; None for what is real."""

    pubsub: str
    redis: str
    slack: SlackAccess | None
    gemini: str | None
    telemetry: str | None = None


def command_environment(
    settings: StackSettings, addresses: Addresses, overrides: Mapping[str, str]
) -> dict[str, str]:
    """What the command service is told; it talks to Slack and Pub/Sub only."""
    values = {**_common(settings, addresses), **overrides}
    return without_proxies(values) if addresses.slack is not None else values


def processor_environment(
    settings: StackSettings, addresses: Addresses, overrides: Mapping[str, str]
) -> dict[str, str]:
    """What a processor is told; it talks to Slack and Gemini."""
    values = {**_common(settings, addresses), **overrides}
    all_local = addresses.slack is not None and addresses.gemini is not None
    return without_proxies(values) if all_local else values


def _common(settings: StackSettings, addresses: Addresses) -> dict[str, str]:
    values = dict(settings.values)
    values["GOOGLE_CLOUD_PROJECT"] = settings.project
    values["PUBSUB_EMULATOR_HOST"] = addresses.pubsub
    values["REDIS_URL"] = addresses.redis
    if addresses.slack is not None:
        values |= {
            "SLACK_BOT_TOKEN": addresses.slack.bot_token,
            "SLACK_APP_TOKEN": addresses.slack.app_token,
            "SLACK_SIGNING_SECRET": addresses.slack.signing_secret,
            "SLACK_API_URL": addresses.slack.api_url,
        }
    if addresses.gemini is not None:
        for name in _OTHER_GEMINI_ACCESS:
            values.pop(name, None)
        values |= {"GEMINI_API_KEY": "local", "GOOGLE_GEMINI_BASE_URL": addresses.gemini}
    if addresses.telemetry is not None:
        values |= {
            "TELEMETRY": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": addresses.telemetry,
            # Soon enough for somebody who watches; the SDK's own are 5 and 60 s.
            "OTEL_BSP_SCHEDULE_DELAY": "300",
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        }
    return {**values, **inherited()}
