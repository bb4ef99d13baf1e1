"""Topics and subscriptions as bootstrap makes them, on Google's emulator."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.stack.provisioning import (
    DEAD_LETTER_PULL,
    DEAD_LETTER_PUSH,
    DEAD_LETTER_TOPIC,
    TASKS_PUSH,
    TASKS_TOPIC,
    DeliveryRules,
)
from tests.support import gcloud
from tests.support.workbenches.bootstrap import (
    BOOTSTRAP,
    PROCESSOR_URL,
    TOLD,
    dry_run,
)


async def test_what_waits_in_a_subscription_stays_for_a_week(tmp_path: Path) -> None:
    commands = await dry_run(tmp_path)
    made = [each for each in commands if "pubsub subscriptions create" in each]
    assert len(made) == 3
    assert all("--message-retention-duration=7d" in each for each in made)


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
