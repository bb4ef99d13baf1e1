"""What makes a project ready: every command as gcloud reads it."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.support import gcloud
from tests.support.workbenches.bootstrap import (
    BOOTSTRAP,
    ROOT,
    TOLD,
    dry_run,
)


async def test_gcloud_understands_every_command(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path)
    assert len(commands) > 60
    assert await gcloud.refused(commands, tmp_path) == []


async def test_gcloud_understands_what_is_only_done_when_it_is_asked_for(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path, "oncall", "on-call@example.com", "narrow", "vertex")
    commands += await dry_run(tmp_path, "secrets", "pubsub", RESIDENCY="jp")
    assert await gcloud.refused(list(dict.fromkeys(commands)), tmp_path) == []


@pytest.mark.parametrize(
    ("words", "told", "said"),
    [
        (("oncall",), {}, "Who is on call?"),
        (("oncall", "pubsub"), {}, "Who is on call?"),
        ((), {"RESIDENCY": "jp", "REGION": "us-central1"}, "asia-northeast1,asia-northeast2"),
        ((), {"RESIDENCY": "eu"}, "RESIDENCY is jp or empty"),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    words: tuple[str, ...], told: dict[str, str], said: str, tmp_path: Path
) -> None:
    env = gcloud.environment(tmp_path, **TOLD, **told)
    ran = await gcloud.run(BOOTSTRAP, "--dry-run", *words, env=env)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


async def test_in_japan_secrets_and_messages_are_kept_in_japan_only(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path, RESIDENCY="jp")
    japan = "asia-northeast1,asia-northeast2"
    secrets = [each for each in commands if " secrets create " in each]
    assert len(secrets) == 6
    assert all(f"user-managed --locations={japan}" in _unquoted(each) for each in secrets)
    topics = [each for each in commands if " topics update " in each]
    assert len(topics) == 2
    assert all(f"allowed-regions={japan}" in _unquoted(each) for each in topics)


def _unquoted(command: str) -> str:
    return " ".join(shlex.split(command))


async def test_a_second_region_shares_nothing_with_the_one_that_is_gone(tmp_path: Path) -> None:
    """As docs/runbooks/region-is-gone.md has it typed."""
    page = (ROOT / "docs/runbooks/region-is-gone.md").read_text()
    (line,) = re.findall(r"^export (REGION=.*)", page, re.MULTILINE)
    typed = line.replace("$PROJECT_ID", TOLD["PROJECT_ID"])
    told = dict(word.split("=", 1) for word in shlex.split(typed))
    told |= {"PROCESSOR_URL": ""}
    env = gcloud.environment(tmp_path, **{**TOLD, **told})
    ran = await gcloud.run(BOOTSTRAP, "--dry-run", env=env)
    assert ran.code == 0, ran.err
    assert "asia-northeast1" not in ran.out
    assert "https://processor-service-1234.asia-northeast2.run.app/pubsub/push" in ran.out
    first = "\n".join(await dry_run(tmp_path))
    for once in (r"--range=(\S+)", r"gs://(\S+)"):
        assert not {*re.findall(once, ran.out)} & {*re.findall(once, first)}


async def test_old_images_and_sources_go_and_redis_is_mended_on_sunday_night(
    tmp_path: Path,
) -> None:
    commands = await dry_run(tmp_path, "registry", "redis")
    (images,) = [each for each in commands if "set-cleanup-policies" in each]
    (sources,) = [each for each in commands if "--lifecycle-file" in each]
    (redis,) = [each for each in commands if "--maintenance-window-day" in each]
    old, newest = json.loads((ROOT / "deploy/image-cleanup.json").read_text())
    assert old["condition"] == {"tagState": "any", "olderThan": "90d"}
    assert newest["mostRecentVersions"]["keepCount"] >= 30
    assert "--no-dry-run" in images
    (rule,) = json.loads((ROOT / "deploy/build-lifecycle.json").read_text())["rule"]
    assert rule == {"action": {"type": "Delete"}, "condition": {"age": 30}}
    assert sources.split()[4] == "gs://a-project-mechachang-build"
    assert "--maintenance-window-day=saturday --maintenance-window-hour=18" in redis


async def test_a_flag_or_a_value_that_gcloud_does_not_know_is_found(tmp_path: Path) -> None:
    (redis,) = [c for c in await dry_run(tmp_path) if "redis instances create" in c]
    broken = [
        redis.replace("--enable-auth", "--enable-password"),
        redis.replace("server-authentication", "tls"),
    ]
    faults = await gcloud.refused(broken, tmp_path)
    assert "unrecognized arguments: --enable-password" in faults[0]
    assert "Invalid choice: 'tls'" in faults[1]


async def test_redis_wants_a_password_and_speaks_tls(tmp_path: Path) -> None:
    (redis,) = [c for c in await dry_run(tmp_path) if "redis instances create" in c]
    assert {"--enable-auth", "--transit-encryption-mode=server-authentication"} <= set(
        redis.split()
    )


async def test_a_look_that_is_refused_is_not_taken_for_nothing_there(tmp_path: Path) -> None:
    """Else it would try to make what it may not even see."""
    stand_in = tmp_path / "bin" / "gcloud"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho "PERMISSION_DENIED: no" >&2\nexit 1\n'
    )
    stand_in.chmod(0o755)
    env = gcloud.environment(tmp_path, **TOLD)
    env["PATH"] = f"{stand_in.parent}:{env['PATH']}"
    ran = await gcloud.run(BOOTSTRAP, "accounts", env=env)
    assert ran.code == 1
    assert "PERMISSION_DENIED" in ran.err
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert asked.startswith("iam service-accounts describe")


async def test_an_unknown_part_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    env = gcloud.environment(tmp_path, **TOLD)
    ran = await gcloud.run(BOOTSTRAP, "accounts", "everything", env=env)
    assert ran.code == 1
    assert "There is no part everything" in ran.err
