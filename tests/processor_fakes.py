"""In-memory implementations of the processor's ports."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from processor_service.answering import Delivery, answer
from processor_service.asides import Asides
from processor_service.doctor import Checked, Doctor
from processor_service.equipment import Answering
from processor_service.file_choice import MEGABYTE
from processor_service.files import Files
from processor_service.generation import Generation
from processor_service.homes import Homekeeping
from processor_service.limits import Refusal
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import (
    Body,
    Conversation,
    Document,
    History,
    Place,
    Posted,
    Said,
)
from processor_service.ports.model import MediaFile, Piece, Prompt
from processor_service.ports.people import Cast
from processor_service.ports.work import Claim, ClaimState, Hold, Lease, Ticket
from processor_service.prompts import House, Occasion
from processor_service.retrying import Patience
from processor_service.room import Room
from processor_service.statuses import Statuses
from processor_service.stopping import Stopping
from processor_service.working import Outcome
from shared.errors import FileUnusable, ModelRejected, SlackRefused
from shared.home import Count, Used
from shared.ledger import Mark, growing_mark
from shared.task import Locale, Mode, Source, Subject, Task, TaskFile, Vote

_Told = TypeVar("_Told")

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
THAT_DAY = Occasion(date(2026, 11, 24), "Acme")


def a_task(**changes: Any) -> Task:
    task = Task(
        task_id="0123456789abcdef0123456789abcdef",
        source=Source.MENTION,
        team_id="T1",
        channel_id="C1",
        user_id="U1",
        thread_ts="100.000001",
        message_ts="100.000001",
        text="素数とは何ですか",
        mode=Mode.CHAT,
        occurred_at=NOON,
        received_at=NOON,
    )
    return task.model_copy(update=changes)


class FakeLeases:
    """Leases in a dict; ``steal`` gives a task to somebody else."""

    renew_every_s = 0.005

    def __init__(self) -> None:
        self.held: dict[str, Lease] = {}
        self.done: set[str] = set()
        self.released: list[Lease] = []
        self.reasons: dict[str, str] = {}
        self.store_is_lost = False
        self.doubted: set[str] = set()

    async def claim(self, task_id: str, message_id: str) -> Claim:
        if self.store_is_lost:
            return Claim(ClaimState.OURS, Lease(task_id, message_id, None))
        if task_id in self.done:
            return Claim(ClaimState.DONE)
        holder = self.held.get(task_id)
        if holder is not None:
            same = holder.message_id == message_id
            state = ClaimState.HELD_BY_SAME_MESSAGE if same else ClaimState.HELD_BY_OTHER_MESSAGE
            return Claim(state)
        lease = Lease(task_id, message_id, f"owner-{len(self.released)}")
        self.held[task_id] = lease
        return Claim(ClaimState.OURS, lease)

    def steal(self, task_id: str) -> None:
        self.held[task_id] = Lease(task_id, "another message", "thief")

    async def renew(self, lease: Lease) -> Hold:
        if self.store_is_lost:
            return Hold.UNKNOWN
        return Hold.OURS if self.held.get(lease.task_id, lease) == lease else Hold.LOST

    async def finish(self, lease: Lease) -> None:
        self.held.pop(lease.task_id, None)
        self.done.add(lease.task_id)

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        self.released.append(lease)
        if reason is not None:
            self.reasons[lease.task_id] = reason
        if self.held.get(lease.task_id) == lease:
            del self.held[lease.task_id]

    async def announce_doubt(self, task_id: str) -> None:
        if not self.store_is_lost:
            self.doubted.add(task_id)

    async def is_doubted(self, task_id: str) -> bool:
        return self.store_is_lost or task_id in self.doubted

    async def last_failure(self, task_id: str) -> str | None:
        return self.reasons.get(task_id)


class FakeTurns:
    """One turn at a time in a line, for whoever comes first."""

    renew_every_s = 0.005
    look_every_s = 0.001

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.takes: list[str] = []

    async def take(self, ticket: Ticket) -> bool:
        self.takes.append(ticket.task_id)
        return self.held.setdefault(ticket.thread, ticket.task_id) == ticket.task_id

    async def leave(self, ticket: Ticket) -> None:
        if self.held.get(ticket.thread) == ticket.task_id:
            del self.held[ticket.thread]

    async def holder(self, line: str) -> str | None:
        return self.held.get(line)


class FakeStops:
    """Stops in a set."""

    look_every_s = 0.001

    def __init__(self) -> None:
        self.stopped: set[str] = set()

    async def ask(self, task_id: str) -> None:
        self.stopped.add(task_id)

    async def asked(self, task_id: str) -> bool:
        return task_id in self.stopped


class FakeStreamOwners:
    """Owners in a dict."""

    def __init__(self) -> None:
        self.owners: dict[tuple[str, str], str] = {}

    async def own(self, channel: str, ts: str, task_id: str) -> None:
        self.owners[channel, ts] = task_id

    async def owner(self, channel: str, ts: str) -> str | None:
        return self.owners.get((channel, ts))


class FakeVotes:
    """Votes in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[Vote, datetime]] = {}

    async def cast(self, task_id: str, user_id: str, vote: Vote, at: datetime) -> Cast:
        old = self.kept.get((task_id, user_id))
        if old is not None and old[1] >= at:
            return Cast.KNOWN
        self.kept[task_id, user_id] = vote, at
        if old is None:
            return Cast.NEW
        return Cast.KNOWN if old[0] == vote else Cast.CHANGED


