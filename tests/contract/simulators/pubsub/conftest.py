"""A broker for each test."""

from collections.abc import AsyncIterator

import pytest

from simulators.pubsub import PubSubConfig
from tests.support.workbenches.pubsub import Bench, serving


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    # Deadlines pass 100 times faster: the shortest takes 0.1 s, the longest 6 s.
    async with serving(PubSubConfig(speed=100)) as opened:
        yield opened
