"""Brokers that are too slow to start for every single test."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from simulators.google_emulator import EmulatorMissing, google_emulator


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def emulator_address() -> AsyncIterator[str]:
    """Google's emulator, one for the whole run; skips where it can't be had, except in CI."""
    try:
        async with google_emulator() as address:
            yield address
    except EmulatorMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
