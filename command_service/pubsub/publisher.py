"""The task queue on Pub/Sub: one message per Publish, confirmed within Slack's time or failed."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.api_core.exceptions import (
    Aborted,
    DeadlineExceeded,
    GoogleAPICallError,
    GoogleAPIError,
    InternalServerError,
    PermissionDenied,
    ResourceExhausted,
    RetryError,
    ServiceUnavailable,
    Unknown,
)
from google.api_core.retry import AsyncRetry, if_exception_type
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.pubsub_v1 import PublisherAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.types import PubsubMessage

from command_service.errors import StartFailed
from shared.errors import QueueUnavailable
from shared.task import Task

_ATTEMPT_S = 1.0
# The client's own retry goes on for ten minutes. Publishing twice is harmless: equal task_id.
_RETRY = AsyncRetry(
    predicate=if_exception_type(
        Aborted,
        DeadlineExceeded,
        InternalServerError,
        ResourceExhausted,
        ServiceUnavailable,
        Unknown,
    ),
    initial=0.1,
    maximum=0.5,
    timeout=2.0,
)
# gRPC lengthens its pauses between connection attempts up to two minutes, during which every
# publish fails at once. Measured after an outage of 25 s: 17 s more of it, with these 0.4 s.
_CHANNEL_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]
_FRESH_S = 5.0
# Over HTTP, Slack redelivers at once, after one minute and after five (docs.slack.dev, Events API).
_OUTAGE_S = 60.0


class PubSubQueue:
    """``ports.TaskQueue`` on one topic.

    If publishing failed for longer than Slack surely redelivers, ``on_restored`` is called with the
    seconds since its beginning: events of that time may be lost. A failure that no other follows
    is no outage, however long nobody publishes after it: Slack has redelivered its event.
    """

    def __init__(
        self,
        client: PublisherAsyncClient,
        topic: str,
        on_restored: Callable[[float], None],
        outage_s: float,
    ) -> None:
        self._client = client
        self.topic = topic
        self._on_restored = on_restored
        self._outage_s = outage_s
        self._failing_since: float | None = None
        self._failed_at = 0.0
        self._checked_at = float("-inf")

    async def publish(self, task: Task, attributes: Mapping[str, str]) -> None:
        """Wait for Pub/Sub's confirmation; raises QueueUnavailable after two seconds without."""
        message = PubsubMessage(data=task.encode(), attributes=dict(attributes))
        confirmed = False
        try:
            await self._client.publish(
                topic=self.topic, messages=[message], retry=_RETRY, timeout=_ATTEMPT_S
            )
            confirmed = True
        except (GoogleAPIError, GoogleAuthError) as error:
            raise QueueUnavailable(_why(error)) from error
        finally:
            # The caller may give up earlier.
            self._note(confirmed)

    def _note(self, confirmed: bool) -> None:
        now = time.monotonic()
        if not confirmed:
            self._failing_since, self._failed_at = self._failing_since or now, now
            return
        self._checked_at = now
        since, self._failing_since = self._failing_since, None
        if since is not None and self._failed_at - since >= self._outage_s:
            self._on_restored(now - since)

    async def check(self) -> None:
        """Raises QueueUnavailable unless the topic could be reached in the last few seconds."""
        if time.monotonic() - self._checked_at < _FRESH_S:
            return
        try:
            await self._client.get_topic(topic=self.topic, retry=None, timeout=_ATTEMPT_S)
        except PermissionDenied:
            # roles/pubsub.publisher may publish to a topic, but not look at it.
            pass
        except (GoogleAPIError, GoogleAuthError) as error:
            raise QueueUnavailable(_why(error)) from error
        self._checked_at = time.monotonic()


def _why(error: Exception) -> str:
    """Pub/Sub's status without its text, which may repeat what was sent."""
    cause = error.cause if isinstance(error, RetryError) else error
    if isinstance(cause, GoogleAPICallError) and cause.grpc_status_code is not None:
        return f"Pub/Sub did not confirm ({cause.grpc_status_code.name})."
    return f"Pub/Sub did not confirm ({type(cause or error).__name__})."


@asynccontextmanager
async def open_publisher(
    project: str,
    topic: str,
    emulator_host: str | None,
    on_restored: Callable[[float], None],
    outage_s: float = _OUTAGE_S,
) -> AsyncIterator[PubSubQueue]:
    """The queue, connected inside the running loop; raises StartFailed without credentials.

    The emulator's address comes from the settings (perhaps ``.env``): the client itself reads the
    environment only.
    """
    try:
        transport = _transport(emulator_host)
    except DefaultCredentialsError as error:
        raise StartFailed(
            "Google Cloud gave no credentials for Pub/Sub. Run with a service account, use "
            "`gcloud auth application-default login`, or set PUBSUB_EMULATOR_HOST for a local one."
        ) from error
    client = PublisherAsyncClient(transport=transport)
    try:
        yield PubSubQueue(client, f"projects/{project}/topics/{topic}", on_restored, outage_s)
    finally:
        await transport.close()  # type: ignore[no-untyped-call]  # generated code


def _transport(emulator_host: str | None) -> PublisherGrpcAsyncIOTransport:
    channel: Any = _google_channel
    if emulator_host:
        channel = grpc.aio.insecure_channel(emulator_host, options=_CHANNEL_OPTIONS)
    return PublisherGrpcAsyncIOTransport(channel=channel, always_use_jwt_access=True)


def _google_channel(host: str, *, options: list[tuple[str, Any]], **others: Any) -> Any:
    """The client library's own channel with our options added to its own."""
    return PublisherGrpcAsyncIOTransport.create_channel(
        host, options=[*options, *_CHANNEL_OPTIONS], **others
    )
