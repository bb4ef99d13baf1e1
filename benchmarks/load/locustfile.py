"""Locust's users: each asks in the chat page as a person does, and waits for the whole answer.

Run by ``python -m benchmarks.load``, which starts the stack and tells when an answer is whole.
"""

import os
import random
import time
from itertools import count
from typing import ClassVar

import gevent
from locust import HttpUser, LoadTestShape, constant_throughput, task

_numbers = count(int(time.time()) * 1000)
_CHANNELS = os.environ["LOAD_CHANNELS"].split(",")
_PEOPLE = os.environ["LOAD_PEOPLE"].split(",")
_WATCH_URL = os.environ["LOAD_WATCH_URL"]
# One person asks once in ten seconds; more people make a higher rate.
_ASKS_A_SECOND = 0.1


class Person(HttpUser):
    """Asks, and counts as failed what is not answered within a minute."""

    wait_time = constant_throughput(_ASKS_A_SECOND)

    def on_start(self) -> None:
        """People who join together do not ask together."""
        gevent.sleep(random.uniform(0, 1 / _ASKS_A_SECOND))  # noqa: S311 - load needs no secrecy

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
        return max(1, round(self.rate * (3 if burst else 1) / _ASKS_A_SECOND)), 100.0
