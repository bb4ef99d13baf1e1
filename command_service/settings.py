"""The settings of the command service, from the environment and ``.env``."""

from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from command_service.payloads.model import AskingReaction
from shared.settings import AppToken, Ids, ServiceSettings
from shared.task import Following

Positive = Annotated[int, Field(gt=0)]
Percent = Annotated[int, Field(ge=0, le=100)]
FollowThreads = Literal["mention", "asker", "judge"]
# Each with its mode: whether it is Socket Mode.
_NEEDED: Final = {
    "slack_app_token": (True, "only HTTP mode works without it"),
    "slack_signing_secret": (False, "with SLACK_SOCKET_MODE=false"),
}
_FOLLOWED_BEFORE: Final = {"true": "asker", "false": "mention"}


class CommandSettings(ServiceSettings):
    """All settings of the command service; ``.env.example`` explains each one.

    Rules between settings are field validators that see the fields above them: a model validator
    would run only once all fields are right, and all faults are reported together.
    """

    slack_socket_mode: bool = True
    slack_app_token: Annotated[AppToken | None, Field(validate_default=True)] = None
    slack_signing_secret: Annotated[SecretStr | None, Field(validate_default=True)] = None
    pubsub_topic: str = "mechachang-tasks"
    max_concurrent_requests: Positive = 80
    allowed_team_ids: Ids = frozenset()
    allowed_channel_ids: Ids = frozenset()
    allowed_user_ids: Ids = frozenset()
    allow_external_channels: bool = False
    rollout_percent: Percent = 100
    rollout_user_ids: Ids = frozenset()
    max_prompt_chars: Positive = 20_000
    follow_threads: FollowThreads = "asker"
    reaction_answer_in: Literal["dm", "thread"] = "dm"
    synthetic_question_seconds: Annotated[int, Field(ge=0)] = 0
    user_requests_per_minute: Annotated[int, Field(ge=0)] = 10

    @property
    def following(self) -> Following | None:
        """The processor's rule for messages without a mention; None: they ask nothing."""
        return None if self.follow_threads == "mention" else Following(self.follow_threads)

    @property
    def asking_reaction(self) -> AskingReaction | None:
        """The reaction that asks; None: no reaction does."""
        if not self.reaction_ask:
            return None
        return AskingReaction(self.reaction_ask, in_thread=self.reaction_answer_in == "thread")

    @field_validator("follow_threads", mode="before")
    @classmethod
    def _was_a_switch(cls, value: str) -> str:
        return _FOLLOWED_BEFORE.get(value.strip().lower(), value)

    @field_validator("slack_app_token", "slack_signing_secret")
    @classmethod
    def _needed_in_its_mode(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        in_socket_mode, when = _NEEDED[str(info.field_name)]
        if value is None and info.data.get("slack_socket_mode") is in_socket_mode:
            raise ValueError(f"is required but not set ({when})")
        return value
