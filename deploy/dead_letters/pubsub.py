"""``loan.Broker`` on Pub/Sub or a local broker, with Google's own clients."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.api_core.exceptions import (
    Aborted,
    DeadlineExceeded,
    FailedPrecondition,
    GoogleAPICallError,
    GoogleAPIError,
    InternalServerError,
    NotFound,
    PermissionDenied,
    RetryError,
    ServiceUnavailable,
    Unauthenticated,
    Unknown,
)
from google.api_core.retry import AsyncRetry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublisherAsyncClient, SubscriberAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from google.pubsub_v1.types import PubsubMessage, ReceivedMessage

from deploy.dead_letters.errors import BrokerFailed
from deploy.dead_letters.letter import Letter
from deploy.language import words

_ATTEMPT_S = 4.0
_TRANSIENT = (Aborted, InternalServerError, ServiceUnavailable, Unknown)
# The clients' own retries go on for a minute to ten. Each call here may be repeated.
_RETRY = AsyncRetry(
    predicate=if_exception_type(*_TRANSIENT, DeadlineExceeded),
    initial=0.1,
    maximum=1.0,
    timeout=5.0,
)
# To a pull, time that runs out is an answer: there was nothing.
_RETRY_PULL = AsyncRetry(
    predicate=if_exception_type(*_TRANSIENT), initial=0.1, maximum=1.0, timeout=5.0
)
_PULL_WAIT_S = 3.0
# One request may hold 512 KiB (cloud.google.com/pubsub/quotas); an ack id has about 200 bytes.
_ACK_IDS_PER_CALL = 1000
# A hundred letters are more than the 4 MB that gRPC takes by itself; Google's own channels have
# these options too.
_ANY_SIZE = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


@dataclass(frozen=True)
class Names:
    """Where dead letters are kept and where tasks go; ``local_address`` of a local broker."""

    project: str
    subscription: str
    topic: str
    local_address: str | None = None

    @property
    def subscription_path(self) -> str:
        """The subscription as Pub/Sub's API wants it."""
        return f"projects/{self.project}/subscriptions/{self.subscription}"

    @property
    def topic_path(self) -> str:
        """The topic as Pub/Sub's API wants it."""
        return f"projects/{self.project}/topics/{self.topic}"

    @property
    def broker(self) -> str:
        """The broker's name for people."""
        if self.local_address is None:
            return "Pub/Sub"
        return words(
            f"the broker at {self.local_address}", f"ローカルのブローカー {self.local_address}"
        )


