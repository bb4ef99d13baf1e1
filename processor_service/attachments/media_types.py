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

from shared.slack.files import CANVAS_TYPE, LIST_TYPE
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
    **{each: f"image/{each}" for each in ("heic", "heif", "jpeg", "png", "webp")},
    **{each: f"audio/{each}" for each in ("flac", "m4a", "mp3", "wav")},
    **{each: f"video/{each}" for each in ("mov", "mp4", "webm")},
    "3gp": "video/3gpp",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
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


class MediaKind(StrEnum):
    """How a file can be given to Gemini, if at all."""

    MEDIA = "media"
    TEXT = "text"
    DOCUMENT = "document"
    MAIL = "mail"
    CANVAS = "canvas"
    LIST = "list"
    OLD_OFFICE = "old_office"
    OTHER_OFFICE = "other_office"
    OTHER = "other"


_OF_SLACK: Final = {CANVAS_TYPE: MediaKind.CANVAS, LIST_TYPE: MediaKind.LIST}
_OFFICE_NAMES: Final = {
    MediaKind.DOCUMENT: "docx docm dotx dotm xlsx xlsm xltx xltm pptx pptm ppsx ppsm potx potm "
    "odt ott ods ots odp otp",
    MediaKind.OLD_OFFICE: "doc dot xls xlt ppt pps pot",
    MediaKind.OTHER_OFFICE: "xlsb pages numbers key",
}
_OFFICE_BY_EXTENSION: Final = {
    each: kind for kind, names in _OFFICE_NAMES.items() for each in names.split()
}
# The first that matches counts.
_OFFICE_BY_TYPE: Final = (
    (r"vnd\.openxmlformats-officedocument\.", MediaKind.DOCUMENT),
    (r"vnd\.ms-[a-z.]+\.macroenabled\.12$", MediaKind.DOCUMENT),
    (
        r"vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation)(?:-template)?$",
        MediaKind.DOCUMENT,
    ),
    (r"(?:msword|vnd\.ms-excel|vnd\.ms-powerpoint)$", MediaKind.OLD_OFFICE),
    (r"vnd\.(?:oasis\.opendocument|ms-|google-apps)", MediaKind.OTHER_OFFICE),
)


def kind_of(file: TaskFile) -> MediaKind:
    """The kind of the file, by its type and its name."""
    if media_type_of(file):
        return MediaKind.MEDIA
    extension, mimetype = _extension(file), _plain_type(file)
    if mimetype in _OF_SLACK:
        return _OF_SLACK[mimetype]
    if extension == "eml" or mimetype == "message/rfc822":
        return MediaKind.MAIL
    # The name goes first: .ts is registered as a video format, and Windows takes .csv for Excel's.
    if extension in _TEXT_EXTENSIONS:
        return MediaKind.TEXT
    office = _OFFICE_BY_EXTENSION.get(extension) or _office_by_type(mimetype)
    if office is not None:
        return office
    is_text = mimetype.startswith("text/") or mimetype in _TEXT_TYPES
    return MediaKind.TEXT if is_text else MediaKind.OTHER


def _office_by_type(mimetype: str) -> MediaKind | None:
    found = (kind for form, kind in _OFFICE_BY_TYPE if re.match(f"application/{form}", mimetype))
    return next(found, None)


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
