"""Locust's users: each asks in the chat page as a person does, and waits for the whole answer.

Run by ``python -m benchmarks.load``, which starts the stack and tells when an answer is whole.
"""

import os
import random
import time
from itertools import count
from typing import ClassVar

import gevent
from locust import HttpUser, LoadTestShape, task

from benchmarks.load.pacing import Turns

_numbers = count(int(time.time()) * 1000)
_CHANNELS = os.environ["LOAD_CHANNELS"].split(",")
_PEOPLE = os.environ["LOAD_PEOPLE"].split(",")
_WATCH_URL = os.environ["LOAD_WATCH_URL"]
# One person asks once in ten seconds; more people make a higher rate.
_EVERY_S = 10.0


class Person(HttpUser):
    """Asks, and counts as failed what is not answered within a minute."""

    def on_start(self) -> None:
        """Wait for the first turn."""
        self._turns = Turns(_EVERY_S, time.monotonic())
        gevent.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Not Locust's ``constant_throughput``: it counts from the user's creation, so all who
        join together would ask together, whatever they wait for first.
        """
        return self._turns.wait_s(time.monotonic())

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


class SteadyWithBursts(LoadTestShape):
    """A steady rate; in the last six seconds of each minute three times as many ask."""

    rate: ClassVar[float] = float(os.environ["LOAD_RATE"])
    seconds: ClassVar[float] = float(os.environ["LOAD_SECONDS"])
    began: ClassVar[float] = time.monotonic()
    bursts: ClassVar[bool] = os.environ["LOAD_BURSTS"] == "1"

    def tick(self) -> tuple[int, float] | None:
        """How many people there are now, and how many may join a second."""
        ran = time.monotonic() - self.began
        if ran > self.seconds:
            return None
        burst = self.bursts and ran % 60 > 54
        return max(1, round(self.rate * (3 if burst else 1) * _EVERY_S)), 100.0
