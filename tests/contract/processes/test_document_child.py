"""The process that reads one document: hostile ones each end in a verdict, within its limits."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from processor_service.attachments.documents.__main__ import CPU_S, MEMORY_BYTES
from processor_service.attachments.documents.reader import ChildDocuments
from processor_service.ports.files import DocumentFormat
from shared.errors import FileUnusable
from tests.support.hostile_files import HARMLESS, HOSTILE
from tests.support.office_files import sales

ROOM = 1_000_000
NESTED_MAIL = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5_000)
)
LIMITS = """
import json, resource
from processor_service.attachments.documents.__main__ import limit_this_process
limit_this_process()
kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)
print(json.dumps([resource.getrlimit(each)[1] for each in kinds]))
try:
    print(len(bytes(300_000_000)))
except MemoryError:
    print("no memory")
"""


@pytest.mark.parametrize(("make", "verdict"), HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_document_ends_in_a_verdict(
    make: Callable[[], bytes], verdict: str
) -> None:
    with pytest.raises(FileUnusable) as unusable:
        await ChildDocuments().read(make(), ROOM)
    assert unusable.value.reason == verdict


@pytest.mark.parametrize(("make", "words"), HARMLESS.values(), ids=HARMLESS)
async def test_what_only_looks_hostile_is_read(make: Callable[[], bytes], words: str) -> None:
    document = await ChildDocuments().read(make(), ROOM)
    assert words in document.text
    assert len(document.text.encode()) < ROOM + 1_000


@pytest.mark.parametrize(
    ("content", "written_as", "verdicts"),
    [
        (NESTED_MAIL, DocumentFormat.MAIL, {"file_too_complex"}),
        (b"Subject: a\n" * 3_000_000, DocumentFormat.MAIL, {"file_too_complex"}),
        # Later Pythons read this in linear time.
        (b"<a b=" * 500_000, DocumentFormat.PAGE, {"file_no_text", "file_too_complex"}),
        (b"", DocumentFormat.PAGE, {"file_no_text"}),
    ],
    ids=["mails in mails", "headers alone", "markup alone", "nothing"],
)
async def test_a_hostile_mail_or_page_ends_in_a_verdict(
    content: bytes, written_as: DocumentFormat, verdicts: set[str]
) -> None:
    with pytest.raises(FileUnusable) as unusable:
        await ChildDocuments().read(content, ROOM, written_as)
    assert unusable.value.reason in verdicts


async def test_rows_that_were_not_read_are_named() -> None:
    document = await ChildDocuments().read(HARMLESS["100,000 rows"][0](), ROOM)
    # A slow machine has no time left for the small sheet behind them, and names that as well.
    assert re.match(r"明細![0-9]+:100000\b", document.left_out)


async def test_the_process_has_hard_limits_of_memory_and_time_and_writes_no_file() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", LIMITS, stdout=PIPE)
    out, _ = await process.communicate()
    limits, tried = out.decode().splitlines()
    assert json.loads(limits) == [MEMORY_BYTES, CPU_S, 0]
    assert tried == "no memory"


async def test_the_process_knows_nothing_of_the_services_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Python runs this at its start, if its environment says where it is.
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    document = await ChildDocuments().read(sales(), ROOM)
    assert "2026年度 売上表" in document.text


async def test_a_reading_that_is_cancelled_leaves_no_process_behind() -> None:
    us, content = psutil.Process(), HARMLESS["100,000 rows"][0]()
    before = {each.pid for each in us.children()}
    reading = asyncio.create_task(ChildDocuments().read(content, ROOM))
    async with asyncio.timeout(30):
        while {each.pid for each in us.children()} <= before:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert {each.pid for each in us.children()} <= before
