"""Server-sent events as they may arrive."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest

from processor_service.gemini_events import documents


class Arriving:
    """A body that arrives in these parts."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    async def iter_any(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


async def read(*parts: bytes) -> list[dict[str, Any]]:
    content = cast("aiohttp.StreamReader", Arriving(*parts))
    return [document async for document in documents(content)]


DOCUMENTS: list[dict[str, Any]] = [{"text": "一\u2028"}, {"text": "x" * 70_000}, {}]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("size", [1, 7, 65_536, 10_000_000])
async def test_documents_are_the_same_however_they_are_cut(end: str, size: int) -> None:
    lines = (f"data: {json.dumps(one, ensure_ascii=False)}{end}{end}" for one in DOCUMENTS)
    body = "".join(lines).encode()
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    assert await read(*parts) == DOCUMENTS


async def test_a_document_over_several_lines_is_one() -> None:
    assert await read(b'data: {"a":\ndata: 1}\n\n') == [{"a": 1}]


async def test_comments_and_other_fields_are_passed_over() -> None:
    assert await read(b': still there\n\nevent: x\nid: 1\ndata:{"a": 1}\n\n\n') == [{"a": 1}]


async def test_the_last_document_counts_without_its_empty_line() -> None:
    assert await read(b'data: {"a": 1}\n\ndata: {"a": 2}') == [{"a": 1}, {"a": 2}]


async def test_half_a_document_is_an_error() -> None:
    with pytest.raises(json.JSONDecodeError):
        await read(b'data: {"a": 1}\n\ndata: {"a"')


@pytest.mark.parametrize("said", [b"[]", b"null", b"1", b'"\xff"'])
async def test_json_that_is_no_object_is_an_error(said: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        await read(b"data: " + said + b"\n\n")


async def test_halves_of_characters_are_replaced_where_they_arrive() -> None:
    body = rb'data: {"text": "a\ud83d b\ude00", "parts": [{"\uD800": "\ud83d\ude00 \\ud83d"}]}'
    [found] = await read(body + b"\n\n")
    assert found == {"text": "a\ufffd b\ufffd", "parts": [{"\ufffd": r"😀 \ud83d"}]}


async def test_json_nested_without_end_is_no_document() -> None:
    with pytest.raises(json.JSONDecodeError):
        await read(b"data: " + b'{"a":' * 100_000 + b"\n\n")
