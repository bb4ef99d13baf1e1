"""Locust's users: each asks in the chat page as a person does, and waits for the whole answer.

Run by ``python -m benchmarks.load``, which starts the stack and tells when an answer is whole.
"""

import os
import random
import time
from itertools import count

import gevent
from locust import HttpUser, LoadTestShape, task

from benchmarks.load.pacing import EVERY_S, Crowd, Turns

_numbers = count(int(time.time()) * 1000)
_CHANNELS = os.environ["LOAD_CHANNELS"].split(",")
_PEOPLE = os.environ["LOAD_PEOPLE"].split(",")
_WATCH_URL = os.environ["LOAD_WATCH_URL"]


_CROWD = Crowd(
    rate=float(os.environ["LOAD_RATE"]),
    seconds=float(os.environ["LOAD_SECONDS"]),
    bursts=os.environ["LOAD_BURSTS"] == "1",
    opening=os.environ["LOAD_OPENING"] == "1",
)
_BEGAN = time.monotonic()


class Person(HttpUser):
    """Asks, and counts as failed what is not answered within a minute."""

    _turns: Turns | None = None

    def on_start(self) -> None:
        """Wait for the first turn."""
        gevent.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Not Locust's ``constant_throughput``: it counts from the user's creation, so all who
        join together would ask together, whatever they wait for first.
        """
        now = time.monotonic()
        together_s = _CROWD.wait_together_s(now - _BEGAN)
        if together_s is not None:
            return together_s
        if self._turns is None:
            self._turns = Turns(EVERY_S, now)
        return self._turns.wait_s(now)

    @task
    def ask(self) -> None:
        """Ask in a channel; "whole answer" is the time until all of it stands there."""
        number = next(_numbers)
        body = {
            "user": random.choice(_PEOPLE),  # noqa: S311 - load needs no secrecy
            "channel": random.choice(_CHANNELS),  # noqa: S311 - as above
            "text": f"@mechachang Q{number}Q How do I tell whether a number is prime?",
        }
        with self.client.post(
            "/page/api/post", json=body, name="ask", catch_response=True
        ) as posted:
            if not posted.json().get("ok"):
                posted.failure(posted.text)
                return
        self.client.get(f"{_WATCH_URL}/answered/{number}", name="whole answer", timeout=70)


class Told(LoadTestShape):
    """As many people as the crowd has."""

    def tick(self) -> tuple[int, float] | None:
        """How many people there are now, and how many may join a second."""
        people = _CROWD.people(time.monotonic() - _BEGAN)
        return None if people is None else (people, 100.0)
