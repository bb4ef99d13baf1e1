"""Which files Gemini takes, and as what.

The media types are those of ai.google.dev/gemini-api/docs: "Image understanding", "Audio
understanding", "Video understanding" and "Document understanding", and for recordings of phones and
browsers firebase.google.com/docs/ai-logic/input-file-requirements, which lists more audio types for
the same API. Text goes into the prompt as text, whatever its type is called.
"""

import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from shared.slack.files import CANVAS_TYPE
from shared.task import TaskFile

MEDIA_TYPES: Final = frozenset(
    {
        *("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"),
        *("audio/wav", "audio/mp3", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac"),
        *("audio/m4a", "audio/mp4", "audio/opus", "audio/webm"),
        *("video/mp4", "video/mpeg", "video/mov", "video/avi", "video/x-flv", "video/mpg"),
        *("video/webm", "video/wmv", "video/3gpp"),
        "application/pdf",
    }
)

_OTHER_NAMES: Final = {
    "image/jpg": "image/jpeg",
    "audio/mpeg": "audio/mp3",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-aiff": "audio/aiff",
    "audio/x-aac": "audio/aac",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/m4a",
    "video/quicktime": "video/mov",
    "video/x-msvideo": "video/avi",
    "video/x-ms-wmv": "video/wmv",
    "application/x-pdf": "application/pdf",
}
# For application/octet-stream, Slack's type for an unrecognised file, the name decides.
_MEDIA_BY_EXTENSION: Final = {
    "3gp": "video/3gpp",
    "flac": "audio/flac",
    "heic": "image/heic",
    "heif": "image/heif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/m4a",
    "mov": "video/mov",
    "mp3": "audio/mp3",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "png": "image/png",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}
# Magic bytes, and how many bytes later they may start (PDF readers search the first 1,024; ISO
# 32000 wants them at the very beginning).
_BEGINNINGS: Final = {
    "image/png": (b"\x89PNG\r\n\x1a\n", 0),
    "image/jpeg": (b"\xff\xd8\xff", 0),
    "image/webp": (b"WEBP", 8),
    "image/heic": (b"ftyp", 4),
    "image/heif": (b"ftyp", 4),
    "application/pdf": (b"%PDF-", 1024),
}
_TEXT_TYPES: Final = frozenset(
    {
        *("application/json", "application/ld+json", "application/x-ndjson", "application/xml"),
        *("application/javascript", "application/x-javascript", "application/typescript"),
        *("application/yaml", "application/x-yaml", "application/toml", "application/sql"),
        *("application/x-sh", "application/x-httpd-php", "application/graphql"),
        *("application/x-tex", "image/svg+xml"),
    }
)
_TEXT_NAMES: Final = """
    txt text md markdown rst adoc log csv tsv json jsonl ndjson xml yaml yml toml ini cfg conf env
    properties html htm css scss less svg tex ics vcf srt vtt diff patch
    py pyi ipynb js mjs cjs jsx ts mts cts tsx vue svelte java kt kts groovy scala clj c h cc cpp
    cxx hpp cs fs vb go rs rb php pl pm lua r jl swift m mm dart ex exs erl hs ml sh bash zsh fish
    ps1 bat cmd sql graphql proto tf tfvars hcl gradle cmake mk dockerfile makefile gitignore vba
    bas cls
"""
_TEXT_EXTENSIONS: Final = frozenset(_TEXT_NAMES.split())
_DOCUMENT_NAMES: Final = """
    docx docm dotx dotm xlsx xlsm xltx xltm pptx pptm ppsx ppsm potx potm
    odt ott ods ots odp otp
"""
_OLD_NAMES: Final = "doc dot xls xlt ppt pps pot"
_OTHER_OFFICE_NAMES: Final = "xlsb pages numbers key"
_DOCUMENT_EXTENSIONS: Final = frozenset(_DOCUMENT_NAMES.split())
_OLD_EXTENSIONS: Final = frozenset(_OLD_NAMES.split())
_OTHER_OFFICE_EXTENSIONS: Final = frozenset(_OTHER_OFFICE_NAMES.split())
_DOCUMENT_TYPE: Final = re.compile(
    r"application/vnd\.(openxmlformats-officedocument\.|ms-[a-z.]+\.macroenabled\.12$"
    r"|oasis\.opendocument\.(?:text|spreadsheet|presentation)(?:-template)?$)"
)
_OLD_TYPES: Final = frozenset(
    {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
)
_OTHER_OFFICE_TYPES: Final = (
    "application/vnd.oasis.opendocument",
    "application/vnd.ms-",
    "application/vnd.google-apps",
)


class MediaKind(StrEnum):
    """How a file can be given to Gemini, if at all."""

    MEDIA = "media"
    TEXT = "text"
    DOCUMENT = "document"
    MAIL = "mail"
    CANVAS = "canvas"
    OLD_OFFICE = "old_office"
    OTHER_OFFICE = "other_office"
    OTHER = "other"


def kind_of(file: TaskFile) -> MediaKind:
    """The kind of the file, by its type and its name."""
    if media_type_of(file):
        return MediaKind.MEDIA
    extension, mimetype = _extension(file), _plain_type(file)
    if mimetype == CANVAS_TYPE:
        return MediaKind.CANVAS
    if extension == "eml" or mimetype == "message/rfc822":
        return MediaKind.MAIL
    # The name goes first: .ts is registered as a video format, and Windows takes .csv for Excel's.
    if extension in _TEXT_EXTENSIONS:
        return MediaKind.TEXT
    office = _office_by_name(extension) or _office_by_type(mimetype)
    if office is not None:
        return office
    is_text = mimetype.startswith("text/") or mimetype in _TEXT_TYPES
    return MediaKind.TEXT if is_text else MediaKind.OTHER


def _office_by_name(extension: str) -> MediaKind | None:
    if extension in _DOCUMENT_EXTENSIONS:
        return MediaKind.DOCUMENT
    if extension in _OLD_EXTENSIONS:
        return MediaKind.OLD_OFFICE
    return MediaKind.OTHER_OFFICE if extension in _OTHER_OFFICE_EXTENSIONS else None


def _office_by_type(mimetype: str) -> MediaKind | None:
    if _DOCUMENT_TYPE.match(mimetype):
        return MediaKind.DOCUMENT
    if mimetype in _OLD_TYPES:
        return MediaKind.OLD_OFFICE
    return MediaKind.OTHER_OFFICE if mimetype.startswith(_OTHER_OFFICE_TYPES) else None


def media_type_of(file: TaskFile) -> str | None:
    """The media type in Gemini's spelling, or None if Gemini does not take it."""
    mimetype = _OTHER_NAMES.get(_plain_type(file), _plain_type(file))
    if mimetype in MEDIA_TYPES:
        return mimetype
    unnamed = mimetype in {"", "application/octet-stream", "binary/octet-stream"}
    return _MEDIA_BY_EXTENSION.get(_extension(file)) if unnamed else None


def begins_as(mimetype: str, content: bytes) -> bool:
    """Whether the content matches the type: Gemini refuses the whole question otherwise."""
    begins, within = _BEGINNINGS.get(mimetype, (b"", 0))
    return begins in content[: len(begins) + within]


def is_shown(file: TaskFile) -> bool:
    """Whether the file is an image or a PDF, whose content is obvious at a look."""
    mimetype = media_type_of(file) or ""
    return mimetype.startswith("image/") or mimetype == "application/pdf"


def _plain_type(file: TaskFile) -> str:
    return file.mimetype.partition(";")[0].strip().lower()


def _extension(file: TaskFile) -> str:
    path = PurePosixPath(file.name.lower())
    return path.suffix.removeprefix(".") or path.name.removeprefix(".")
