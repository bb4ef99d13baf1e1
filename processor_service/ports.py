"""What the use cases need of the outside; adapters implement these."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol

from processor_service.manners import Manner
from processor_service.research import Research
from shared.ledger import Mark
from shared.task import Locale, Mode, Subject, Task, TaskFile, Vote


class ClaimState(StrEnum):
    """What a claim on a task found."""

    OURS = "ours"
    DONE = "done"
    HELD_BY_SAME_MESSAGE = "held_by_same_message"
    HELD_BY_OTHER_MESSAGE = "held_by_other_message"


@dataclass(frozen=True)
class Lease:
    """The right to work on one task. ``owner`` is None when it could not be guarded by Redis."""

    task_id: str
    message_id: str
    owner: str | None


@dataclass(frozen=True)
class Claim:
    """The outcome of a claim; ``lease`` is set exactly when it is ours."""

    state: ClaimState
    lease: Lease | None = None


class Hold(StrEnum):
    """What a renewal found. ``UNKNOWN``: the store is lost, nobody keeps workers apart."""

    OURS = "ours"
    LOST = "lost"
    UNKNOWN = "unknown"


class Leases(Protocol):
    """At most one worker a task, as long as the store answers. No method raises for a lost store:
    the worker then goes on unguarded and relies on the ledger in Slack.
    """

    renew_every_s: float

    async def claim(self, task_id: str, message_id: str) -> Claim:
        """Take the task for one delivery of the message ``message_id``, or say why not."""

    async def renew(self, lease: Lease) -> Hold:
        """Prolong the lease, or say that somebody else has the task now."""

    async def finish(self, lease: Lease) -> None:
        """Mark the task done, so that no later delivery works on it."""

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        """Hand the task back for the next delivery, and remember why. Idempotent."""

    async def announce_doubt(self, task_id: str) -> None:
        """Tell whoever holds a lease on the task that somebody without one has written for it."""

    async def is_doubted(self, task_id: str) -> bool:
        """Whether somebody without a lease may have written for the task: also if nobody knows."""

    async def last_failure(self, task_id: str) -> str | None:
        """The reason the task was last handed back for, as far as it is remembered."""


@dataclass(frozen=True)
class Ticket:
    """A task's place in the line of its thread, or of those who ask the same; ``asked`` sorts by
    the time of the question.
    """

    thread: str
    asked: str
    task_id: str


class Turns(Protocol):
    """Whose turn it is in a line. No method raises for a lost store: nobody waits then."""

    renew_every_s: float
    look_every_s: float

    async def take(self, ticket: Ticket) -> bool:
        """Whether it is the task's turn, and keep it so; else it waits in line for a while."""

    async def leave(self, ticket: Ticket) -> None:
        """End the task's turn or its waiting. Idempotent."""

    async def holder(self, line: str) -> str | None:
        """The task whose turn it is in the line, as far as that is known."""


class Stops(Protocol):
    """Which tasks their askers have stopped. A lost store knows of this process's own."""

    look_every_s: float

    async def ask(self, task_id: str) -> None:
        """Have the task stopped, wherever it is worked on or waits. Idempotent."""

    async def asked(self, task_id: str) -> bool:
        """Whether somebody has stopped the task."""


class StreamOwners(Protocol):
    """For which task a stream runs; it says so itself only at its end. A lost store forgets."""

    async def own(self, channel: str, ts: str, task_id: str) -> None:
        """Remember, or remember for longer."""

    async def owner(self, channel: str, ts: str) -> str | None:
        """The task, if it is remembered."""


@dataclass(frozen=True)
class Verdict:
    """A file of the question that Gemini was not given; ``reason`` is the stable code of why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """A finished answer: Markdown, the mode it was given in, what it took, and which files of the
    question it was given without.

    It may end early: ``truncated`` at the limit of its length, or ``stopped`` by its asker.
    Kept in Redis: a new field needs a default, so that what an older version kept can be read.
    """

    text: str
    model: str
    truncated: bool = False
    prompt_tokens: int = 0
    output_tokens: int = 0
    mode: Mode = Mode.CHAT
    sources: Research = field(default_factory=Research)
    stopped: bool = False
    without: tuple[Verdict, ...] = ()


class Answers(Protocol):
    """The cache of answers. A lost store is a miss, never an error."""

    @property
    def lasting(self) -> bool:
        """Whether anything is kept at all."""

    async def get(self, key: str) -> Answer | None:
        """The answer kept under ``key``, if any."""

    async def put(self, key: str, answer: Answer) -> None:
        """Keep ``answer`` for the configured lifetime."""


@dataclass(frozen=True)
class Reading:
    """What an answer in JSON says: Markdown for people, and its mode, if that could be read."""

    text: str
    mode: Mode | None


class Form(Protocol):
    """The JSON that an answer is asked for in."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the answer."""

    def growing(self, text: str) -> str:
        """The Markdown of what has come so far. What comes later adds to it."""

    def read(self, text: str, *, cut: bool) -> Reading:
        """The answer when its end has come. ``cut``: at the limit of its length.

        Raises ModelUnavailable (``answer_malformed``) for anything else than what was asked for.
        """


