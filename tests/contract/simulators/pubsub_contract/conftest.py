"""One contract, two brokers: our simulator and Google's emulator, through Google's own clients.

Where the two differ, ``DIFFERENCES`` says how.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.pubsub import PubSubSimulator
from tests.contract.simulators.pubsub_contract.behaviour import DIFFERENCES, Behaviour
from tests.support.workbenches.pubsub import PushTarget, Workbench, push_target, workbench


@pytest.fixture(params=["simulator", pytest.param("emulator", marks=pytest.mark.emulator)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def running_emulator(kind: str, request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("emulator_address") if kind == "emulator" else None


@pytest.fixture
async def broker(running_emulator: str | None) -> AsyncIterator[Workbench]:
    async with AsyncExitStack() as stack:
        address = running_emulator
        if address is None:
            simulator = PubSubSimulator(journal=Journal(), faults=FaultPlan())
            address = (await stack.enter_async_context(simulator.serve())).address
        yield await stack.enter_async_context(workbench(address))


@pytest.fixture
def does(kind: str) -> Behaviour:
    return DIFFERENCES[kind]


@pytest.fixture
async def target() -> AsyncIterator[PushTarget]:
    async with push_target() as listening:
        yield listening
