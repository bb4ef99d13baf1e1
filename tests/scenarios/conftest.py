"""The whole system with a broker that delivers again soon: what scenarios usually start from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules

QUICK = DeliveryRules(min_backoff_s=0.2, max_backoff_s=0.4)


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[LocalStack]:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=QUICK)) as started:
        yield started