@dataclass(frozen=True)
class Prompt:
    """What Gemini is asked: instructions of ours and the person's words. Without a ``form`` the
    answer is free Markdown.
    """

    system: str
    text: str
    form: Form | None = None
    turns: tuple["Turn", ...] = ()
    manner: Manner = field(default_factory=Manner)

    def without_tools(self) -> "Prompt":
        """The same, to be answered from what the model knows."""
        return replace(self, manner=replace(self.manner, tools=()))


@dataclass(frozen=True)
class Turn:
    """What was said before the question: by people and other apps (``user``), or by the model.

    A ``file`` stands after the text.
    """

    role: Literal["user", "model"]
    text: str
    file: "MediaFile | None" = None


@dataclass(frozen=True)
class MediaFile:
    """An image, a recording or a document as the model gets it: its content, or, once uploaded,
    where that is (``uri``, and the ``upload`` to be deleted again).
    """

    mimetype: str
    content: bytes = field(default=b"", repr=False)
    uri: str | None = None
    upload: str | None = None


@dataclass(frozen=True)
class Piece:
    """The next piece of a streamed answer. The last one of a whole answer has ``finished``.

    ``sources`` is what was looked up for all of the answer, as far as this piece knows.
    """

    text: str = ""
    finished: bool = False
    truncated: bool = False
    stopped: bool = False
    prompt_tokens: int = 0
    output_tokens: int = 0
    sources: Research = field(default_factory=Research)


class FileSource(Protocol):
    """Where the files of a conversation are."""

    async def described(self, file: TaskFile) -> TaskFile:
        """The file with all that the event may have left out. Raises FileUnusable."""

    async def content(self, file: TaskFile, limit: int) -> bytes:
        """Its content of at most ``limit`` bytes, never empty. Raises FileUnusable."""


class Uploads(Protocol):
    """The model vendor's own store, for files that are too large for a request."""

    @property
    def takes_uploads(self) -> bool:
        """Whether there is such a store."""

    async def upload(self, file: MediaFile) -> MediaFile:
        """The file as a reference. Raises ModelUnavailable or ModelRejected."""

    async def until_ready(self, file: MediaFile) -> None:
        """Wait until the vendor has looked at the file. Raises FileUnusable or as ``upload``."""

    async def forget(self, file: MediaFile) -> None:
        """Delete it again. Never raises: what stays is deleted by the vendor after two days."""


class Model(Protocol):
    """A language model."""

    def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
        """The answer piece by piece; close it to end the request to the vendor at once.

        Raises ModelUnavailable (worth another attempt), ModelRefused (blocked) or ModelRejected.
        """


@dataclass(frozen=True)
class Body:
    """One message as Slack takes it: blocks, and the text of its notification."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Place:
    """Where in Slack a question stands, so that it can be read again."""

    channel_id: str
    thread_ts: str
    message_ts: str

    @property
    def continues_thread(self) -> bool:
        """Whether something was said in the thread before it."""
        return self.thread_ts != self.message_ts


@dataclass(frozen=True)
class Posted:
    """A message of ours that stands in Slack; ``live`` while text is still streamed into it.

    ``shown`` is what Slack said that it shows, when it said so.
    """

    ts: str
    mark: Mark
    live: bool = False
    shown: Body | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Document:
    """The whole text of an answer as a file; ``digest`` is that of its answer's mark."""

    task_id: str
    digest: str
    title: str
    text: str


@dataclass(frozen=True)
class Said:
    """A message that stood in a thread before a question: of a person, another app, or ourselves.

    ``by`` is the person's id or the app's name.
    """

    role: Literal["person", "app", "us"]
    by: str
    text: str
    files: tuple[TaskFile, ...] = ()


