"""What makes a project ready: every command as gcloud reads it, Pub/Sub's part on its emulator."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulators.stack.provisioning import (
    DEAD_LETTER_PULL,
    DEAD_LETTER_PUSH,
    DEAD_LETTER_TOPIC,
    TASKS_PUSH,
    TASKS_TOPIC,
    DeliveryRules,
)
from tests.support import gcloud

ROOT = Path(__file__).parents[3]
BOOTSTRAP = "deploy/bootstrap.sh"
PROCESSOR_URL = "http://127.0.0.1:9"
TOLD = {"PROJECT_ID": "a-project", "PROJECT_NUMBER": "1234", "PROCESSOR_URL": PROCESSOR_URL}


@pytest.fixture(autouse=True)
def needs_gcloud() -> None:
    gcloud.require("gcloud")


async def dry_run(folder: Path, *parts: str, **told: str) -> list[str]:
    """Every command it would run, looking included."""
    env = gcloud.environment(folder, **TOLD, **told)
    ran = await gcloud.run(BOOTSTRAP, "--dry-run", *parts, env=env)
    assert ran.code == 0, ran.err
    lines = [line.removeprefix("# if there is none: ") for line in ran.out.splitlines()]
    return [line for line in lines if line.startswith("gcloud ")]


def granted(commands: list[str]) -> Iterator[tuple[str, str, str]]:
    """Who may do what with which thing."""
    for command in commands:
        words = shlex.split(command)
        if "add-iam-policy-binding" in words:
            thing = words[words.index("add-iam-policy-binding") + 1]
            flags = dict(word.split("=", 1) for word in words if word.startswith("--"))
            yield flags["--member"], flags["--role"], thing


async def test_gcloud_understands_every_command(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path)
    assert len(commands) > 60
    assert await gcloud.refused(commands, tmp_path) == []


async def test_gcloud_understands_what_is_only_done_when_it_is_asked_for(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path, "oncall", "on-call@example.com", "narrow", "vertex")
    commands += await dry_run(tmp_path, "secrets", "pubsub", RESIDENCY="jp")
    assert await gcloud.refused(list(dict.fromkeys(commands)), tmp_path) == []


async def test_whoever_is_on_call_may_look_go_back_and_replay(tmp_path: Path) -> None:
    rights = set(granted(await dry_run(tmp_path, "oncall", "on-call@example.com")))
    assert {who for who, _, _ in rights} == {"group:on-call@example.com"}
    assert {(role.removeprefix("roles/"), thing) for _, role, thing in rights} == {
        ("run.developer", "a-project"),
        ("monitoring.viewer", "a-project"),
        ("logging.viewer", "a-project"),
        ("cloudtrace.user", "a-project"),
        ("cloudbuild.builds.viewer", "a-project"),
        ("redis.viewer", "a-project"),
        ("serviceusage.serviceUsageConsumer", "a-project"),
        ("iam.serviceAccountUser", "mechachang-command@a-project.iam.gserviceaccount.com"),
        ("iam.serviceAccountUser", "mechachang-processor@a-project.iam.gserviceaccount.com"),
        ("artifactregistry.reader", "mechachang"),
        ("pubsub.subscriber", "mechachang-dead-letter-pull"),
        ("pubsub.viewer", "mechachang-dead-letter-pull"),
        ("pubsub.viewer", "mechachang-tasks-push"),
        ("pubsub.publisher", TASKS_TOPIC),
        ("secretmanager.secretVersionAdder", "mechachang-slack-bot-token"),
        ("secretmanager.secretVersionAdder", "mechachang-slack-app-token"),
    }


async def test_at_vertex_ai_only_the_processor_may_ask_models(tmp_path: Path) -> None:
    models = {"roles/aiplatform.user"}
    rights = granted(await dry_run(tmp_path, "vertex"))
    assert list(rights) == [
        (
            "serviceAccount:mechachang-processor@a-project.iam.gserviceaccount.com",
            *models,
            "a-project",
        )
    ]
    assert models.isdisjoint(role for _, role, _ in granted(await dry_run(tmp_path)))


async def test_narrowed_builds_administer_both_services_and_nothing_else(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path, "narrow")
    administered = {thing for _, role, thing in granted(commands) if role == "roles/run.admin"}
    assert administered == {"command-service", "processor-service", "mechachang-smoke"}
    (taken,) = [each for each in commands if "remove-iam-policy-binding a-project" in each]
    assert "--role=roles/run.admin" in taken


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


async def test_rights_are_the_least(tmp_path: Path) -> None:
    rights = set(granted(await dry_run(tmp_path)))
    command, processor = (
        f"serviceAccount:mechachang-{name}@a-project.iam.gserviceaccount.com"
        for name in ("command", "processor")
    )
    secrets = "roles/secretmanager.secretAccessor"
    for account, file in ((command, "command-service"), (processor, "processor-service")):
        template = yaml.safe_load((ROOT / f"deploy/{file}.yaml").read_text())["spec"]["template"]
        assert {t for a, r, t in rights if (a, r) == (account, secrets)} == set(
            secrets_of(template)
        )
    on_the_project = {r for a, r, t in rights if t == "a-project" and a in {command, processor}}
    assert on_the_project == {
        "roles/telemetry.metricsWriter",
        "roles/telemetry.tracesWriter",
        # Named beside them by Google's page on OTLP metrics (docs/decisions/0018).
        "roles/serviceusage.serviceUsageConsumer",
    }
    assert not {r for _, r, _ in rights} & {"roles/owner", "roles/editor", "roles/pubsub.admin"}
    assert (command, "roles/pubsub.publisher", TASKS_TOPIC) in rights
    assert not [t for a, _, t in rights if a == processor and t.startswith(TASKS_TOPIC)]


async def test_whoever_proposes_a_change_runs_as_an_account_that_can_only_write_logs(
    tmp_path: Path,
) -> None:
    check = "serviceAccount:mechachang-check@a-project.iam.gserviceaccount.com"
    rights = granted(await dry_run(tmp_path))
    assert [(role, target) for account, role, target in rights if account == check] == [
        ("roles/logging.logWriter", "a-project")
    ]


async def test_what_waits_in_a_subscription_stays_for_a_week(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path)
    made = [each for each in commands if "pubsub subscriptions create" in each]
    assert len(made) == 3
    assert all("--message-retention-duration=7d" in each for each in made)


def secrets_of(template: dict[str, Any]) -> Iterator[str]:
    """The secrets that a service names."""
    spec = template["spec"]
    for variable in spec["containers"][0]["env"]:
        if "valueFrom" in variable:
            yield variable["valueFrom"]["secretKeyRef"]["name"]
    for volume in spec.get("volumes", []):
        yield volume["secret"]["secretName"]


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


SECRET_KEEPER = """#!/bin/sh
# Keeps secrets as files, and notes how it was called. Knows one Redis.
echo "$*" >> "$STATE/asked"
last() {
  for word in "$@"; do case $word in --secret=*) echo "$STATE/${word#*=}.value" ;; esac; done
}
case "$*" in
  "secrets describe"*) [ -e "$STATE/$3" ] || { echo NOT_FOUND >&2; exit 1; } ;;
  "secrets create"*) touch "$STATE/$3" ;;
  *"versions describe latest"*) [ -e "$(last "$@")" ] || { echo NOT_FOUND >&2; exit 1; } ;;
  *"versions access latest"*) cat "$(last "$@")" ;;
  *"versions add"*) cat > "$STATE/$4.value" ;;
  *"value(host)"*) echo 10.0.0.3 ;;
  *"value(port)"*) echo 6378 ;;
  *"value(serverCaCerts.cert)"*) printf 'OLD\\nNEW\\n' ;;
  *get-auth-string*) echo a-password ;;
  *) exit 1 ;;
