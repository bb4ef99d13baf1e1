"""A look into files: whether Gemini could read them.

It reads pages and pixels, so a file that only begins as its type wants is refused, like one with a
password. Reported for the real one: a PDF without pages and a protected one alike get "The document
has no pages."
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

_PAGE: Final = re.compile(rb"/Type\s*/Page\b(?!s)")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_INFLATED: Final = 64 * 1024 * 1024


def has_pages(content: bytes) -> bool:
    """Whether a PDF has a page that can be read without a password."""
    begins = content[:1024].find(b"%PDF-")
    if begins < 0 or b"/Encrypt" in content:
        return False
    return any(_PAGE.search(part) for part in _readable_parts(content))


def _readable_parts(content: bytes) -> Iterator[bytes]:
    """The file, and the streams in which newer PDFs keep their objects."""
    yield content
    for stream in _STREAM.finditer(content):
        try:
            yield zlib.decompressobj().decompress(stream[1], _INFLATED)
        except zlib.error:
            continue


def is_png(content: bytes) -> bool:
    """Whether a PNG's chunks are whole, and its pixels are there."""
    if not content.startswith(_PNG):
        return False
    named: dict[bytes, list[bytes]] = {}
    for name, data in _chunks(content):
        named.setdefault(name, []).append(data)
    header, pixels = named.get(b"IHDR", [b""])[-1], b"".join(named.get(b"IDAT", []))
    if len(header) != 13 or b"IEND" not in named or not pixels:
        return False
    try:
        return bool(zlib.decompressobj().decompress(pixels, _INFLATED))
    except zlib.error:
        return False


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk, up to the first with a wrong checksum."""
    at = len(_PNG)
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        check = content[at + 8 + size : at + 12 + size]
        if int.from_bytes(check) != zlib.crc32(name + data) or len(check) < 4:
            return
        yield name, data
        at += 12 + size


def is_jpeg(content: bytes) -> bool:
    """Whether a JPEG has a frame, a scan and an end."""
    frame = re.search(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb]", content)
    scan = content.find(b"\xff\xda")
    return content.startswith(b"\xff\xd8\xff") and frame is not None and 0 < scan < len(content) - 2