@dataclass(frozen=True)
class History:
    """What of a task stands in a conversation, and what was said there before it was asked."""

    posted: tuple[Posted, ...]
    said: tuple[Said, ...] = ()


class Threads(Protocol):
    """What people wrote where a shortcut was used. Raises as a Conversation does."""

    async def said_about(self, subject: Subject) -> tuple[Said, ...]:
        """For a summary all that stands in the thread, to be explained the message and what stands
        before it there, else the message alone; the oldest first.

        Nothing if it has no words.
        """


class Conversation(Protocol):
    """Where one task's messages go.

    Every method may raise SlackUnavailable (no effect), OutcomeUnknown (find out before repeating),
    SlackDenied (our token is no good) or SlackRefused (Slack does not allow it). Nothing is
    repeated inside.
    """

    @property
    def place(self) -> Place | None:
        """Where the question stands, or None where it cannot be read again."""

    @property
    def capacity(self) -> int:
        """How many messages the conversation can take for one task."""

    @property
    def editable(self) -> bool:
        """Whether what was posted there can be changed; if not, it is posted when it is whole."""

    @property
    def streams(self) -> bool:
        """Whether text can be streamed into a message there."""

    @property
    def takes_files(self) -> bool:
        """Whether a file can be shared there."""

    async def find(self, task_id: str) -> list[Posted]:
        """The messages of the task that already stand there, in order.

        A stream takes its mark only at its end, so one of ours that still runs is counted in. A
        message that shares the task's ``Document`` has the role ``file``.
        """

    async def contents(self, parts: Sequence[Posted]) -> dict[str, Body]:
        """What these messages show now, by their ts, as far as one call tells."""

    async def read(self, task_id: str) -> History:
        """What ``find`` gives, and what was said before the question, in the same calls."""

    async def post(self, body: Body, mark: Mark) -> Posted:
        """Post one message with its mark."""

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        """Replace a message that already stands there. Idempotent."""

    async def start_stream(self, task_id: str, markdown: str) -> Posted:
        """Post a message that begins with ``markdown`` and grows."""

    async def append_stream(self, posted: Posted, markdown: str) -> None:
        """Write on in a message that grows."""

    async def end_stream(self, posted: Posted, markdown: str, body: Body, mark: Mark) -> Posted:
        """Add the last words, the blocks of ``body`` below them, and the mark."""

    async def remove(self, posted: Posted) -> None:
        """Delete a message of ours. Idempotent."""

    async def upload(self, document: Document) -> str:
        """Hand a file over to Slack; its id. Nobody sees it before it is shared."""

    async def share(self, file_id: str, document: Document) -> None:
        """Post a message with an uploaded file."""

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        """Show below the conversation what is going on; "" clears it. False when it could not.

        The ``loading`` messages take turns beside it.
        """


class Conversations(Protocol):
    """The places where a task's messages may go. Opening one asks nobody and shows nothing."""

    def thread(self, task: Task, thread_ts: str, question_ts: str) -> Conversation:
        """The thread of a question."""

    def channel(self, task: Task) -> Conversation:
        """The channel itself, where a slash command's question is shown."""

    def response(self, task: Task, url: str) -> Conversation:
        """What only the asker sees, through the command's response URL."""

    async def direct(self, task: Task) -> Conversation:
        """The asker's direct messages. Raises the same errors as a Conversation."""

    async def direct_id(self, task: Task) -> str:
        """The channel id of the asker's direct messages. Raises the same errors."""


class Homes(Protocol):
    """What people find who open the app itself."""

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        """Replace the person's Home; idempotent. Raises as a Conversation does."""


class Cast(StrEnum):
    """What a vote changed. ``KNOWN``: nothing, it was cast before or is older than what counts."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"


class Votes(Protocol):
    """What people think of answers, one vote each. A lost store takes each vote for new."""

    async def cast(self, task_id: str, user_id: str, vote: Vote, at: datetime) -> Cast:
        """Count the person's vote on the task's answer, unless they cast one later than ``at``."""


class People(Protocol):
    """Who asks."""

    async def locale_of(self, user_id: str) -> Locale | None:
        """The language the person uses Slack in; None if that cannot be told quickly."""

    async def utc_offset_of(self, user_id: str) -> timedelta | None:
        """How far the person's clocks are ahead of UTC; None if that cannot be told quickly."""

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The names people are shown by, as far as they can be told quickly."""


class Workspace(Protocol):
    """Where we are installed."""

    async def name(self) -> str | None:
        """What the workspace is called; None if that cannot be told quickly."""
