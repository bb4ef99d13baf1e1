"""``python -m processor_service.smoke URL AUDIENCE [--startable]``: can it take pushes?

Runs inside the network that the processor answers to, as the account that Pub/Sub pushes as. Asks
without changing anything; once nothing else is wrong, each model gets a tiny question (some hundred
tokens). With ``--startable`` nothing is asked of Redis, Slack and the models: a hotfix has to be
brought out while one of them is away, too.
Exit codes: 0 yes; 1 no, each fault on a line of its own; 2 wrong usage.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from math import inf

import aiohttp

from shared.retry import Retries, RetryPolicy, doubling

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_GIVE_UP_AFTER_S = 90.0
# The processor gives each model 20 s, all at once.
_TRY_WITHIN_S = 30.0
_BACK_OFF = doubling(3.0, 3.0)
_STARTABLE = "--startable"
_IDENTITY = "computeMetadata/v1/instance/service-accounts/default/identity"


async def check_processor(
    url: str,
    audience: str,
    give_up_after_s: float = _GIVE_UP_AFTER_S,
    *,
    startable: bool = False,
) -> list[str]:
    """The faults that keep the processor from taking pushes; asked again until there is none, or
    time is up.

    The first request may find no instance yet, or one that has not reached Redis yet.
    """
    until = asyncio.get_running_loop().time() + give_up_after_s
    retries = Retries(RetryPolicy(inf, until=until, back_off=_BACK_OFF))
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        while faults := await _faults(session, url, audience, startable):
            if not await retries.again():
                break
    return faults


async def _faults(
    session: aiohttp.ClientSession, url: str, audience: str, startable: bool
) -> list[str]:
    try:
        if startable:
            return await _pushes(session, url, audience)
        faults = [*await _not_ready(session, url), *await _pushes(session, url, audience)]
        return faults or await _models(session, url, audience)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return [f"{url} could not be asked: {error or type(error).__name__}"]


async def _not_ready(session: aiohttp.ClientSession, url: str) -> list[str]:
    """Stricter than readiness: a candidate that can't reach Redis would only be slow, silently."""
    async with session.get(f"{url}/readyz") as response:
        states = (await response.json())["dependencies"]
    return [
        f"{name} is {state['state']} ({state['reason']})"
        for name, state in states.items()
        if state["state"] != "ok"
    ]


async def _pushes(session: aiohttp.ClientSession, url: str, audience: str) -> list[str]:
    """A push without a token must be denied, and one with ours accepted and found to be no task."""
    token = await _token(session, audience)
    asked: tuple[tuple[str, dict[str, str], int], ...] = (
        ("without a token", {}, 401),
        ("with our token", {"Authorization": f"Bearer {token}"}, 400),
    )
    faults = []
    for how, headers, wanted in asked:
        async with session.post(f"{url}/pubsub/push", data=b"{}", headers=headers) as response:
            if response.status != wanted:
                faults.append(f"a push {how} got {response.status} instead of {wanted}")
    return faults


async def _models(session: aiohttp.ClientSession, url: str, audience: str) -> list[str]:
    """A model with a description may still not answer us."""
    token = await _token(session, audience)
    headers, timeout = {"Authorization": f"Bearer {token}"}, aiohttp.ClientTimeout(_TRY_WITHIN_S)
    async with session.post(f"{url}/smoke", headers=headers, timeout=timeout) as response:
        if response.status != 200:
            return [f"the models could not be tried: {response.status}"]
        states = (await response.json())["models"]
    return [
        f"{name} does not answer: {state['reason']}"
        for name, state in states.items()
        if state["state"] != "ok"
    ]


async def _token(session: aiohttp.ClientSession, audience: str) -> str:
    """An identity token of our own account, from Google's metadata server."""
    # The variable is the one that Google's own libraries know.
    host = os.environ.get("GCE_METADATA_HOST", "metadata.google.internal")
    async with session.get(
        f"http://{host}/{_IDENTITY}",
        params={"audience": audience, "format": "full"},
        headers={"Metadata-Flavor": "Google"},
    ) as response:
        response.raise_for_status()
        return (await response.text()).strip()


def main(argv: Sequence[str]) -> int:
    """Run the checks and print the results; the exit code."""
    words = [word for word in argv if word != _STARTABLE]
    if len(words) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    url, audience = words
    faults = asyncio.run(check_processor(url.rstrip("/"), audience, startable=_STARTABLE in argv))
    print("\n".join(faults) or f"{url} can take pushes.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
