"""What stands in the simulated Slack when a chaos run has settled, question by question."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from processor_service.redis.connection import REST_S
from shared.ledger import Mark, file_name
from simulators.journal import Entry
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DEAD_LETTER_TOPIC, TASKS_TOPIC
from tests.chaos.ask import Asked
from tests.chaos.inject import Injector
from tests.chaos.judge import Record, Shown
from tests.chaos.questions import numbers_in
from tests.chaos.watch import Watch


@dataclass(frozen=True)
class Case:
    """A question with its record, and the keys under which the journal knows it."""

    asked: Asked
    record: Record
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Unmarked:
    """A message of ours that does not say for which task it stands: nobody would take it away."""

    channel: str
    thread_ts: str
    text: str


_AT_WORK = frozenset({"pending", "in_progress"})


def topic(name: str) -> str:
    """The full name of one of our topics in the local stack."""
    return f"projects/local/topics/{name}"


def dead_letters(stack: LocalStack) -> int:
    """How many tasks were given up."""
    return len(stack.pubsub.messages(topic(DEAD_LETTER_TOPIC)))


def text_of(message: Mapping[str, Any]) -> str:
    """Everything that a message of ours says; its plain text only if it has no blocks."""
    return "\n".join(_texts(message["blocks"])) if message.get("blocks") else str(message["text"])


def _texts(part: Any) -> list[str]:
    if isinstance(part, list):
        return [text for each in part for text in _texts(each)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if isinstance(part.get("text"), str) else []
    return own + [text for value in part.values() for text in _texts(value)]


def has_card_at_work(message: Mapping[str, Any]) -> bool:
    """Whether a task card in the message says that something is still being done."""
    cards = [
        card
        for block in message.get("blocks") or ()
        for card in (block.get("tasks", ()) if block["type"] == "plan" else (block,))
    ]
    return any(one.get("type") == "task_card" and one["status"] in _AT_WORK for one in cards)


class Ledger:
    """Reads Slack once, and says of each question what stands there."""

    def __init__(self, stack: LocalStack, watch: Watch, injector: Injector) -> None:
        self._stack = stack
        self._watch = watch
        self._injector = injector
        self._limited = injector.answers.limited
        self._tasks = [json.loads(m.data) for m in stack.pubsub.messages(topic(TASKS_TOPIC))]
        self._of_task: dict[str, list[Shown]] = defaultdict(list)
        self._unmarked: dict[tuple[str, str], list[Shown]] = defaultdict(list)
        self.unmarked: list[Unmarked] = []
        # By the task, or by the thread where it is not known.
        self._cards_at_work: set[str | tuple[str, str]] = set()
        for channel in stack.slack.workspace.channels:
            self._read(channel)

    def _read(self, channel: str) -> None:
        for message in self._stack.slack.messages(channel):
            if not message.get("bot_id"):
                continue
            mark = Mark.of_message(message)
            thread = (channel, message.get("thread_ts") or message["ts"])
            if has_card_at_work(message):
                self._cards_at_work.add(mark.task_id if mark is not None else thread)
            if mark is not None:
                shown = Shown(message["ts"], mark.role, text_of(message))
                self._of_task[mark.task_id].append(shown)
            else:
                self._unmarked[thread].append(Shown(message["ts"], "unmarked", text_of(message)))
                if not self._is_file(message):
                    self.unmarked.append(Unmarked(*thread, text_of(message)))

    def _is_file(self, message: Mapping[str, Any]) -> bool:
        """Whether the message shares the file of a task: it says whose by the file's name."""
        names = {file_name(task["task_id"]) for task in self._tasks}
        return any(file["name"] in names for file in message.get("files") or ())

    def cases(self, asked: list[Asked]) -> list[Case]:
        """Every question that was asked, with its record. A thread's status is its last one's."""
        last = {(one.channel, one.thread_ts): one for one in asked}
        return [
            self._of_message(one, is_last=last[one.channel, one.thread_ts] is one)
            if one.ts is not None
            else self._of_command(one)
            for one in asked
        ]

    def _of_message(self, asked: Asked, *, is_last: bool) -> Case:
        key = f"message:{asked.channel}:{asked.ts}"
        thread = (asked.channel, str(asked.thread_ts))
        shown = list(self._of_task[str(asked.task_id)])
        if asked.ts == asked.thread_ts:
            shown += self._unmarked[thread]
        # A mention comes as two events; the one that says nothing of a question is acked as such.
        undelivered = self._is_undelivered(asked)
        record = Record(
            marker=asked.question.marker,
            lines=asked.question.lines,
            shown=tuple(shown),
            accepted=key in self._watch.acked and not undelivered,
            turned_away=undelivered,
            may_be_cut=asked.question.marker in self._limited,
            status_left=is_last and self._has_status(thread) and not self._lost_its_sign(asked),
            stream_left=is_last and self._has_stream(thread),
            session_left=is_last and self._is_processing(thread),
            card_left=not {thread, str(asked.task_id)}.isdisjoint(self._cards_at_work),
        )
        return Case(asked, record, (key, f"task:{asked.task_id}"))

    def _has_status(self, thread: tuple[str, str]) -> bool:
        return thread in self._stack.slack.workspace.statuses

    def _lost_its_sign(self, asked: Asked) -> bool:
        """Whether whoever showed the question's sign was killed, and no service got the question.
        Slack removes such a status after two minutes; here it stays.
        """
        kills = self._injector.spans["command service killed"]
        asked_at = float(asked.ts or "inf")
        return self._is_undelivered(asked) and any(kill.ended >= asked_at for kill in kills)

    def _is_undelivered(self, asked: Asked) -> bool:
        return any(
            (payload["event"].get("channel"), payload["event"].get("ts"))
            == (asked.channel, asked.ts)
            for payload in self._stack.slack.delivery.undelivered
        )

    def _is_processing(self, thread: tuple[str, str]) -> bool:
        sessions = self._stack.slack.workspace.sessions.processing()
        return any((one.channel, one.thread_ts) == thread for one in sessions)

    def _has_stream(self, thread: tuple[str, str]) -> bool:
        live = self._stack.slack.workspace.live_streams()
        return any((message.channel, message.thread_ts) == thread for message in live)

    def _of_command(self, asked: Asked) -> Case:
        text = asked.question.text
        task = next((task for task in self._tasks if task["text"] == text), None)
        keys = (f"task:{task['task_id']}", f"response_url:{task['response_url']}") if task else ()
        shown = list(self._of_task[task["task_id"]]) if task else []
        thread = (asked.channel, next((one.ts for one in shown if one.role == "question"), ""))
        posts = [entry for entry in self._watch.of(*keys[1:]) if _is_response(entry)]
        record = Record(
            marker=asked.question.marker,
            lines=asked.question.lines,
            shown=(*shown, *self._unmarked[thread], *self._ephemerals(asked, posts)),
            accepted=bool(asked.acked),
            turned_away=not asked.acked,
            may_be_cut=asked.question.marker in self._limited,
            status_left=self._has_status(thread),
            session_left=self._is_processing(thread),
            card_left=not {thread, task["task_id"] if task else ""}.isdisjoint(self._cards_at_work),
            stream_left=self._has_stream(thread),
            fell_into_window=self._fell_into_window(keys[:1], posts),
        )
        return Case(asked, record, keys)

    def _ephemerals(self, asked: Asked, posts: list[Entry]) -> list[Shown]:
        """What was posted to a response URL: answers by their marker, the rest are notices."""
        marker = asked.question.marker
        shown = [
            Shown(message["ts"], "answer", text_of(message))
            for message in self._stack.slack.ephemerals(asked.question.who)
            if numbers_in(text_of(message), marker)
        ]
        rest = len(posts) - len(shown)
        return shown + [Shown(f"{number}.0", "notice", "") for number in range(1, rest + 1)]

    def _fell_into_window(self, keys: tuple[str, ...], posts: list[Entry]) -> bool:
        """A worker died in a delivery that posted and then broke off; or Redis was emptied between
        two posts, or not yet asked again.

        What was on its way when the worker died is taken a moment after its death.
        """
        times = sorted(post.at for post in posts)
        if any(
            times[0] <= emptied.ended + REST_S and emptied.began <= times[-1]
            for emptied in self._injector.spans["Redis killed"]
            if len(times) > 1
        ):
            return True
        broken = [
            (entry.at - (entry.ms or 0.0) / 1000, entry.at)
            for entry in self._watch.of(*keys)
            if entry.step == "push" and entry.detail["status"] == 502
        ]
        return any(
            began <= min(post.at, death) and max(post.at, death) <= ended
            for post in posts
            for death in self._injector.deaths
            for began, ended in broken
        )


def _is_response(entry: Entry) -> bool:
    return entry.detail.get("method") == "response_url" and bool(entry.detail.get("ok"))
