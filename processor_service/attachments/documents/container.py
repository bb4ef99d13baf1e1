"""A document's package: a zip of XML parts, checked before anything parses it.

ECMA-376-2 (Open Packaging Conventions) allows UTF-8 and UTF-16, and no DTD: a part that has one,
and so could name entities, was not made by an office program. Of an OpenDocument only parts that
have none are read.
"""

import io
import re
import zipfile
from functools import cached_property
from typing import BinaryIO, Final, Literal

PackageKind = Literal["workbook", "document", "slides", "open sheets", "open document"]

_MEGABYTE: Final = 1024 * 1024
ENTRIES: Final = 5_000
# All names and sizes of 5,000 entries; read before the directory of any number of them is.
_DIRECTORY_BYTES: Final = _MEGABYTE
# A sheet is read in pieces, other parts are held as trees of some eight times their size.
_SHEETS_BYTES: Final = 160 * _MEGABYTE
_PARTS_BYTES: Final = 24 * _MEGABYTE
# Deflate makes 1,032 bytes of one at most; sheets of equal cells come to about 30.
_RATIO: Final = 200
_SMALL: Final = _MEGABYTE
_PROLOG_BYTES: Final = 64 * 1024
_HEAD_BYTES: Final = 4 * _MEGABYTE

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The stream that holds an encrypted package (MS-OFFCRYPTO 2.3.1), as OLE spells names.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 65_557
_KINDS: Final[tuple[tuple[PackageKind, bytes], ...]] = (
    ("workbook", rb"(?:spreadsheetml\.(?:sheet|template)|ms-excel\.\w+\.macroEnabled)\.main\+xml"),
    ("document", rb"(?:wordprocessingml|ms-word)\.\w+(?:\.macroEnabled\w*)?\.main\+xml"),
    ("slides", rb"(?:presentationml|ms-powerpoint)\.\w+(?:\.macroEnabled)?\.main\+xml"),
)
# The libraries know a document by the type of one without macros, and no template.
_AS_PLAIN: Final = {
    "document": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "slides": (
        b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    ),
}
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]+)["']""")
_ENCODINGS: Final = frozenset({b"utf-8", b"utf8", b"utf-16", b"us-ascii"})
_ROOT: Final = re.compile(rb"<[A-Za-z_]")
_ROOT_BYTES: Final = 2_000
# Names of the strict form, a choice when saving (ECMA-376-1, Annex A): the libraries find nothing.
_STRICT: Final = b'"http://purl.oclc.org/ooxml/'
_TYPES: Final = "[Content_Types].xml"
# OASIS OpenDocument 1.3, part 2: the type, and what of the package is encrypted.
_OPEN_TYPE_IN: Final = "mimetype"
_OPEN_TYPE: Final = re.compile(
    rb"application/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)(?:-template)?\s*"
)
_OPEN_CONTENT: Final = "content.xml"
_OPEN_PARTS: Final = frozenset({_OPEN_CONTENT, "styles.xml"})
_OPEN_MANIFEST: Final = "META-INF/manifest.xml"


