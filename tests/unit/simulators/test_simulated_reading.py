"""The simulated Gemini looks into files as far as it takes to refuse what the real one refuses."""

import pytest

from simulators.gemini.protocol.media import readable
from tests.support.sample_files import (
    PDF,
    PDF_COMPRESSED,
    PDF_PROTECTED,
    PDF_WITHOUT_PAGES,
    PNG,
    PNG_HEADER,
)

JPEG = b"\xff\xd8\xff\xe0..\xff\xc0..\xff\xda....\xff\xd9"


@pytest.mark.parametrize(
    ("mimetype", "content", "is_readable"),
    [
        ("application/pdf", PDF, True),
        ("application/pdf", b"\n" + PDF_COMPRESSED, True),
        ("application/pdf", PDF_WITHOUT_PAGES, False),
        ("application/pdf", PDF_PROTECTED, False),
        ("application/pdf", b"", False),
        ("image/png", PNG, True),
        ("image/png", PNG_HEADER, False),
        ("image/png", PNG[:-20], False),
        ("image/png", PNG[:60] + b"?" + PNG[61:], False),
        ("image/png", PNG_HEADER + b"0" * 1000, False),
        ("image/jpeg", JPEG, True),
        ("image/jpeg", JPEG[:4], False),
        ("audio/mp3", b"any bytes", True),
    ],
)
def test_a_file_is_read_or_not(mimetype: str, content: bytes, is_readable: bool) -> None:
    assert readable(mimetype, content) is is_readable
