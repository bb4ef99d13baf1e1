"""The budget of a project, made and changed as gcloud understands it."""

from pathlib import Path

import pytest

from tests.support import gcloud
from tests.support.workbenches.bootstrap import BOOTSTRAP, TOLD, dry_run

BILLING = {"BILLING_ACCOUNT": "012345-6789AB-CDEF01", "MONTHLY_BUDGET": "200"}


async def test_a_budget_is_made_only_if_it_is_named_and_as_gcloud_understands_it(
    tmp_path: Path,
) -> None:
    assert not [command for command in await dry_run(tmp_path) if "billing" in command]
    env = gcloud.environment(tmp_path, **TOLD, **BILLING)
    ran = await gcloud.run(BOOTSTRAP, "--dry-run", "budget", env=env)
    assert ran.code == 0, ran.err
    lines = [line.removeprefix("# if there is none: ") for line in ran.out.splitlines()]
    commands = [line for line in lines if line.startswith("gcloud ")]
    assert len(commands) == 3
    assert await gcloud.refused(commands, tmp_path) == []


async def test_a_budget_that_is_there_gets_the_new_amount(tmp_path: Path) -> None:
    stand_in = tmp_path / "bin" / "gcloud"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f'#!/bin/sh\necho "gcloud $*" >> {tmp_path}/asked\n'
        'case "$*" in *"budgets list"*) echo "$BUDGET" ;; esac\n'
    )
    stand_in.chmod(0o755)
    budget = "billingAccounts/012345-6789AB-CDEF01/budgets/b"
    env = gcloud.environment(tmp_path, **TOLD, **BILLING, BUDGET=budget)
    env["PATH"] = f"{stand_in.parent}:{env['PATH']}"
    ran = await gcloud.run(BOOTSTRAP, "budget", env=env)
    assert ran.code == 0, ran.err
    *_, changed = (tmp_path / "asked").read_text().splitlines()
    assert f"billing budgets update {budget} --budget-amount=200" in changed
    assert await gcloud.refused([changed], tmp_path) == []


@pytest.mark.parametrize("missing", BILLING)
async def test_a_budget_needs_to_know_who_pays_and_how_much(tmp_path: Path, missing: str) -> None:
    told = {name: value for name, value in BILLING.items() if name != missing}
    env = gcloud.environment(tmp_path, **TOLD, **told)
    ran = await gcloud.run(BOOTSTRAP, "--dry-run", "budget", env=env)
    assert ran.code == 1
    assert missing in ran.err
