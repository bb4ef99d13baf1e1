"""Where files come from and where large ones go."""

from typing import Protocol

from processor_service.ports.model import MediaFile
from shared.task import TaskFile


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