class FakeAnswers:
    lasting = True

    def __init__(self) -> None:
        self.kept: dict[str, Answer] = {}

    async def get(self, key: str) -> Answer | None:
        return self.kept.get(key)

    async def put(self, key: str, answer: Answer) -> None:
        self.kept[key] = answer


@dataclass
class FakeModel:
    """Plays one script after the other, the last one for ever: pieces, or an error to raise."""

    scripts: list[Sequence[Piece | Exception]]
    asked: list[tuple[Prompt, str]] = field(default_factory=list)
    closed: int = 0

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
        self.asked.append((prompt, model))
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.closed += 1


def saying(text: str) -> list[Piece | Exception]:
    return [Piece(text[: len(text) // 2]), Piece(text[len(text) // 2 :], finished=True)]


def markdown_body(text: str) -> Body:
    return Body(text, ({"type": "markdown", "text": text},))


class Blind:
    """An audience that sees nothing before the end."""

    visible = False
    due = False

    def retrying(self) -> None:
        return

    async def grow(self, text: str) -> None:
        return


class FakeSigns:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def retrying(self) -> None:
        self.seen.append("retrying")

    def over(self) -> None:
        self.seen.append("over")


@dataclass
class FakeBudget:
    """So many more calls of each method."""

    left: int = 1000

    async def take(self, method: str) -> bool:
        self.left -= 1
        return self.left >= 0


@dataclass
class FakeConversation:
    """A thread. ``failures`` maps a call to errors raised one after the other; a failure with
    ``taken`` True is raised after the effect, as when Slack's answer is lost on its way.
    """

    place: Place | None = field(default_factory=lambda: Place("C1", "100.000001", "100.000001"))
    capacity: int = 1000
    messages: list[tuple[Posted, Body]] = field(default_factory=list)
    failures: dict[str, list[tuple[Exception, bool]]] = field(default_factory=dict)
    before_post: Callable[[], None] = lambda: None
    posts: int = 0
    statuses: list[str] = field(default_factory=list)
    statuses_fail: bool = False
    status_changed: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[Said] = field(default_factory=list)
    streams: bool = False
    editable: bool = True
    takes_files: bool = False
    files: dict[str, Document] = field(default_factory=dict)
    reads: int = 0
    before_read: Callable[[], None] = lambda: None
    edited: list[str] = field(default_factory=list)
    garbles: Callable[[Body], Body] = lambda body: body

    async def find(self, task_id: str) -> list[Posted]:
        self._fail("find", taken=False)
        return [posted for posted, _ in self.messages if posted.mark.task_id == task_id]

    async def read(self, task_id: str) -> History:
        return History(tuple(await self.find(task_id)), tuple(self.said))

    async def post(self, body: Body, mark: Mark) -> Posted:
        self.before_post()
        self.posts += 1
        self._fail("post", taken=False)
        held = self.garbles(body)
        posted = Posted(f"200.{self.posts:06d}", mark, shown=held)
        self.messages.append((posted, held))
        self._fail("post", taken=True)
        return posted

    async def contents(self, parts: Sequence[Posted]) -> dict[str, Body]:
        self.before_read()
        self.reads += 1
        self._fail("contents", taken=False)
        wanted = {part.ts for part in parts}
        return {one.ts: body for one, body in self.messages if one.ts in wanted}

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        self._fail("update", taken=False)
        self.edited.append(posted.ts)
        held = self.garbles(body)
        self.messages = [
            (replace(one, mark=mark, live=False), held) if one.ts == posted.ts else (one, old)
            for one, old in self.messages
        ]
        return replace(posted, mark=mark, live=False, shown=held)

    async def remove(self, posted: Posted) -> None:
        self.messages = [(one, body) for one, body in self.messages if one.ts != posted.ts]

    async def start_stream(self, task_id: str, markdown: str) -> Posted:
        self._fail("start", taken=False)
        self.posts += 1
        posted = Posted(f"200.{self.posts:06d}", growing_mark(task_id), live=True)
        self.messages.append((posted, markdown_body(markdown)))
        self._fail("start", taken=True)
        return posted

    async def append_stream(self, posted: Posted, markdown: str) -> None:
        self._fail("append", taken=False)
        self._add(posted, markdown, posted)

    async def end_stream(self, posted: Posted, markdown: str, body: Body, mark: Mark) -> Posted:
        self._fail("end", taken=False)
        if not any(one.ts == posted.ts and one.live for one, _ in self.messages):
            raise SlackRefused("over", slack_error="message_not_in_streaming_state")
        ended = replace(posted, mark=mark, live=False)
        self._add(posted, markdown, ended, body.blocks)
        self._fail("end", taken=True)
        [held] = [held for one, held in self.messages if one.ts == posted.ts]
        return replace(ended, shown=held)

    def _add(
        self,
        posted: Posted,
        markdown: str,
        becomes: Posted,
        below: tuple[dict[str, Any], ...] = (),
    ) -> None:
        [old] = [body for one, body in self.messages if one.ts == posted.ts]
        grown = markdown_body(old.blocks[0]["text"] + markdown)
        grown = self.garbles(replace(grown, blocks=(*grown.blocks, *below)))
        self.messages = [
            (becomes, grown) if one.ts == posted.ts else (one, body) for one, body in self.messages
        ]

    async def upload(self, document: Document) -> str:
        self._fail("upload", taken=False)
        self.files[f"F{len(self.files)}"] = document
        return f"F{len(self.files) - 1}"

    async def share(self, file_id: str, document: Document) -> None:
        self._fail("share", taken=False)
        self.posts += 1
        mark = Mark(document.task_id, "file", digest=document.digest)
        posted = Posted(f"200.{self.posts:06d}", mark)
        self.messages.append((posted, Body(self.files[file_id].text)))
        self._fail("share", taken=True)

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        self.statuses.append(status)
        self.status_changed.set()
        return not self.statuses_fail

    async def shows(self, wanted: Callable[[], bool]) -> None:
        """Wait until a change of the status makes ``wanted`` true."""
        async with asyncio.timeout(5):
            while not wanted():
                self.status_changed.clear()
                await self.status_changed.wait()

    def _fail(self, call: str, *, taken: bool) -> None:
        waiting = self.failures.get(call, [])
        if waiting and waiting[0][1] is taken:
            raise waiting.pop(0)[0]

    def texts(self, role: str = "answer") -> list[str]:
        return [
            body.blocks[0]["text"]
            if body.blocks and isinstance(body.blocks[0]["text"], str)
            else body.text
            for posted, body in self.messages
            if posted.mark.role == role
        ]


@dataclass
class FakeConversations:
    """One thread (and others by their ts), a channel that shows questions, a response URL and
    direct messages.
    """

    conversation: FakeConversation = field(default_factory=FakeConversation)
    threads: dict[str, FakeConversation] = field(default_factory=dict)
    shown: FakeConversation = field(default_factory=FakeConversation)
    to_asker: FakeConversation = field(
        default_factory=lambda: FakeConversation(None, 5, editable=False)
    )
    dm: FakeConversation = field(default_factory=lambda: FakeConversation(None))
    opened: list[str] = field(default_factory=list)
    direct_refused: SlackRefused | None = None
    asked_in: list[str] = field(default_factory=list)

    def thread(self, task: Task, thread_ts: str, question_ts: str) -> Conversation:
        self.opened.append(thread_ts)
        return self.threads.get(thread_ts, self.conversation)

    def channel(self, task: Task) -> Conversation:
        self.asked_in.append(task.channel_id)
        return self.shown

    def response(self, task: Task, url: str) -> Conversation:
        return self.to_asker

    async def direct(self, task: Task) -> Conversation:
        return self.dm

    async def direct_id(self, task: Task) -> str:
        if self.direct_refused is not None:
            raise self.direct_refused
        return "D1"


@dataclass
class FakePeople:
    locales: dict[str, Locale] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    utc_offsets: dict[str, timedelta] = field(default_factory=dict)

    async def locale_of(self, user_id: str) -> Locale | None:
        return self.locales.get(user_id)

    async def utc_offset_of(self, user_id: str) -> timedelta | None:
        return self.utc_offsets.get(user_id)

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        return {each: self.names[each] for each in user_ids if each in self.names}


@dataclass
class FakeWorkspace:
    called: str | None = "Acme"

    async def name(self) -> str | None:
        return self.called


@dataclass
class FakeLimits:
    refusal: Refusal | None = None
    spent: dict[str, int] = field(default_factory=dict)

    async def admit(self, team_id: str, user_id: str, task_id: str) -> Refusal | None:
        return self.refusal

    async def spend(self, team_id: str, user_id: str, task_id: str, tokens: int) -> None:
        self.spent[task_id] = tokens


@dataclass
class FakeFiles:
    """Slack's files: what each id holds, or the error its download ends with."""

    contents: dict[str, bytes | FileUnusable] = field(default_factory=dict)
    told: dict[str, TaskFile | FileUnusable] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    async def described(self, file: TaskFile) -> TaskFile:
        return self._given(self.told.get(file.id, file))

    async def content(self, file: TaskFile, limit: int) -> bytes:
        self.fetched.append(file.id)
        content = self._given(self.contents[file.id])
        if len(content) > limit:
            raise FileUnusable("larger than announced", reason="file_too_large")
        return content

    @staticmethod
    def _given(what: _Told | FileUnusable) -> _Told:
        if isinstance(what, FileUnusable):
            raise what
        return what


@dataclass
class FakeUploads:
    """The vendor's store; an upload ends with ``failure``, waiting for one with ``unready``."""

    takes_uploads: bool = True
    failure: Exception | None = None
    unready: Exception | None = None
    kept: list[MediaFile] = field(default_factory=list)
    taken: int = 0

    async def upload(self, file: MediaFile) -> MediaFile:
        if self.failure is not None:
            raise self.failure
        self.taken += 1
        name = f"files/{self.taken}"
        uploaded = MediaFile(file.mimetype, uri=f"https://gemini.test/{name}", upload=name)
        self.kept.append(uploaded)
        return uploaded

    async def until_ready(self, file: MediaFile) -> None:
        if self.unready is not None:
            raise self.unready

    async def forget(self, file: MediaFile) -> None:
        self.kept.remove(file)


@dataclass
class FakeThreads:
    """What was said where a shortcut was used, or why it cannot be read."""

    said: tuple[Said, ...] = ()
    refused: SlackRefused | None = None
    read: list[Subject] = field(default_factory=list)

    async def said_about(self, subject: Subject) -> tuple[Said, ...]:
        self.read.append(subject)
        if self.refused is not None:
            raise self.refused
        return self.said


@dataclass
class FakeUsages:
    """Everybody has used the same; None: the store is lost."""

    used: Used | None = field(
        default_factory=lambda: Used(3, Count(1, 10), Count(1200), Count(9000), NOON)
    )

    async def of(self, team_id: str, user_id: str) -> Used | None:
        return self.used


@dataclass
class FakeHomes:
    """The Homes that were published, by user; ``failure`` is raised instead."""

    published: dict[str, dict[str, Any]] = field(default_factory=dict)
    failure: Exception | None = None

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        if self.failure is not None:
            raise self.failure
        self.published[user_id] = view


class Naps:
    """A sleep that only remembers, and lets ``meanwhile`` happen."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()


@dataclass
class World:
    """The use case with fakes all around it."""

    model: FakeModel = field(
        default_factory=lambda: FakeModel([saying("素数は1と自身でのみ割れます。")])
    )
    leases: FakeLeases = field(default_factory=FakeLeases)
    answers: FakeAnswers = field(default_factory=FakeAnswers)
    conversations: FakeConversations = field(default_factory=FakeConversations)
    people: FakePeople = field(default_factory=FakePeople)
    limits: FakeLimits = field(default_factory=FakeLimits)
    budget: FakeBudget = field(default_factory=FakeBudget)
    statuses: Statuses = field(default_factory=lambda: Statuses(0.02))
    naps: Naps = field(default_factory=Naps)
    turns: FakeTurns = field(default_factory=FakeTurns)
    stops: FakeStops = field(default_factory=FakeStops)
    owners: FakeStreamOwners = field(default_factory=FakeStreamOwners)
    votes: FakeVotes = field(default_factory=FakeVotes)
    files: FakeFiles = field(default_factory=FakeFiles)
    uploads: FakeUploads = field(default_factory=FakeUploads)
    threads: FakeThreads = field(default_factory=FakeThreads)
    usages: FakeUsages = field(default_factory=FakeUsages)
    homes: FakeHomes = field(default_factory=FakeHomes)
    broken_models: set[str] = field(default_factory=set)
    retries: int = 3
    deadline_s: float = 30.0
    generation: Generation | None = None
    workspace: FakeWorkspace = field(default_factory=FakeWorkspace)
    house: House = field(default_factory=House)

    @property
    def conversation(self) -> FakeConversation:
        return self.conversations.conversation

    def using(self) -> Answering:
        self.generation = self.generation or Generation(
            "main-model", "spare-model", Patience(self.retries + 1, self.naps)
        )
        return Answering(
            self.leases,
            self.answers,
            self.model,
            self.conversations,
            self.people,
            self.limits,
            self.statuses,
            self.turns,
            self.stops,
            self.budget,
            Files(self.files, self.uploads, Room(64 * MEGABYTE), 50 * MEGABYTE),
            self.generation,
            Patience(4, self.naps, count_asked=False),
            self.deadline_s,
            self.workspace,
            self.house,
            self.threads,
        )

    def stopping(self) -> Stopping:
        return Stopping(self.stops, self.owners, self.turns)

    def asides(self) -> Asides:
        async def check_slack() -> None:
            return

        async def check_model(model: str) -> None:
            if model in self.broken_models:
                raise ModelRejected("The model does not exist.", reason="model_not_found")

        doctor = Doctor(
            leases=self.leases,
            conversations=self.conversations,
            people=self.people,
            usage=self.usages,
            check_slack=check_slack,
            check_model=check_model,
            models=[Checked("GEMINI_MODEL", "main-model"), Checked("GEMINI_FALLBACK_MODEL", "x")],
            cache_ttl_s=3600,
            revision="rev-7",
            now=lambda: NOON,
        )
        keeping = Homekeeping(self.people, self.usages, self.homes, "rev-7", lambda: NOON)
        return Asides(keeping, doctor, lambda: NOON)

    async def answer(
        self, task: Task | None = None, message_id: str = "m1", *, again: bool = False
    ) -> Outcome:
        """One delivery of a task."""
        return await answer(task or a_task(), Delivery(message_id, again), self.using())
