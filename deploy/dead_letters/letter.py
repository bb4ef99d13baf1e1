"""Dead letters: what they say about themselves, and which of them are one task."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from deploy.dead_letters.errors import UnknownTask
from deploy.language import words
from shared.errors import UndecodableTask
from shared.task import Task

# Pub/Sub adds these to a message that it moves to a dead-letter topic
# (cloud.google.com/pubsub/docs, "Handle message failures").
_SOURCE = "CloudPubSubDeadLetterSource"
_REPLAY = "replay"


@dataclass(frozen=True)
class Letter:
    """One message on loan from the dead-letter subscription; ``ack_id`` identifies the loan."""

    ack_id: str
    message_id: str
    published_at: datetime
    data: bytes
    attributes: Mapping[str, str]

    @property
    def came_from(self) -> str | None:
        """The subscription that gave it up."""
        return self.attributes.get(f"{_SOURCE}Subscription")

    @property
    def deliveries(self) -> int | None:
        """How often that subscription delivered it; Google calls the count approximate."""
        count = self.attributes.get(f"{_SOURCE}DeliveryCount", "")
        return int(count) if count.isdecimal() else None

    @property
    def first_published_at(self) -> str | None:
        """When it was published to the tasks topic, in Pub/Sub's words."""
        return self.attributes.get(f"{_SOURCE}TopicPublishTime")

    @property
    def was_replayed(self) -> bool:
        """Whether it is here for at least the second time."""
        return _REPLAY in self.attributes

    def replay_attributes(self) -> dict[str, str]:
        """Its own attributes without Pub/Sub's, and the word that somebody asked for it again."""
        own = {
            name: value for name, value in self.attributes.items() if not name.startswith(_SOURCE)
        }
        return {**own, _REPLAY: "1"}


@dataclass(frozen=True)
class DeadTask:
    """All letters of one task, oldest first, or one letter that is no task: then ``fault`` is set.

    A task has several when Slack redelivered its question or a replay of it failed again.
    """

    letters: tuple[Letter, ...]
    task: Task | None
    fault: str | None = None

    @property
    def newest(self) -> Letter:
        """The letter that is replayed for all."""
        return self.letters[-1]

    @property
    def name(self) -> str:
        """The name that people use: the task id, or the message id of a letter that is no task."""
        return self.task.task_id if self.task is not None else self.newest.message_id

    @property
    def since(self) -> datetime:
        """When the person asked, or when Pub/Sub gave it up if nobody can tell."""
        return self.task.occurred_at if self.task is not None else self.newest.published_at

    def require_task(self) -> None:
        """Raises UnknownTask for a letter that is no task and can't be replayed."""
        if self.fault is not None:
            raise UnknownTask(
                words(
                    f"{self.name} can't be replayed: it is no task we know ({self.fault}).",
                    f"{self.name} は未知のタスクのため再実行できません（{self.fault}）。",
                )
            )


def dead_tasks(letters: Iterable[Letter]) -> list[DeadTask]:
    """The tasks in ``letters``, those waiting longest first."""
    of_task: dict[str, list[Letter]] = {}
    decoded: dict[str, Task] = {}
    found: list[DeadTask] = []
    for letter in sorted(letters, key=lambda each: each.published_at):
        try:
            task = Task.decode(letter.data)
        except UndecodableTask as error:
            found.append(DeadTask((letter,), None, str(error)))
            continue
        of_task.setdefault(task.task_id, []).append(letter)
        decoded[task.task_id] = task
    found += [DeadTask(tuple(each), decoded[task_id]) for task_id, each in of_task.items()]
    return sorted(found, key=lambda each: each.since)
