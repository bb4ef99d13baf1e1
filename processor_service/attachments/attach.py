"""The files of a question on their way to the model: selected, fetched, passed on, deleted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from processor_service.attachments.decode import decode_text
from processor_service.attachments.delimited import as_table, is_delimited
from processor_service.attachments.media_types import (
    MediaKind,
    begins_as,
    kind_of,
    media_type_of,
)
from processor_service.attachments.selection import (
    DOCUMENT_FORMATS,
    MEGABYTE,
    TEXT_BYTES,
    THREAD_TEXT_BYTES,
    FileLimits,
    SelectedFile,
    Selection,
    Transport,
    choose,
    is_named,
)
from processor_service.ports.answers import CUT, OmittedFile
from processor_service.ports.conversations import ThreadMessage
from processor_service.ports.files import DocumentReader, FileSource, Uploads
from processor_service.ports.model import MediaFile
from processor_service.resilience.cancellation import CancelToken
from processor_service.resilience.memory_budget import MemoryBudget
from processor_service.resilience.off_loop import off_the_loop
from shared.errors import FileUnusable, ModelRejected, ModelUnavailable, PermanentError
from shared.task import Task, TaskFile
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Files of the thread beyond the newest ones are not even looked up.
_LOOKED_AT: Final = 20
# Less of a document than this is not worth reading.
_LEAST_TEXT: Final = 2_000
_CANVAS_BYTES: Final = 4 * MEGABYTE
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Attachment:
    """A file as the model gets it: text, or media."""

    name: str
    content: str | MediaFile
    from_thread: bool = False


@dataclass(frozen=True)
class Files:
    """Dependencies of questions with files. ``memory`` bounds the bytes held in this process."""

    source: FileSource
    uploads: Uploads
    documents: DocumentReader
    memory: MemoryBudget
    file_bytes: int

    @property
    def limits(self) -> FileLimits:
        """The limits on the files of one question."""
        return FileLimits(self.file_bytes, self.uploads.takes_uploads)


@dataclass
class Attachments:
    """The files that the model gets, and the files of the question that it does not get, or not
    all of.
    """

    attachments: list[Attachment] = field(default_factory=list)
    without: list[OmittedFile] = field(default_factory=list)


class FilesUnusable(PermanentError):
    """The question consists of files only, and none of them can be used."""

    reason = "files_unusable"

    def __init__(self, without: Sequence[OmittedFile]) -> None:
        super().__init__("No file of the question can be used.")
        self.without = tuple(without)


@asynccontextmanager
async def attach_files(
    task: Task, said: Sequence[ThreadMessage], deps: Files, cancel: CancelToken
) -> AsyncIterator[Attachments]:
    """The files of the question and the images, PDFs, texts and documents of its thread, held and
    uploaded inside the block. Raises FilesUnusable, and Cancelled as soon as ``cancel`` is
    requested.
    """
    if not task.files and not any(one.files for one in said):
        yield Attachments()
        return
    async with AsyncExitStack() as stack:
        collecting = _Collecting(deps, stack, task.text if task.asks_in_words else "")
        await cancel.or_cancelled(collecting.collect(task.files, said))
        cancel.check()
        found = collecting.attached
        if not task.has_words and all(one.from_thread for one in found.attachments):
            raise FilesUnusable(found.without)
        yield found


class _Collecting:
    """The files of the question ``text``. ``stack`` deletes the uploads and releases the memory."""

    def __init__(self, deps: Files, stack: AsyncExitStack, text: str) -> None:
        self._using = deps
        self._stack = stack
        self._text = text
        self._taken: dict[SelectedFile, Attachment] = {}
        self._read_bytes = {True: 0, False: 0}
        self.attached = Attachments()

    async def collect(self, asked: Sequence[TaskFile], said: Sequence[ThreadMessage]) -> None:
        """Uploads and documents go first, each with memory of its own: none is reserved while
        holding some.
        """
        choice = await self._choice(asked, said)
        self.attached.without += choice.omitted
        for one in choice.chosen:
            if one.way is Transport.UPLOAD:
                await self._try(one, self._upload, choice)
            elif one.way is Transport.DOCUMENT:
                await self._try(one, self._read, choice)
        room = choice.bytes_of(Transport.INLINE) + choice.bytes_of(Transport.TEXT)
        await self._stack.enter_async_context(self._using.memory.reserve(room))
        for one in choice.chosen:
            if one.way in {Transport.INLINE, Transport.TEXT}:
                await self._try(one, self._fetch, choice)
        found = (self._taken.get(one) for one in choice.chosen)
        self.attached.attachments += [one for one in found if one is not None]

    async def _choice(self, asked: Sequence[TaskFile], said: Sequence[ThreadMessage]) -> Selection:
        newest = [file for message in reversed(said) for file in message.files][:_LOOKED_AT]
        return choose(
            await self._described(asked),
            await self._described(newest, from_thread=True),
            self._using.limits,
            self._text,
        )

    async def _described(
        self, files: Sequence[TaskFile], *, from_thread: bool = False
    ) -> list[TaskFile]:
        described: list[TaskFile] = []
        for file in files:
            try:
                described.append(await self._using.source.described(file))
            except FileUnusable as error:
                matters = not from_thread or is_named(file, self._text)
                self._leave_out(file, error, matters=matters)
        return described

    async def _try(
        self,
        one: SelectedFile,
        take: Callable[[SelectedFile, Selection], Awaitable[Attachment]],
        choice: Selection,
    ) -> None:
        try:
            self._taken[one] = await take(one, choice)
        except FileUnusable as error:
            self._leave_out(one.file, error, matters=one.matters)

    def _leave_out(self, file: TaskFile, error: FileUnusable, *, matters: bool) -> None:
        log.warning(
            "A file cannot be used.", action="file_left_out", reason=error.reason, why=str(error)
        )
        # The name of a file of the thread that nobody asked about is in the quote.
        if matters:
            self.attached.without.append(OmittedFile(file.name, _why(file, error)))

    async def _fetch(self, one: SelectedFile, choice: Selection) -> Attachment:
        if one.way is Transport.TEXT:
            room = THREAD_TEXT_BYTES if one.from_thread else TEXT_BYTES
            text = decode_text(await self._content(one, min(choice.size_of(one.file), room)))
            if is_delimited(one.file):
                text = await off_the_loop(len(text), partial(as_table, text, room))
            return Attachment(one.file.name, text, one.from_thread)
        media = await self._media(one, choice.size_of(one.file))
        return Attachment(one.file.name, media, one.from_thread)

    async def _read(self, one: SelectedFile, choice: Selection) -> Attachment:
        """A document as text, in its share of what texts may take; those of the thread come after
        the question's own, and have less.
        """
        read = self._read_bytes
        room = TEXT_BYTES - choice.bytes_of(Transport.TEXT) - sum(read.values())
        if one.from_thread:
            room = min(room, choice.room_in_thread - read[True])
        documents = (each for each in choice.chosen if each.way is Transport.DOCUMENT)
        waiting = [each for each in documents if each.from_thread is one.from_thread]
        share = room // (len(waiting) - waiting.index(one))
        if share < _LEAST_TEXT:
            raise FileUnusable("No room is left for it.", reason="file_text_too_long")
        kind = kind_of(one.file)
        # Slack does not say how long a canvas is as a page.
        size = _CANVAS_BYTES if kind is MediaKind.CANVAS else choice.size_of(one.file)
        try:
            async with self._using.memory.reserve(size):
                content = await self._content(one, size)
                document = await self._using.documents.read(content, share, DOCUMENT_FORMATS[kind])
        except FileUnusable as error:
            if kind is MediaKind.CANVAS:
                raise FileUnusable(str(error), reason="file_canvas") from error
            raise
        read[one.from_thread] += len(document.text.encode())
        if document.left_out and one.matters:
            self.attached.without.append(OmittedFile(one.file.name, CUT, document.left_out))
        return Attachment(one.file.name, document.text, one.from_thread)

    async def _upload(self, one: SelectedFile, choice: Selection) -> Attachment:
        async with self._using.memory.reserve(choice.size_of(one.file)):
            file = await self._media(one, choice.size_of(one.file))
            media = await _passed_on(self._using.uploads.upload(file))
        self._stack.push_async_callback(self._using.uploads.forget, media)
        await _passed_on(self._using.uploads.until_ready(media))
        return Attachment(one.file.name, media)

    async def _media(self, one: SelectedFile, limit: int) -> MediaFile:
        mimetype = media_type_of(one.file) or ""
        content = await self._content(one, limit)
        if not begins_as(mimetype, content):
            raise FileUnusable(f"The file is no {mimetype}.", reason="file_unreadable")
        return MediaFile(mimetype, content)

    async def _content(self, one: SelectedFile, limit: int) -> bytes:
        return await self._using.source.content(one.file, limit)


def _why(file: TaskFile, error: FileUnusable) -> str:
    """Slack shows us only the files of channels that we are in, and answers with any error for
    others.
    """
    elsewhere = file.forwarded and error.reason in {"file_gone", "file_not_fetched"}
    return "file_elsewhere" if elsewhere else error.reason


async def _passed_on(call: Awaitable[_Result]) -> _Result:
    """The result of a call to the vendor's store. Denied credentials are not one file's failure."""
    try:
        return await call
    except ModelUnavailable as error:
        raise FileUnusable(str(error), reason="file_not_passed_on") from error
    except ModelRejected as error:
        if error.reason == "model_denied":
            raise
        raise FileUnusable(str(error), reason="file_not_passed_on") from error
