"""A thread in the simulated Slack in which two answers to one question stand."""

import json
from collections import Counter

import aiohttp

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.slack import SlackSimulator
from tests.drills.runbooks.played import PlayedInstallation


async def answered_once(at: PlayedInstallation) -> None:
    """One answer, as it should be."""
    slack = SlackSimulator(journal=Journal(), faults=FaultPlan())
    running = await at.opened.enter_async_context(slack.serve())
    at.slack_url, at.pasted = running.base_url, slack.config.bot_token
    channel = slack.people.channel("#general").id
    at.filled = {"CHANNEL": channel}
    at.filled["THREAD_TS"] = slack.people.post("alice", "#general", "@mechachang Redis?").ts
    await _post(at)


async def answer_again(at: PlayedInstallation) -> None:
    """And a second one with the same mark."""
    at.filled["MESSAGE_TS"] = await _post(at)


async def _post(at: PlayedInstallation) -> str:
    payload = {"task_id": "t1", "role": "answer", "part": 1, "parts": 1}
    message = {
        "channel": at.filled["CHANNEL"],
        "thread_ts": at.filled["THREAD_TS"],
        "text": "An in-memory store.",
        "metadata": {"event_type": "mechachang_answer", "event_payload": payload},
    }
    headers = {"Authorization": f"Bearer {at.pasted}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{at.slack_url}/api/chat.postMessage", json=message) as response,
    ):
        return str((await response.json())["ts"])


def _parts(printed: str) -> Counter[str]:
    payloads = [each.get("metadata", {}) for each in json.loads(printed)["messages"]]
    found = [each["event_payload"] for each in payloads if each.get("event_payload")]
    return Counter(f"{each['task_id']} {each['role']} {each['part']}" for each in found)


def is_doubled(printed: str) -> bool:
    """Whether a thread that was printed has one part of an answer twice."""
    return max(_parts(printed).values()) > 1


def is_single(printed: str) -> bool:
    """Whether each part of an answer stands there once."""
    return set(_parts(printed).values()) == {1}


async def was_there(at: PlayedInstallation) -> bool:
    """Nothing but the page removes the second one."""
    return "MESSAGE_TS" in at.filled
