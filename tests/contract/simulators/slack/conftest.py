"""A workspace for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.workbenches.slack import Workbench, workbench


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Workbench]:
    async with workbench() as opened:
        yield opened
