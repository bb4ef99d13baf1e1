"""Which files go to the model, and how, by Slack's description of them."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
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


# Each is fetched and read again for each question of the thread.
THREAD_DOCUMENTS: Final = 3
# Some sixty thousand tokens in Latin script; the quotes of a thread have sixteen.
THREAD_TEXT_BYTES: Final = MEGABYTE // 4

DOCUMENT_FORMATS: Final = {
    MediaKind.DOCUMENT: DocumentFormat.OFFICE,
    MediaKind.MAIL: DocumentFormat.MAIL,
    MediaKind.CANVAS: DocumentFormat.PAGE,
}
"""The kinds of file whose text a process of its own reads."""
_OF_THREADS: Final = frozenset(
    {MediaKind.TEXT, MediaKind.DOCUMENT, MediaKind.OLD_OFFICE, MediaKind.OTHER_OFFICE}
)
_UNREAD: Final = {
    MediaKind.OLD_OFFICE: "file_old_office",
    MediaKind.OTHER_OFFICE: "file_office",
    MediaKind.LIST: "file_list",
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


@dataclass(frozen=True)
class SelectedFile:
    """A file that goes to the model. ``from_thread``: the user did not send it with the question;
    ``named``: the question names it.
    """

    file: TaskFile
    way: Transport
    from_thread: bool = False
    named: bool = False

    @property
    def matters(self) -> bool:
        """Whether the user wants to know which parts of it were not read."""
        return self.named or not self.from_thread


@dataclass
class Selection:
    """The files selected so far, and the room left."""

    limits: FileLimits
    chosen: list[SelectedFile] = field(default_factory=list)
    omitted: list[OmittedFile] = field(default_factory=list)

    def add(self, file: TaskFile) -> None:
        """Select a file of the question, or note why it cannot be used."""
        way = self._way(file)
        if isinstance(way, Transport):
            self.chosen.append(SelectedFile(file, way))
        else:
            self.omitted.append(OmittedFile(file.name, way))

    def add_from_thread(self, file: TaskFile, *, named: bool = False) -> None:
        """Select an image or a PDF of the thread if it fits into the request itself, and a text or
        an Office document if it is ``named`` in the question or among the first. Why a named one
        cannot be used is noted.
        """
        way = self._way(file)
        if is_shown(file) and way is Transport.INLINE:
            self.chosen.append(SelectedFile(file, way, from_thread=True, named=named))
        if kind_of(file) not in _OF_THREADS:
            return
        if way is Transport.TEXT and (file.size or 1) > self.room_in_thread:
            way = "file_text_too_long"
        if not isinstance(way, Transport):
            self.omitted += [OmittedFile(file.name, way)] if named else []
        elif named or self._texts_of_thread < THREAD_DOCUMENTS:
            self.chosen.append(SelectedFile(file, way, from_thread=True, named=named))

    @property
    def room_in_thread(self) -> int:
        """The bytes that the texts chosen from the thread leave to its documents."""
        texts = [one for one in self.chosen if one.way is Transport.TEXT and one.from_thread]
        return THREAD_TEXT_BYTES - sum(self.size_of(one.file) for one in texts)

    @property
    def _texts_of_thread(self) -> int:
        read = {Transport.TEXT, Transport.DOCUMENT}
        return sum(one.from_thread and one.way in read for one in self.chosen)

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
        if len(self.chosen) >= MOST_FILES:
            return "files_too_many"
        if kind is MediaKind.TEXT:
            return self._text_way(file)
        if file.size > self.limits.file_bytes:
            return "file_too_large"
        return Transport.DOCUMENT if kind in DOCUMENT_FORMATS else self._media_way(file)

    def _text_way(self, file: TaskFile) -> Transport | str:
        if self.bytes_of(Transport.TEXT) + (file.size or 1) > TEXT_BYTES:
            return "file_text_too_long"
        return Transport.TEXT

    def _media_way(self, file: TaskFile) -> Transport | str:
        if self.bytes_of(Transport.INLINE) + self.size_of(file) <= INLINE_BYTES:
            return Transport.INLINE
        return Transport.UPLOAD if self.limits.uploads else "files_too_large"


def choose(
    asked: Iterable[TaskFile], thread: Iterable[TaskFile], limits: FileLimits, text: str = ""
) -> Selection:
    """Select from the files of the question ``text``, then those of its ``thread`` (newest first),
    of these the named ones before the others.
    """
    choice = Selection(limits)
    for file in asked:
        choice.add(file)
    for file, named in sorted(
        ((file, is_named(file, text)) for file in thread), key=lambda one: not one[1]
    ):
        choice.add_from_thread(file, named=named)
    return choice


def is_named(file: TaskFile, text: str) -> bool:
    """Whether a question names the file, with or without its ending. Files of a Mac spell their
    names with accents apart.
    """
    stem = _folded(PurePosixPath(file.name).stem)
    return len(stem) > 1 and stem in _folded(text)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
