"""How ``make test`` hands tests out to its processes: in order, the longest-lasting first."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# Each of their tests starts a system of its own, and shares nothing with others of its file.
ALONE = ("tests/chaos/", "tests/drills/", "tests/scenarios/", "tests/browser/")


class InOrder(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist tells no types
    """Whoever is free takes what is next: a test that starts a system, or a file of others."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(ALONE) else nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InOrder:
    """In place of ``--dist loadfile``, in which one file's tests would wait for each other."""
    return InOrder(config, log)
