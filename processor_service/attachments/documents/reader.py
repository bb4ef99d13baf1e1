"""Documents read by a process of their own, which may be slow, greedy or taken over for seconds."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Final

from processor_service.ports.files import DocumentFormat, DocumentText
from shared.errors import FileUnusable
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# A process ends itself after 3 s of work; it may wait for a processor meanwhile.
_WITHIN_S: Final = 30.0
# Each takes up to 156 MiB (``__main__``).
_AT_ONCE: Final = 2
# JSON spells a control character in six letters.
_SPELLED: Final = 6
_AROUND: Final = 10_000
_PROGRAM: Final = "processor_service.attachments.documents"
_ROOT: Final = Path(__file__).parents[3]
_REASONS: Final = frozenset(
    {
        *("file_encrypted", "file_no_text", "file_office", "file_old_office", "file_too_complex"),
        *("file_unreadable", "file_unsafe"),
    }
)


class ChildDocuments:
    """``ports.DocumentReader``: a process for each document, two at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(
        self, content: bytes, room: int, written_as: DocumentFormat = DocumentFormat.OFFICE
    ) -> DocumentText:
        """The document's text of at most ``room`` bytes. Raises FileUnusable."""
        async with self._turns:
            told = await _told_by_child(content, room, written_as)
        if told is None:
            raise FileUnusable("Reading it took too much.", reason="file_too_complex")
        match told:
            case {"text": str(text), "left_out": str(left_out)}:
                return DocumentText(text, left_out)
            case {"reason": str(reason), "why": str(why)} if reason in _REASONS:
                raise FileUnusable(why, reason=reason)
        raise FileUnusable("Its reader says nothing sensible.", reason="file_unreadable")


async def _told_by_child(content: bytes, room: int, written_as: DocumentFormat) -> object:
    """The output of the process, or None if it was ended or wrote too much."""
    with tempfile.TemporaryFile() as source:
        await asyncio.to_thread(_fill, source.fileno(), content)
        process = await asyncio.create_subprocess_exec(
            # Its limits let it write no bytecode, so it does not try to.
            *(sys.executable, "-B", "-m", _PROGRAM, str(room), written_as),
            stdin=source,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=_ROOT,
            # No token or key is in its environment.
            env={"PATH": os.defpath},
        )
        try:
            async with asyncio.timeout(_WITHIN_S):
                said = await _output(process, room * _SPELLED + _AROUND)
                if said is None or await process.wait() != 0:
                    return None
        except TimeoutError:
            return None
        finally:
            await _end(process)
    try:
        return json.loads(said)
    except ValueError:
        return None


def _fill(descriptor: int, content: bytes) -> None:
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
        file.seek(0)


async def _output(process: Process, most: int) -> bytes | None:
    said = bytearray()
    if process.stdout is not None:
        while (piece := await process.stdout.read(64 * 1024)) and len(said) <= most:
            said += piece
    return bytes(said) if len(said) <= most else None


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        await asyncio.shield(process.wait())
