"""The common part of both services' settings: names, rules and error texts."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.signing import Signing, keys_in
from shared.task import Locale
from shared.telemetry.log import LogFormat, LogLevel
from shared.telemetry.setup import Telemetry

Port = Annotated[int, Field(ge=0, le=65535)]


class SettingsInvalid(Exception):
    """The environment does not describe a service that can run; the text names every fault."""


def token(prefix: str, kind: str) -> AfterValidator:
    """A rule for a Slack token: it must begin with ``prefix``. Errors never repeat its value."""

    def check(value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if not secret.startswith(prefix):
            begins = secret.split("-", 1)[0] + "-" if secret.startswith("x") else "something else"
            raise ValueError(f"must be {kind} beginning with {prefix}, but begins with {begins}")
        return value

    return AfterValidator(check)


def _ids(value: Any) -> Any:
    if isinstance(value, str):
        return frozenset(part.strip() for part in value.split(",") if part.strip())
    return value


def written_as_json(example: str, note: str = "") -> BeforeValidator:
    """A rule for a setting of several values: JSON; an error shows an example."""
    told = f"is not JSON; write it like {example} {note}".strip()

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(told) from error

    return BeforeValidator(read)


Ids = Annotated[frozenset[str], NoDecode, BeforeValidator(_ids)]
"""A set of ids, written ``A,B,C`` in the environment."""

BotToken = Annotated[SecretStr, token("xoxb-", "a bot token")]
AppToken = Annotated[SecretStr, token("xapp-", "an app-level token")]


def _signing_keys(value: SecretStr) -> SecretStr:
    keys_in(value.get_secret_value())
    return value


# Slack's own and custom emoji; the latter may be in any script.
_EMOJI: Final = re.compile(r"[\w+'-]{1,100}")


def _emoji_name(value: str) -> str:
    name = value.strip().removeprefix(":").removesuffix(":")
    if name and _EMOJI.fullmatch(name) is None:
        raise ValueError("must be the name of one emoji, like gemini")
    return name


EmojiName = Annotated[str, AfterValidator(_emoji_name)]
"""An emoji as Slack names it, written with or without its colons; empty: none."""

SigningKeys = Annotated[SecretStr, AfterValidator(_signing_keys)]
"""Keys for signatures, separated by commas: the first signs, all of them verify."""


class ServiceSettings(BaseSettings):
    """The settings of both services. Frozen; built once in ``__main__`` and handed down."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    google_cloud_project: str = "local"
    slack_bot_token: BotToken
    signing_keys: SigningKeys | None = None
    slack_api_url: str = "https://slack.com/api/"
    port: Port = 8080
    log_level: LogLevel = "INFO"
    log_format: LogFormat = "json"
    telemetry: Telemetry = "none"
    trace_sample_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    pubsub_emulator_host: str | None = None
    default_locale: Locale = "ja"
    feedback_reasons: Literal["log", "off"] = "off"
    reaction_ask: EmojiName = ""
    k_revision: str | None = None

    @property
    def host(self) -> str:
        """The address to listen on: only this machine with a local broker, which pushes without
        tokens.
        """
        local = self.pubsub_emulator_host is not None
        return "127.0.0.1" if local else "0.0.0.0"  # noqa: S104 - Cloud Run needs it

    @property
    def signing(self) -> Signing:
        """The signer of what both services must recognise as their own."""
        written = self.signing_keys.get_secret_value() if self.signing_keys else None
        return Signing(self.slack_bot_token.get_secret_value(), written)


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def load_settings(kind: type[SettingsT], overrides: Mapping[str, Any] | None = None) -> SettingsT:
    """The settings from the environment and ``.env``; raises SettingsInvalid naming all faults."""
    try:
        return kind(**dict(overrides or {}))
    except ValidationError as error:
        raise SettingsInvalid(_explain(error)) from error
    except UnicodeDecodeError:
        # Not its cause: that holds the whole file.
        raise SettingsInvalid(
            "The settings are not usable: .env is not written in UTF-8. Save it in that encoding."
        ) from None
    except OSError as error:
        raise SettingsInvalid(
            f"The settings are not usable: .env cannot be read ({error.strerror})."
        ) from error


def _explain(error: ValidationError) -> str:
    lines = ["The settings are not usable:"]
    for fault in error.errors(include_input=False, include_url=False):
        name = _name_of(*fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        message = "is required but not set" if fault["type"] == "missing" else message
        lines.append(f"  {name}: {message}" if name else f"  {message}")
    lines.append("Set them in the environment or in .env (.env.example explains each one).")
    return "\n".join(lines)


def _name_of(setting: int | str = "", *within: int | str) -> str:
    """The name of a setting, and which of its values if it has several."""
    path = ", ".join(str(part) for part in within if part != "[key]")
    return str(setting).upper() + (f" ({path})" if path else "")
