"""The whole system with a broker that delivers again soon: what scenarios usually start from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules
from tests.support.workbenches.redis import PATIENT_REDIS

QUICK = DeliveryRules(min_backoff_s=0.2, max_backoff_s=0.4)


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[LocalStack]:
    config = StackConfig(folder=tmp_path, delivery=QUICK, processor=PATIENT_REDIS)
    async with LocalStack(config) as started:
        yield started
