"""A vendor that is away takes nothing of ours down, and nothing that was asked is lost."""

from pathlib import Path

import pytest

from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.drills.outages.away import OUTAGES
from tests.drills.outages.drill import SETTINGS, outage, report
from tests.scenarios.conftest import QUICK


@pytest.mark.timeout(240)
async def test_no_process_restarts_or_fails_its_probe_while_a_vendor_is_away(
    tmp_path: Path,
) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, settings=SETTINGS, delivery=QUICK)) as stack:
        for name in OUTAGES:
            verdict = await outage(stack, name, 4.0, 2.0)
            assert not verdict.faults, report(verdict)
            assert verdict.asked, report(verdict)
