"""Which files go to the model, and how, by Slack's description of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from processor_service.attachments.media_types import MediaKind, is_shown, kind_of
from processor_service.ports.answers import OmittedFile
from processor_service.ports.files import DocumentFormat
from shared.task import TaskFile

MEGABYTE: Final = 1024 * 1024
# A request to Gemini holds 20 MB with everything in it (ai.google.dev/gemini-api/docs, "Files
# API"), and base64 makes four bytes of three: 14 MB become 18.7, which leaves room for the thread.
INLINE_BYTES: Final = 14 * MEGABYTE
# About a quarter of the model's context in Latin script, a third in Japanese.
TEXT_BYTES: Final = MEGABYTE
# Slack's limit for one message (slack.com/help, "Add files to Slack").
MOST_FILES: Final = 10


DOCUMENT_FORMATS: Final = {
    MediaKind.DOCUMENT: DocumentFormat.OFFICE,
    MediaKind.MAIL: DocumentFormat.MAIL,
    MediaKind.CANVAS: DocumentFormat.PAGE,
}
"""The kinds of file whose text a process of its own reads."""
_UNREAD: Final = {
    MediaKind.OLD_OFFICE: "file_old_office",
    MediaKind.OTHER_OFFICE: "file_office",
    MediaKind.OTHER: "file_type",
}


class Transport(StrEnum):
    """How a file reaches the model."""

    INLINE = "inline"
    UPLOAD = "upload"
    TEXT = "text"
    DOCUMENT = "document"


@dataclass(frozen=True)
class FileLimits:
    """``file_bytes`` is the operator's limit for one file; ``uploads``: the model takes uploads."""

    file_bytes: int
    uploads: bool = True
    inline_bytes: int = INLINE_BYTES
    text_bytes: int = TEXT_BYTES
    files: int = MOST_FILES


@dataclass(frozen=True)
class SelectedFile:
    """A file that goes to the model. ``from_thread``: the user did not ask about it expressly."""

    file: TaskFile
    way: Transport
    from_thread: bool = False


@dataclass
class Selection:
    """The files selected so far, and the room left."""

    limits: FileLimits
    chosen: list[SelectedFile] = field(default_factory=list)
    verdicts: list[OmittedFile] = field(default_factory=list)

    def add(self, file: TaskFile) -> None:
        """Select a file of the question, or note why it cannot be used."""
        way = self._way(file)
        if isinstance(way, Transport):
            self.chosen.append(SelectedFile(file, way))
        else:
            self.verdicts.append(OmittedFile(file.name, way))

    def add_from_thread(self, file: TaskFile) -> None:
        """Select an image or a PDF of the thread if it fits into the request itself."""
        if is_shown(file) and self._way(file) is Transport.INLINE:
            self.chosen.append(SelectedFile(file, Transport.INLINE, from_thread=True))

    def bytes_of(self, way: Transport) -> int:
        """The bytes that use this transport."""
        return sum(self.size_of(one.file) for one in self.chosen if one.way is way)

    def size_of(self, file: TaskFile) -> int:
        """The size of the file at most, as far as Slack says."""
        return file.size or self.limits.file_bytes

    def _way(self, file: TaskFile) -> Transport | str:
        """The transport of a file, or the reason to omit it."""
        if file.gone:
            return "file_gone"
        kind = kind_of(file)
        if kind in _UNREAD:
            return _UNREAD[kind]
        if len(self.chosen) >= self.limits.files:
            return "files_too_many"
        if kind is MediaKind.TEXT:
            return self._text_way(file)
        if file.size > self.limits.file_bytes:
            return "file_too_large"
        return Transport.DOCUMENT if kind in DOCUMENT_FORMATS else self._media_way(file)

    def _text_way(self, file: TaskFile) -> Transport | str:
        if self.bytes_of(Transport.TEXT) + (file.size or 1) > self.limits.text_bytes:
            return "file_text_too_long"
        return Transport.TEXT

    def _media_way(self, file: TaskFile) -> Transport | str:
        if self.bytes_of(Transport.INLINE) + self.size_of(file) <= self.limits.inline_bytes:
            return Transport.INLINE
        return Transport.UPLOAD if self.limits.uploads else "files_too_large"


def choose(asked: Iterable[TaskFile], thread: Iterable[TaskFile], limits: FileLimits) -> Selection:
    """Select from the files of the question, then those of its ``thread`` (newest first)."""
    choice = Selection(limits)
    for file in asked:
        choice.add(file)
    for file in thread:
        choice.add_from_thread(file)
    return choice
