"""What a simulator does costs what it is about, not all that happened before."""

import struct
import time
import zlib

from simulators.gemini.protocol.looking import is_png
from simulators.journal import Journal
from simulators.slack.state.sessions import PROCESSING, Sessions


def png(pixels: bytes, piece: int) -> bytes:
    """A PNG whose pixels come in chunks of ``piece`` bytes."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [pixels[at : at + piece] for at in range(0, len(pixels), piece)]
    chunks = [(b"IHDR", header), *((b"IDAT", part) for part in parts), (b"IEND", b"")]
    written = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def fastest_s(content: bytes) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        assert is_png(content)
        times.append(time.perf_counter() - began)
    return min(times)


def test_a_picture_in_many_chunks_is_looked_at_once() -> None:
    pixels, quarter = (zlib.compress(bytes(range(256)) * rows, 0) for rows in (8_000, 2_000))
    assert fastest_s(png(pixels, 64)) < 8 * fastest_s(png(quarter, 64))


def test_sessions_that_have_ended_are_not_looked_at_again() -> None:
    looks = []

    def clock() -> float:
        looks.append(1)
        return 0.0

    told: list[str] = []
    sessions = Sessions(clock, 3600.0, lambda session: told.append(session.thread_ts))
    for number in range(500):
        sessions.set(("C", str(number)), PROCESSING)
        sessions.set(("C", str(number)), "active")
    before = len(looks)
    sessions.expire()
    assert len(looks) - before <= 1
    assert sessions.of("C", "7") is not None
    assert sessions.processing() == []


def test_a_journeys_number_is_found_through_all_that_were_merged() -> None:
    journal = Journal()
    entries = [journal.record("slack", "api", [f"trace:{number}"]) for number in range(50)]
    for number in range(49, 0, -1):
        journal.record("slack", "api", [f"trace:{number}", f"trace:{number - 1}"])
    assert {one.journey for one in journal.entries(step="api")} == {entries[0].journey}
    assert len(journal.entries(key="trace:49", step="api")) == 99
