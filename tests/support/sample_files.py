"""Small files that a reader of their type can open, and some that it cannot."""

import struct
import zlib
from typing import Final


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(note: bytes = b"") -> bytes:
    """A grey pixel; a ``note`` makes the file longer."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"tEXt", b"Comment\0" + note),
            _chunk(b"IDAT", zlib.compress(b"\0\x80")),
            _chunk(b"IEND", b""),
        )
    )


PNG: Final = png(b"0" * 1000)
PNG_HEADER: Final = PNG[:16]
PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF"
)
PDF_WITHOUT_PAGES: Final = b"%PDF-1.4\n%%EOF"
PDF_PROTECTED: Final = PDF.replace(b"trailer<<", b"trailer<</Encrypt 4 0 R")
_OBJECTS: Final = zlib.compress(b"3 0 <</Type /Page /Parent 2 0 R>>")
PDF_COMPRESSED: Final = (
    b"%PDF-1.7\n5 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n"
    + _OBJECTS
    + b"\nendstream endobj\n%%EOF"
)
