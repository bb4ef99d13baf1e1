"""Media in a request: the types Gemini takes, and whether the bytes can be read at all.

The types are those of ai.google.dev/gemini-api/docs (image, audio, video, document understanding)
and firebase.google.com/docs/ai-logic/input-file-requirements.
"""

import base64
import binascii

from simulators.gemini.protocol.errors import ApiError, invalid_argument
from simulators.gemini.protocol.looking import has_pages, is_jpeg, is_png
from simulators.gemini.protocol.payload import Blob, FileData

MEDIA_TYPES = frozenset(
    {
        *("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"),
        *("audio/wav", "audio/mp3", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac"),
        *("audio/m4a", "audio/mp4", "audio/mpeg", "audio/mpga", "audio/opus", "audio/pcm"),
        *("audio/webm", "video/mp4", "video/mpeg", "video/mov", "video/avi", "video/x-flv"),
        *("video/mpg", "video/webm", "video/wmv", "video/3gpp", "video/quicktime"),
        *("application/pdf", "text/plain", "text/html", "text/css", "text/csv", "text/xml"),
        *("text/rtf", "text/markdown", "text/javascript", "text/x-python"),
    }
)
_READABLE = {"image/png": is_png, "image/jpeg": is_jpeg, "application/pdf": has_pages}
_BEGINNINGS = {"image/webp": b"RIFF"}


def check_blob(blob: Blob, path: str) -> None:
    """Refuse inline bytes of another type, that are no base64, or that cannot be read."""
    check_type(blob.mime_type)
    try:
        content = _decoded(blob.data)
    except binascii.Error as error:
        raise invalid_argument(
            f"Invalid value at '{path}.inline_data.data' (TYPE_BYTES), Base64 decoding failed"
        ) from error
    if not readable(blob.mime_type, content):
        raise unreadable(blob.mime_type)


def _decoded(data: str) -> bytes:
    """Both alphabets and missing padding are taken, as protobuf's JSON mapping has it."""
    standard = data.replace("-", "+").replace("_", "/")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def check_reference(file: FileData, path: str) -> None:
    """Refuse a reference of another type; whether there is such a file is the store's matter."""
    if not file.file_uri:
        raise invalid_argument(f"* {path}.file_data.file_uri: file_uri is not specified\n")
    if file.mime_type is not None:
        check_type(file.mime_type)


def check_type(mime_type: str) -> None:
    """Refuse a type that no model reads."""
    if mime_type not in MEDIA_TYPES:
        raise invalid_argument(f"Unsupported MIME type: {mime_type}")


def readable(mime_type: str, content: bytes) -> bool:
    """Whether the bytes are what their type wants, as far as this looks into them."""
    look = _READABLE.get(mime_type)
    if look is not None:
        return look(content)
    return bool(content) and content.startswith(_BEGINNINGS.get(mime_type, b""))


def unreadable(mime_type: str) -> ApiError:
    """400 for bytes that are not what they are called."""
    if mime_type == "application/pdf":
        return invalid_argument("The document has no pages.")
    if mime_type.startswith("image/"):
        return invalid_argument(
            "Unable to process input image. Please retry or report in "
            "https://developers.generativeai.google/guide/troubleshooting"
        )
    return invalid_argument("Request contains an invalid argument.")
