"""Cloud Run's probes of a container, with the platform's own timing.

The first probe comes as soon as the container is started (plus its initial delay), the next ones a
whole period apart: of a process that listens after half a second, an HTTP probe finds that out only
when the next one is due (cloud.google.com/run/docs/configuring/healthchecks). A TCP probe goes on
trying to connect for as long as its timeout lets it, as the platform's own of 240 s does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

_LISTENING_LOOK_S: Final = 0.05


class ProbeFailed(Exception):
    """A container that did not pass its startup probe: Cloud Run ends it."""


@dataclass(frozen=True)
class Probe:
    """When and what is asked; ``path`` None asks only for a TCP connection. Times in seconds."""

    path: str | None = None
    initial_delay_s: float = 0.0
    period_s: float = 10.0
    timeout_s: float = 1.0
    failure_threshold: int = 3

    @classmethod
    def of_yaml(cls, probe: Mapping[str, Any]) -> Self:
        """From a service's file (``startupProbe`` and its siblings), with the API's defaults."""
        return cls(
            path=probe["httpGet"].get("path", "/") if "httpGet" in probe else None,
            initial_delay_s=probe.get("initialDelaySeconds", 0),
            period_s=probe.get("periodSeconds", 10),
            timeout_s=probe.get("timeoutSeconds", 1),
            failure_threshold=probe.get("failureThreshold", 3),
        )

    @classmethod
    def of_message(cls, probe: Any) -> Self:
        """From ``google.cloud.run_v2.Probe``, where what is not said is 0."""
        return cls(
            path=(probe.http_get.path or "/") if "http_get" in probe else None,
            initial_delay_s=probe.initial_delay_seconds,
            period_s=probe.period_seconds or 10,
            timeout_s=probe.timeout_seconds or 1,
            failure_threshold=probe.failure_threshold or 3,
        )


# What Cloud Run does of itself where a container names no startup probe: it waits for the port.
_UNTIL_IT_LISTENS: Final = Probe(period_s=240.0, timeout_s=240.0, failure_threshold=1)

Ask = Callable[[Probe, str], Awaitable[bool]]
Sleep = Callable[[float], Awaitable[None]]


async def passes(probe: Probe, address: str) -> bool:
    """Whether one probe is answered: a status from 200 to 399, or an open port."""
    try:
        async with asyncio.timeout(probe.timeout_s):
            if probe.path is None:
                await _connected(address)
                return True
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{address}{probe.path}", allow_redirects=False) as response,
            ):
                return 200 <= response.status < 400
    except (OSError, aiohttp.ClientError, TimeoutError):
        return False


async def _connected(address: str) -> None:
    where = urlsplit(address)
    while True:
        try:
            _, writer = await asyncio.open_connection(where.hostname, where.port)
        except OSError:
            await asyncio.sleep(_LISTENING_LOOK_S)
        else:
            writer.close()
            return


async def until_started(
    probe: Probe | None, address: str, ask: Ask = passes, sleep: Sleep = asyncio.sleep
) -> None:
    """Return with the first probe that passes; raises ProbeFailed after the last that may fail."""
    probe = probe or _UNTIL_IT_LISTENS
    await sleep(probe.initial_delay_s)
    for _ in range(probe.failure_threshold):
        passed, rest_s = await _asked(probe, address, ask)
        if passed:
            return
        await sleep(rest_s)
    raise ProbeFailed(
        "The user-provided container failed the configured startup probe checks "
        f"({probe.failure_threshold} × {probe.period_s:g} s)."
    )


async def until_failed(
    probe: Probe, address: str, ask: Ask = passes, sleep: Sleep = asyncio.sleep
) -> None:
    """Return once as many probes in a row have failed as its threshold says."""
    failed = 0
    await sleep(probe.initial_delay_s)
    while True:
        passed, rest_s = await _asked(probe, address, ask)
        failed = 0 if passed else failed + 1
        if failed == probe.failure_threshold:
            return
        await sleep(rest_s)


async def _asked(probe: Probe, address: str, ask: Ask) -> tuple[bool, float]:
    """Whether the probe passed, and in how many seconds the next one is due."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    passed = await ask(probe, address)
    return passed, max(0.0, probe.period_s - (loop.time() - began))
