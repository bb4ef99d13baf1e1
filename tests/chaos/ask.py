"""Asks the planned questions as the simulated people."""

import asyncio
import time
from dataclasses import dataclass

from command_service.texts.replies import COMMAND_ACCEPTED
from shared.task import task_id_of_message
from simulators.slack.state.model import Channel
from simulators.stack.local_stack import LocalStack
from tests.chaos.questions import CHANNELS, PEOPLE, Question


@dataclass(frozen=True)
class Asked:
    """A question that was asked. ``task_id`` is known at once for messages.

    ``acked``: for slash commands, whether the ack said accepted; None for messages.
    """

    question: Question
    at: float
    channel: str
    ts: str | None = None
    thread_ts: str | None = None
    task_id: str | None = None
    acked: bool | None = None


class Askers:
    """The people and the places they ask in."""

    def __init__(self, stack: LocalStack) -> None:
        self._slack = stack.slack
        self.asked: list[Asked] = []
        self._channels = [self._channel(number) for number in range(CHANNELS)]
        # One thread of people in each channel, in which several ask.
        self._threads = [
            self._slack.people.post(PEOPLE[0], channel.id, "Let us talk here.").ts
            for channel in self._channels
        ]

    def _channel(self, number: int) -> Channel:
        workspace = self._slack.workspace
        return workspace.add_channel(f"chaos-{number}", "channel", set(workspace.users))

    async def ask(self, questions: list[Question], began: float) -> None:
        """Ask each at its time after ``began`` (the event loop's)."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as asking:
            for question in questions:
                await asyncio.sleep(began + question.at_s - loop.time())
                asking.create_task(self._ask(question), name=f"ask:{question.number}")

    async def _ask(self, question: Question) -> None:
        people, channel = self._slack.people, self._channels[question.place].id
        match question.kind:
            case "mention":
                self._write(question, channel, f"@mechachang {question.text}")
            case "thread":
                thread_ts = self._threads[question.place]
                self._write(question, channel, f"@mechachang {question.text}", thread_ts)
            case "dm":
                self._write(question, people.dm(question.who).id, question.text)
            case "command":
                await self._command(question, channel)
            case "outside":
                await self._command(question, people.channel("#humans-only").id)

    def _write(
        self, question: Question, channel: str, text: str, thread_ts: str | None = None
    ) -> None:
        message = self._slack.people.post(question.who, channel, text, thread_ts=thread_ts)
        task_id = task_id_of_message(self._slack.workspace.team_id, channel, message.ts)
        thread_ts = thread_ts or message.ts
        self.asked.append(Asked(question, time.time(), channel, message.ts, thread_ts, task_id))

    async def _command(self, question: Question, channel: str) -> None:
        at = time.time()
        outcome = await self._slack.people.slash(question.who, channel, "/gemini", question.text)
        said = (outcome.payload or {}).get("text")
        # Nothing is said of a question that is about to be shown in the channel.
        acked = outcome.acked and said in {None, *COMMAND_ACCEPTED.values()}
        self.asked.append(Asked(question, at, channel, acked=acked))
