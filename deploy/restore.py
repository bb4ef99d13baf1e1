"""``python -m deploy.restore FOLDER``: topics and subscriptions made again from a backup.

What is there is left as it is, with its messages; only what is missing is made. May be run again.
Exit codes: 0 everything of the backup is there; 1 Pub/Sub refused something, or a subscription is
left over from a topic that was deleted; 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.api_core.exceptions import AlreadyExists, GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription, Topic
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.language import speaking, words
from deploy.operator_parser import OperatorParser, operators_language
from deploy.settings import wrong_settings

_CALL_S = 10.0
# A subscription shows this as its topic once the topic was deleted.
_DELETED = "_deleted-topic_"


class RestoreSettings(BaseSettings):
    """Where Pub/Sub is, from the environment and ``.env``."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    pubsub_emulator_host: str | None = None


class NotRestored(Exception):
    """Something of the backup is missing still; the text says what to do."""


class Restorer:
    """Makes what is missing; says each step to ``say``."""

    def __init__(
        self, publisher: PublisherClient, subscriber: SubscriberClient, say: Callable[[str], None]
    ) -> None:
        self._publisher = publisher
        self._subscriber = subscriber
        self._say = say

    def topic(self, saved: dict[str, Any]) -> None:
        """Make one topic, unless it is there."""
        topic = Topic.from_json(json.dumps(saved), ignore_unknown_fields=True)
        self._make(topic.name, self._publisher.create_topic, topic)

    def subscription(self, saved: dict[str, Any]) -> None:
        """Make one subscription, unless it is there; raises NotRestored for a left over one."""
        subscription = Subscription.from_json(json.dumps(saved), ignore_unknown_fields=True)
        if subscription.topic == _DELETED:
            self._say(
                words(
                    f"{subscription.name} had lost its topic already when it was saved.",
                    f"{subscription.name} は、保存した時点ですでにトピックを失っていました。",
                )
            )
            return
        # Only Pub/Sub itself says these.
        subscription.state = Subscription.State.STATE_UNSPECIFIED
        del subscription.topic_message_retention_duration
        self._make(subscription.name, self._subscriber.create_subscription, subscription)
        there = self._subscriber.get_subscription(subscription=subscription.name, timeout=_CALL_S)
        if there.topic == _DELETED:
            raise NotRestored(
                words(
                    f"{subscription.name} still belongs to the topic that was deleted. What it "
                    "holds will never be delivered anew: look at it, delete the subscription, and "
                    "repeat.",
                    f"{subscription.name} は、削除されたトピックに属したままです。"
                    "残っているメッセージが改めて配信されることはありません。"
                    "内容を確認し、サブスクリプションを削除してから、もう一度実行してください。",
                )
            )

    def _make(self, name: str, create: Callable[..., Any], request: Any) -> None:
        try:
            create(request=request, timeout=_CALL_S)
        except AlreadyExists:
            self._say(words(f"{name} is there.", f"{name} はすでにあります。"))
        else:
            self._say(words(f"{name} was made.", f"{name} を作りました。"))


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = OperatorParser(
        prog="python -m deploy.restore",
        description="Makes topics and subscriptions again that are missing, from a backup.",
        epilog="Exit codes: 0 everything of it is there, 1 refused or left over, 2 wrong usage.",
    )
    parser.add_argument("folder", type=Path, help="what deploy/backup.sh has written")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    parser = command_line()
    options = parser.parse_args(argv)
    with speaking(operators_language()):
        return _restored(parser, options)


def _restored(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    try:
        topics = _saved(options.folder / "topics.json")
        subscriptions = _saved(options.folder / "subscriptions.json")
    except (OSError, ValueError) as error:
        parser.error(
            words(
                f"{options.folder} is no backup: {error}",
                f"{options.folder} はバックアップではありません：{error}",
            )
        )
    try:
        with _restorer(RestoreSettings().pubsub_emulator_host) as restorer:
            for topic in topics:
                restorer.topic(topic)
            for subscription in subscriptions:
                restorer.subscription(subscription)
    except UnicodeDecodeError as error:
        print(wrong_settings(error), file=sys.stderr)
        return 2
    except (NotRestored, GoogleAPIError, GoogleAuthError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _saved(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


@contextmanager
def _restorer(local_address: str | None) -> Iterator[Restorer]:
    """Connected to the local broker, or to Google with the caller's credentials."""
    with ExitStack() as stack:
        publishing: dict[str, Any] = {}
        subscribing: dict[str, Any] = {}
        if local_address is not None:
            channel = stack.enter_context(grpc.insecure_channel(local_address))
            publishing["transport"] = PublisherGrpcTransport(channel=channel)
            subscribing["transport"] = SubscriberGrpcTransport(channel=channel)
        publisher = stack.enter_context(PublisherClient(**publishing))
        subscriber = stack.enter_context(SubscriberClient(**subscribing))
        yield Restorer(publisher, subscriber, lambda text: print(text, flush=True))


if __name__ == "__main__":
    sys.exit(main())
