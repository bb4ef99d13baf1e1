"""How ``make test`` hands tests out to its processes: in order, the longest-lasting first."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it tells no types

from simulators.stack.service import Service
from tests.support.nursery.forked import Nursery

# Each of their tests starts a system of its own, and shares nothing with others of its file.
ALONE = ("tests/chaos/", "tests/drills/", "tests/scenarios/", "tests/browser/")
# These keep both cores busy, and some judge how long people wait: one after the other.
BUSY = (
    "tests/chaos/test_chaos.py",
    "tests/drills/test_rollback_drill.py",
    "tests/scenarios/test_busy_workspace.py",
    "tests/scenarios/test_flood_of_mentions.py",
    "tests/scenarios/test_restore_drill.py",
    "tests/scenarios/test_vendor_outages.py",
)


class InOrder(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist tells no types
    """Whoever is free takes what is next: a test that starts a system, or a file of others."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(BUSY):
            return "busy"
        return nodeid if nodeid.startswith(ALONE) else nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InOrder:
    """In place of ``--dist loadfile``, in which one file's tests would wait for each other."""
    return InOrder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those tests start their services in the quicker way."""
    for item in items:
        if item.nodeid.startswith(ALONE) and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "quick_services")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery | None]:
    """What services are forked off; macOS does not let a process fork that has imported so much."""
    if sys.platform != "linux":
        yield None
        return
    with Nursery() as opened:
        yield opened


@pytest.fixture
def quick_services(nursery: Nursery | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services are forked, not started anew."""
    monkeypatch.setattr(Service, "starter", nursery)
