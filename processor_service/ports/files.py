"""Where the files of a question come from, and where large ones go."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from processor_service.ports.model import MediaFile
from shared.task import TaskFile


class FileSource(Protocol):
    """The source of a conversation's files."""

    async def described(self, file: TaskFile) -> TaskFile:
        """The file with all that the event may have omitted. Raises FileUnusable."""

    async def content(self, file: TaskFile, limit: int) -> bytes:
        """Its content of at most ``limit`` bytes, never empty. Raises FileUnusable."""


class DocumentFormat(StrEnum):
    """How a document is written: as a package of an office program, a mail, or a page in HTML."""

    OFFICE = "office"
    MAIL = "mail"
    PAGE = "page"


@dataclass(frozen=True)
class DocumentText:
    """The words of a document. ``left_out``: the places that ``text`` is without, in a line."""

    text: str
    left_out: str = ""


class DocumentReader(Protocol):
    """Reads documents that are no plain text."""

    async def read(
        self, content: bytes, room: int, written_as: DocumentFormat = DocumentFormat.OFFICE
    ) -> DocumentText:
        """The document's text of at most about ``room`` bytes. Raises FileUnusable."""


class Uploads(Protocol):
    """The model vendor's own store, for files too large for a request."""

    @property
    def takes_uploads(self) -> bool:
        """Whether there is such a store."""

    async def upload(self, file: MediaFile) -> MediaFile:
        """The file as a reference. Raises ModelUnavailable or ModelRejected."""

    async def until_ready(self, file: MediaFile) -> None:
        """Wait until the vendor has processed the file. Raises FileUnusable or as ``upload``."""

    async def forget(self, file: MediaFile) -> None:
        """Delete it again. Never raises: the vendor deletes the rest after two days."""