class Unreadable(Exception):
    """The document is not read; ``reason`` is the stable code of why."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Container:
    """A package that is safe to read. Raises Unreadable for one that is not."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        _check_beginning(source)
        _check_directory(source)
        try:
            self.zip = zipfile.ZipFile(source)
            self._check()
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, KeyError) as error:
            raise Unreadable(type(error).__name__, "file_unreadable") from error

    @cached_property
    def kind(self) -> PackageKind:
        """The kind of document, by what is in it and not by its name."""
        names = self.zip.namelist()
        if _OPEN_CONTENT in names and _OPEN_TYPE_IN in names:
            stated = _OPEN_TYPE.fullmatch(self._beginning(_OPEN_TYPE_IN)[:200])
            if stated:
                return "open sheets" if stated[1] == b"spreadsheet" else "open document"
        if _TYPES not in names:
            raise Unreadable("The zip is no document.", "file_unreadable")
        types = self._beginning(_TYPES)
        for kind, pattern in _KINDS:
            if re.search(pattern, types):
                return kind
        raise Unreadable("It is no document, workbook or presentation.", "file_office")

    def without_media(self) -> BinaryIO:
        """The package with its XML alone, in memory: pictures are there, but empty."""
        lean = io.BytesIO()
        with zipfile.ZipFile(lean, "w", zipfile.ZIP_STORED) as copy:
            for entry in self.zip.infolist():
                content = self.zip.read(entry) if _is_xml(entry.filename) else b""
                if entry.filename == _TYPES:
                    pattern = dict(_KINDS)[self.kind]
                    content = re.sub(
                        rb"application/vnd\.(?:openxmlformats-officedocument\.)?" + pattern,
                        _AS_PLAIN[self.kind],
                        content,
                    )
                copy.writestr(entry.filename, content)
        lean.seek(0)
        return lean

    def _check(self) -> None:
        entries = self.zip.infolist()
        names = [entry.filename for entry in entries]
        if any(entry.flag_bits & 1 for entry in entries):
            raise Unreadable("Its entries are encrypted.", "file_encrypted")
        if len(entries) > ENTRIES or len({*names}) < len(names) or not all(map(_is_inside, names)):
            raise Unreadable("Its entries are none of a document.", "file_unsafe")
        is_open = self.kind.startswith("open ")
        if is_open and _OPEN_MANIFEST in names and b"encryption-data" in self._manifest():
            raise Unreadable("Its content is encrypted.", "file_encrypted")
        _check_sizes(entries, streamed=_OPEN_CONTENT if self.kind == "open sheets" else None)
        for entry in entries:
            # Scripts of an OpenDocument, which nobody reads, do have a DTD.
            if not is_open or entry.filename in _OPEN_PARTS:
                self._check_prolog(entry)

    def _manifest(self) -> bytes:
        with self.zip.open(_OPEN_MANIFEST) as part:
            return part.read(_HEAD_BYTES)

    def _check_prolog(self, entry: zipfile.ZipInfo) -> None:
        """A DTD comes before the root. Workbooks are read from the package itself, so in them a
        part of any name is looked at.
        """
        is_xml = _is_xml(entry.filename)
        if not entry.file_size or not (is_xml or self.kind == "workbook"):
            return
        beginning = self._beginning(entry.filename).replace(b"\0", b"")
        declared = _DECLARED.search(beginning[:300])
        known = declared is None or declared[1].lower() in _ENCODINGS
        root = _ROOT.search(beginning)
        prolog = beginning[: root.start()] if root else beginning
        has_dtd = b"<!DOCTYPE" in prolog or b"<!ENTITY" in prolog
        if has_dtd or (is_xml and not (known and root)):
            raise Unreadable("A part has a DTD or an unknown encoding.", "file_unsafe")
        if root and _STRICT in beginning[root.start() : root.start() + _ROOT_BYTES]:
            raise Unreadable("It is in the strict form.", "file_office")

    def _beginning(self, name: str) -> bytes:
        size = _HEAD_BYTES if name == _TYPES else _PROLOG_BYTES
        with self.zip.open(name) as part:
            return part.read(size)


def _check_beginning(source: BinaryIO) -> None:
    if source.read(len(_OLE)) == _OLE:
        rest = source.read(8 * _MEGABYTE)
        if _ENCRYPTED in rest:
            raise Unreadable("It is encrypted.", "file_encrypted")
        raise Unreadable("It is of an old program.", "file_old_office")


def _check_directory(source: BinaryIO) -> None:
    """A directory of very many entries is not even read."""
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - _END_BYTES))
    tail = source.read()
    end = tail.rfind(_END)
    if end < 0:
        raise Unreadable("It is no zip, or not all of one.", "file_unreadable")
    if int.from_bytes(tail[end + 12 : end + 16], "little") > _DIRECTORY_BYTES:
        raise Unreadable("It has too many entries.", "file_unsafe")
    source.seek(0)


def _check_sizes(entries: list[zipfile.ZipInfo], streamed: str | None) -> None:
    """An entry's stated size can be relied on: zipfile reads no more of it."""
    xml = [entry for entry in entries if _is_xml(entry.filename)]
    sheets = [
        entry
        for entry in xml
        if entry.filename.startswith("xl/worksheets/") or entry.filename == streamed
    ]
    for entry in xml:
        if entry.file_size > max(_SMALL, _RATIO * entry.compress_size):
            raise Unreadable("It is packed more densely than a document is.", "file_unsafe")
    in_sheets = _sum(sheets)
    if in_sheets > _SHEETS_BYTES or _sum(xml) - in_sheets > _PARTS_BYTES:
        raise Unreadable("Its parts are too large.", "file_too_complex")


def _sum(entries: list[zipfile.ZipInfo]) -> int:
    return sum(entry.file_size for entry in entries)


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels", ".vml"))


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return not (name.startswith("/") or "\\" in name or ":" in parts[0] or ".." in parts)