class PubSubBroker:
    """``loan.Broker``; ``pull_wait_s`` is how long an empty subscription is listened to."""

    def __init__(
        self,
        subscriber: SubscriberAsyncClient,
        publisher: PublisherAsyncClient,
        names: Names,
        pull_wait_s: float = _PULL_WAIT_S,
    ) -> None:
        self._subscriber = subscriber
        self._publisher = publisher
        self._names = names
        self._pull_wait_s = pull_wait_s

    async def held_back_s(self) -> float:
        """How many seconds the subscription may hide a letter that was handed back.

        Raises BrokerFailed if the subscription can't be read at all, which an empty pull would not
        tell. A caller who may read it but not look at it (roles/pubsub.subscriber) gets 0.
        """
        with _explained(self._names, reading=True):
            try:
                subscription = await self._subscriber.get_subscription(
                    subscription=self._names.subscription_path, retry=_RETRY, timeout=_ATTEMPT_S
                )
            except PermissionDenied:
                return 0.0
        if "retry_policy" not in subscription:
            return 0.0
        return float(subscription.retry_policy.maximum_backoff.total_seconds())

    async def pull(self, at_most: int) -> list[Letter]:
        """Borrow up to ``at_most`` letters."""
        with _explained(self._names, reading=True):
            try:
                response = await self._subscriber.pull(
                    subscription=self._names.subscription_path,
                    max_messages=at_most,
                    retry=_RETRY_PULL,
                    timeout=self._pull_wait_s,
                )
            except DeadlineExceeded:
                return []
        return [_letter(received) for received in response.received_messages]

    async def prolong(self, ack_ids: Sequence[str], for_s: int) -> None:
        """Let loans end ``for_s`` seconds from now."""
        for start in range(0, len(ack_ids), _ACK_IDS_PER_CALL):
            with _explained(self._names, reading=True):
                await self._subscriber.modify_ack_deadline(
                    subscription=self._names.subscription_path,
                    ack_ids=list(ack_ids[start : start + _ACK_IDS_PER_CALL]),
                    ack_deadline_seconds=for_s,
                    retry=_RETRY,
                    timeout=_ATTEMPT_S,
                )

    async def acknowledge(self, ack_ids: Sequence[str]) -> None:
        """Remove the letters of one task."""
        with _explained(self._names, reading=True):
            await self._subscriber.acknowledge(
                subscription=self._names.subscription_path,
                ack_ids=list(ack_ids),
                retry=_RETRY,
                timeout=_ATTEMPT_S,
            )

    async def publish(self, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one task and wait for the confirmation."""
        message = PubsubMessage(data=data, attributes=dict(attributes))
        with _explained(self._names, reading=False):
            response = await self._publisher.publish(
                topic=self._names.topic_path, messages=[message], retry=_RETRY, timeout=_ATTEMPT_S
            )
        return str(response.message_ids[0])


def _letter(received: ReceivedMessage) -> Letter:
    message = received.message
    return Letter(
        ack_id=received.ack_id,
        message_id=message.message_id,
        published_at=message.publish_time,
        data=message.data,
        attributes=dict(message.attributes),
    )


@contextmanager
def _explained(names: Names, *, reading: bool) -> Iterator[None]:
    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # gRPC reports a call that we have just cancelled like one that failed.
            raise asyncio.CancelledError from error
        raise BrokerFailed(_explanation(error, names, reading=reading)) from error


def _explanation(error: Exception, names: Names, *, reading: bool) -> str:
    cause = (error.cause or error) if isinstance(error, RetryError) else error
    kind, name = ("subscription", names.subscription) if reading else ("topic", names.topic)
    kind_ja = "サブスクリプション" if reading else "トピック"
    text = words(
        f"Pub/Sub could not be asked ({type(cause).__name__}).",
        f"Pub/Sub に問い合わせることができませんでした（{type(cause).__name__}）。",
    )
    match cause:
        case NotFound():
            text = words(
                f"There is no {kind} {name} in project {names.project}. "
                f"Name the right one with --{kind} or --project.",
                f"プロジェクト {names.project} に{kind_ja} {name} はありません。"
                f"--{kind} または --project で正しいものを指定してください。",
            )
        case PermissionDenied():
            role = "roles/pubsub.subscriber" if reading else "roles/pubsub.publisher"
            verb, verb_ja = ("read", "読み取る") if reading else ("publish to", "使う")
            text = words(
                f"You may not {verb} {kind} {name} of project {names.project}. "
                f"Ask for the role {role} on it.",
                f"プロジェクト {names.project} の{kind_ja} {name} を{verb_ja}権限がありません。"
                f"ロール {role} の付与を依頼してください。",
            )
        case FailedPrecondition() if reading:
            text = words(
                f"Subscription {name} pushes and can't be read. Name another: --subscription.",
                f"サブスクリプション {name} はプッシュ型のため、読み取れません。"
                "--subscription で別のものを指定してください。",
            )
        case Unauthenticated() | GoogleAuthError():
            text = words(
                "Google Cloud does not accept your credentials. Use `gcloud auth "
                "application-default login`, or set PUBSUB_EMULATOR_HOST for a local broker.",
                "Google Cloud の認証情報が使えません。"
                "`gcloud auth application-default login` を実行するか、"
                "ローカルのブローカーなら PUBSUB_EMULATOR_HOST を設定してください。",
            )
        case ServiceUnavailable() | DeadlineExceeded():
            text = words(
                f"No answer from {names.broker}. Check that it can be reached, and repeat.",
                f"{names.broker} から応答がありません。接続を確認し、もう一度実行してください。",
            )
        case GoogleAPICallError():
            code = cause.grpc_status_code.name if cause.grpc_status_code else type(cause).__name__
            text = words(
                f"Pub/Sub refused what was asked of {kind} {name} ({code}: {cause.message}).",
                f"Pub/Sub が{kind_ja} {name} への操作を拒否しました（{code}：{cause.message}）。",
            )
    return text


@asynccontextmanager
async def pubsub_broker(
    names: Names, pull_wait_s: float = _PULL_WAIT_S
) -> AsyncIterator[PubSubBroker]:
    """The broker, connected from inside the running loop; raises BrokerFailed."""
    with _explained(names, reading=True):
        subscribing = SubscriberGrpcAsyncIOTransport(channel=_channel(names))
        publishing = PublisherGrpcAsyncIOTransport(channel=_channel(names))
    subscriber = SubscriberAsyncClient(transport=subscribing)
    publisher = PublisherAsyncClient(transport=publishing)
    try:
        yield PubSubBroker(subscriber, publisher, names, pull_wait_s)
    finally:
        await subscribing.close()  # type: ignore[no-untyped-call]  # generated code
        await publishing.close()  # type: ignore[no-untyped-call]  # generated code


def _channel(names: Names) -> Any:
    """A channel to a local broker, or None: the client library then opens its own to Google."""
    if names.local_address is None:
        return None
    return grpc.aio.insecure_channel(names.local_address, options=_ANY_SIZE)
