"""``python -m command_service`` as a process: how it starts, and how it ends."""

import asyncio
import json
import signal
import socket
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import Fault
from tests.support.machine import within
from tests.support.workbenches.command import Stack, stack
from tests.support.workbenches.service_process import service_process

END_WITHIN_S = 60.0
# Cloud Run's time between SIGTERM and SIGKILL (cloud.google.com/run/docs/container-contract).
KILLED_AFTER_S = 10.0


def settings_of(world: Stack, **changes: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_APP_TOKEN": "xapp-local",
        "SLACK_API_URL": world.api_url,
        "PUBSUB_EMULATOR_HOST": world.pubsub_address,
        "PORT": "0",
        **changes,
    }


async def ended(process: Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(END_WITHIN_S):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def actions(out: str) -> list[str]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    return [str(line["action"]) for line in lines if "action" in line]


async def test_bad_settings_end_it_with_code_two_and_every_fault(tmp_path: Path) -> None:
    async with service_process(
        "command_service", tmp_path, SLACK_APP_TOKEN="xoxb-local", ROLLOUT_PERCENT="200"
    ) as process:
        code, out, err = await ended(process)

    assert code == 2
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ROLLOUT_PERCENT"):
        assert name in err
    assert "Traceback" not in err + out


async def test_a_refused_token_ends_it_with_code_one_and_one_sentence(tmp_path: Path) -> None:
    async with (
        stack() as world,
        service_process(
            "command_service", tmp_path, **settings_of(world, SLACK_BOT_TOKEN="xoxb-unknown")
        ) as process,
    ):
        code, out, err = await ended(process)

    assert code == 1
    assert "Slack refused SLACK_BOT_TOKEN in auth.test (invalid_auth)" in out
    assert "Traceback" not in err + out
    assert "xoxb-unknown" not in err + out


async def test_a_taken_port_ends_it_with_code_one_before_slack_is_asked(tmp_path: Path) -> None:
    async with stack() as world:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            async with service_process(
                "command_service", tmp_path, **settings_of(world, PORT=port)
            ) as process:
                code, out, err = await ended(process)
        assert world.calls("auth.test") == []

    assert code == 1
    assert f"Port {port} cannot be used" in out
    assert "Traceback" not in err + out


async def test_sigterm_while_slack_does_not_answer_ends_the_start(tmp_path: Path) -> None:
    async with stack() as world:
        world.faults.add("slack", "auth.test", Fault("error", status=503), -1)
        async with service_process("command_service", tmp_path, **settings_of(world)) as process:
            await world.slack.wait_for(lambda: world.calls("auth.test"), END_WITHIN_S)
            process.send_signal(signal.SIGTERM)
            code, _, err = await ended(process)

    assert code == 0
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_finishes_what_is_in_flight_and_ends_it_with_code_zero(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with stack() as world:
        world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.5))
        async with service_process("command_service", tmp_path, **settings_of(world)) as process:
            await world.slack.wait_for(lambda: world.slack.sockets.sockets, END_WITHIN_S)
            world.slack.people.post("hana", "#general", "@mechachang hello")
            # The fault is used up as soon as the task is on its way to Pub/Sub.
            await world.slack.wait_for(lambda: not world.faults.rules(), END_WITHIN_S)
            process.send_signal(number)
            code, out, err = await ended(process)

        assert code == 0
        assert [entry.step for entry in world.journal.entries(step="ack")] == ["ack"]
        # Pub/Sub's confirmation may come after the second that an attempt at publishing has.
        assert len({task.task_id for task in world.tasks()}) == 1
        assert world.slack.sockets.sockets == []
    assert "Traceback" not in err + out
    assert actions(out)[:2] == ["started", "socket_connected"]
    assert "stopping" in actions(out)
    assert "hello" not in out
    assert "xoxb-local" not in out


async def test_a_second_signal_while_it_ends_neither_hurries_it_nor_loses_a_question(
    tmp_path: Path,
) -> None:
    async with stack() as world:
        world.faults.add("pubsub", "Publish", Fault("delay", seconds=1.5))
        async with service_process("command_service", tmp_path, **settings_of(world)) as process:
            await world.slack.wait_for(lambda: world.slack.sockets.sockets, END_WITHIN_S)
            world.slack.people.post("hana", "#general", "@mechachang hello")
            await world.slack.wait_for(lambda: not world.faults.rules(), END_WITHIN_S)
            process.send_signal(signal.SIGTERM)
            await said("stopping", process)
            process.send_signal(signal.SIGTERM)
            with within(KILLED_AFTER_S):
                code, out, err = await ended(process)

        assert code == 0
        assert "Traceback" not in err + out
        assert [entry.step for entry in world.journal.entries(step="ack")] == ["ack"]
        assert len({task.task_id for task in world.tasks()}) == 1


async def said(action: str, process: Process) -> None:
    """Until it has logged ``action``."""
    assert process.stdout is not None
    async with asyncio.timeout(END_WITHIN_S):
        while line := await process.stdout.readline():
            if action in actions(line.decode()):
                return
    raise AssertionError(f"It ended without {action}.")


async def test_a_signal_ends_it_in_time_although_slack_and_the_queue_hang(tmp_path: Path) -> None:
    async with stack() as world:
        # The search for missed questions hangs from the start, all else once the socket is open.
        world.faults.add("slack", "users.conversations", Fault("hang"), -1)
        async with service_process("command_service", tmp_path, **settings_of(world)) as process:
            await world.slack.wait_for(lambda: world.slack.sockets.sockets, END_WITHIN_S)
            world.faults.add("slack", "*", Fault("hang"), -1)
            publish = world.faults.add("pubsub", "Publish", Fault("delay", seconds=60.0), 9)
            refused = world.slack.people.post("kenji", "#general", "@mechachang")
            asked = world.slack.people.post("hana", "#general", "@mechachang hello")
            # By then the refusal's text and both persons' languages hang as well.
            await world.slack.wait_for(lambda: publish.times < 9, END_WITHIN_S)
            process.send_signal(signal.SIGTERM)
            with within(KILLED_AFTER_S):
                code, out, err = await ended(process)

        assert code == 0
        assert "Traceback" not in err + out
        assert world.journal.entries(step="ack", key=f"message:{refused.channel}:{refused.ts}")
        handed_back = f"message:{asked.channel}:{asked.ts}"
        assert not world.journal.entries(step="ack", key=handed_back), "Slack delivers it again"
        assert "question_handed_back" in actions(out)
        assert "close_late" not in actions(out)