esac
"""


async def test_secrets_are_stored_once_and_never_shown(tmp_path: Path) -> None:
    stand_in = tmp_path / "bin" / "gcloud"
    stand_in.parent.mkdir()
    stand_in.write_text(SECRET_KEEPER)
    stand_in.chmod(0o755)
    state = tmp_path / "state"
    state.mkdir()
    env = gcloud.environment(tmp_path, **TOLD, STATE=str(state), SLACK_BOT_TOKEN="xoxb-hidden")
    env["PATH"] = f"{stand_in.parent}:{env['PATH']}"
    for _ in range(2):
        ran = await gcloud.run(BOOTSTRAP, "secrets", env=env)
        assert ran.code == 0, ran.err
        assert "mechachang-slack-app-token has no value yet" in ran.out
        assert "hidden" not in ran.out + ran.err
        assert "a-password" not in ran.out + ran.err
    url = (state / "mechachang-redis-url.value").read_text()
    assert url == "rediss://:a-password@10.0.0.3:6378/0"
    assert (state / "mechachang-redis-ca.value").read_text() == "OLD\nNEW"
    asked = (state / "asked").read_text()
    assert asked.count("versions add") == 4
    keys = (state / "mechachang-signing-keys.value").read_text()
    assert re.fullmatch(r"[0-9a-f]{64}", keys), "made by chance, once"
    assert keys not in asked
    assert "xoxb-hidden" not in asked
    assert "a-password" not in asked


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


async def test_an_unknown_part_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    env = gcloud.environment(tmp_path, **TOLD)
    ran = await gcloud.run(BOOTSTRAP, "accounts", "everything", env=env)
    assert ran.code == 1
    assert "There is no part everything" in ran.err


@pytest.mark.emulator
async def test_pubsub_is_made_as_the_local_stack_makes_it_and_may_be_made_again(
    tmp_path: Path, emulator_address: str
) -> None:
    env = gcloud.emulated(tmp_path, emulator_address, **TOLD | {"PROJECT_ID": "bootstrapped"})
    first = await gcloud.run(BOOTSTRAP, "pubsub", env=env)
    assert first.code == 0, first.err
    made = await subscriptions(env)
    await stretch_a_deadline(env)
    again = await gcloud.run(BOOTSTRAP, "pubsub", env=env)
    assert again.code == 0, again.err
    assert await subscriptions(env) == made
    check(made)


async def subscriptions(env: dict[str, str]) -> dict[str, dict[str, Any]]:
    listed = await gcloud.run(
        *("gcloud", "pubsub", "subscriptions", "list", "--project=bootstrapped", "--format=json"),
        env=env,
    )
    assert listed.code == 0, listed.err
    return {each["name"].rpartition("/")[2]: each for each in json.loads(listed.out)}


async def stretch_a_deadline(env: dict[str, str]) -> None:
    """Somebody changes by hand what the next run brings back."""
    changed = await gcloud.run(
        *("gcloud", "pubsub", "subscriptions", "update", TASKS_PUSH),
        *("--project=bootstrapped", "--ack-deadline=60"),
        env=env,
    )
    assert changed.code == 0, changed.err


def check(made: dict[str, dict[str, Any]]) -> None:
    """The settings as Pub/Sub tells them, against those of the local stack."""
    rules = DeliveryRules()
    topics = "projects/bootstrapped/topics/"
    back_off = {
        "minimumBackoff": f"{rules.min_backoff_s:g}s",
        "maximumBackoff": f"{rules.max_backoff_s:g}s",
    }
    token = {
        "audience": "mechachang-processor",
        "serviceAccountEmail": "mechachang-push@bootstrapped.iam.gserviceaccount.com",
    }
    assert made.keys() == {TASKS_PUSH, DEAD_LETTER_PUSH, DEAD_LETTER_PULL}
    for name, path in ((TASKS_PUSH, "push"), (DEAD_LETTER_PUSH, "dead-letter")):
        push = made[name]["pushConfig"]
        assert push["pushEndpoint"] == f"{PROCESSOR_URL}/pubsub/{path}"
        assert push["oidcToken"] == token
        assert made[name]["retryPolicy"] == back_off
    tasks = made[TASKS_PUSH]
    assert tasks["topic"] == topics + TASKS_TOPIC
    assert tasks["deadLetterPolicy"] == {
        "deadLetterTopic": topics + DEAD_LETTER_TOPIC,
        "maxDeliveryAttempts": rules.max_delivery_attempts,
    }
    for each in made.values():
        assert each["ackDeadlineSeconds"] == rules.ack_deadline_s
        assert each["messageRetentionDuration"] == f"{7 * 24 * 3600}s"
        assert each["expirationPolicy"] == {}
    assert "pushEndpoint" not in made[DEAD_LETTER_PULL].get("pushConfig", {})
    assert "retryPolicy" not in made[DEAD_LETTER_PULL]
