"""``ports.files`` in memory."""

from dataclasses import dataclass, field
from typing import TypeVar

from processor_service.ports.files import DocumentFormat, DocumentText
from processor_service.ports.model import MediaFile
from shared.errors import FileUnusable
from shared.task import TaskFile

_Told = TypeVar("_Told")


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
class FakeDocuments:
    """Documents whose text is their content, or ``told``; ``rooms`` and ``formats`` is what
    each was given."""

    told: DocumentText | FileUnusable | None = None
    rooms: list[int] = field(default_factory=list)
    formats: list[DocumentFormat] = field(default_factory=list)

    async def read(
        self, content: bytes, room: int, written_as: DocumentFormat = DocumentFormat.OFFICE
    ) -> DocumentText:
        self.rooms.append(room)
        self.formats.append(written_as)
        if isinstance(self.told, FileUnusable):
            raise self.told
        return self.told or DocumentText(content.decode())


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
