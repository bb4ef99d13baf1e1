"""Pub/Sub's push requests, decoded, and the error for pushes that are not ours."""

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.errors import MechachangError, UndecodableTask


class PushDenied(MechachangError):
    """The push does not come from our subscription. ``status`` is 401 or 403."""

    def __init__(self, message: str, *, reason: str, status: int) -> None:
        super().__init__(message, reason=reason)
        self.status = status


class PushMessage(BaseModel):
    """The message inside a push request (cloud.google.com/pubsub/docs/push)."""

    model_config = ConfigDict(extra="ignore", frozen=True, val_json_bytes="base64")

    data: bytes = b""
    attributes: dict[str, str] = Field(default_factory=dict)
    message_id: Annotated[str, Field(alias="messageId", min_length=1)]
    publish_time: Annotated[AwareDatetime | None, Field(alias="publishTime")] = None


class PushRequest(BaseModel):
    """The JSON body of a push request. ``deliveryAttempt`` comes with a dead-letter policy."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    subscription: str
    message: PushMessage
    delivery_attempt: Annotated[int | None, Field(alias="deliveryAttempt")] = None

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """The request in ``body``; raises UndecodableTask."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            raise UndecodableTask(f"push request: {where}: {first['type']}") from error
