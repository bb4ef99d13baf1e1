"""What the backup writes down, what it never reads, and what can be made again from it."""

import asyncio
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import gcloud

BACKUP = "deploy/backup.sh"
BOOTSTRAP = "deploy/bootstrap.sh"
TOLD = {"PROJECT_ID": "saved", "PROJECT_NUMBER": "1234", "PROCESSOR_URL": "http://127.0.0.1:9"}


@pytest.fixture(autouse=True)
def needs_gcloud() -> None:
    gcloud.require("gcloud")


async def dry_run(folder: Path) -> dict[str, str]:
    """Each command by the file that its answer would become."""
    ran = await gcloud.run(BACKUP, "--dry-run", env=gcloud.environment(folder, **TOLD))
    assert ran.code == 0, ran.err
    found = {}
    for line in ran.out.splitlines():
        command, _, file = line.partition(" > ")
        # gcloud's parser splits words, but does not undo the shell's quoting.
        found[file] = " ".join(shlex.split(command))
    return found


async def test_gcloud_understands_every_command_and_none_changes_anything(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path)
    assert await gcloud.refused(list(commands.values()), tmp_path) == []
    reading = {"list", "describe", "get-iam-policy"}
    assert all(reading & set(command.split()) for command in commands.values())


async def test_it_never_reads_a_secret(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path)
    about_secrets = [c for c in commands.values() if " secrets " in c]
    assert about_secrets
    assert not [c for c in about_secrets if "access" in c.split()]
    assert not [c for c in commands.values() if "get-auth-string" in c or "authString" in c]


async def test_half_a_backup_does_not_pass_for_one(tmp_path: Path) -> None:
    stand_in = tmp_path / "bin" / "gcloud"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\ncase "$*" in *subscriptions*) exit 1;; *) echo [];; esac\n')
    stand_in.chmod(0o755)
    env = gcloud.environment(tmp_path, **TOLD, BACKUPS=str(tmp_path / "backups"))
    env["PATH"] = f"{stand_in.parent}:{env['PATH']}"
    ran = await gcloud.run(BACKUP, "pubsub", env=env)
    assert ran.code == 1
    (left,) = (tmp_path / "backups").iterdir()
    assert left.suffix == ".part"


@pytest.mark.emulator
async def test_what_was_deleted_is_made_again_and_what_is_there_is_kept(
    tmp_path: Path, emulator_address: str
) -> None:
    env = gcloud.emulated(tmp_path, emulator_address, **TOLD, BACKUPS=str(tmp_path / "backups"))
    assert (await gcloud.run(BOOTSTRAP, "pubsub", env=env)).code == 0
    saved = await gcloud.run(BACKUP, "pubsub", env=env)
    assert saved.code == 0, saved.err
    backup = Path(saved.out.strip())
    before = subscriptions(backup)
    await asyncio.gather(
        delete(env, "subscriptions", "mechachang-tasks-push"),
        delete(env, "topics", "mechachang-tasks"),
    )

    restored = await restore(backup, emulator_address)
    assert restored.code == 0, restored.err
    assert "topics/mechachang-tasks was made" in restored.out
    assert "subscriptions/mechachang-tasks-push was made" in restored.out
    assert "subscriptions/mechachang-dead-letter-pull is there" in restored.out
    again = await gcloud.run(BACKUP, "pubsub", env=env | {"BACKUPS": str(tmp_path / "later")})
    assert subscriptions(Path(again.out.strip())) == before

    await delete(env, "topics", "mechachang-tasks")
    orphaned = await restore(backup, emulator_address)
    assert orphaned.code == 1
    assert "mechachang-tasks-push still belongs to the topic that was deleted" in orphaned.err


async def test_a_folder_that_is_no_backup_is_wrong_usage(tmp_path: Path) -> None:
    ran = await restore(tmp_path, "127.0.0.1:9")
    assert ran.code == 2
    assert "is no backup" in ran.err


def subscriptions(backup: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((backup / "subscriptions.json").read_text())
    return sorted(found, key=lambda each: str(each["name"]))


async def delete(env: dict[str, str], kind: str, name: str) -> None:
    ran = await gcloud.run("gcloud", "pubsub", kind, "delete", name, "--project=saved", env=env)
    assert ran.code == 0, ran.err


async def restore(backup: Path, address: str) -> gcloud.Ran:
    env = gcloud.environment(backup.parent, PUBSUB_EMULATOR_HOST=address)
    return await gcloud.run(sys.executable, "-m", "deploy.restore", str(backup), env=env)
