"""Whether what a page says to look for can be seen."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from simulators.prometheus.evaluation import evaluate
from tests.drills.runbooks.installation import Installation, NotKnown
from tests.drills.runbooks.page import Block

_LOOK_EVERY_S: Final = 0.2
_ASK_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_COMPARISON: Final = re.compile(r'(?P<path>[\w.]+)(?P<how>[=<>])(?P<value>"[^"]*"|[\d.]+)')
_TYPE: Final = "cloud_run_revision"


class NotSeen(Exception):
    """The sign did not show in time; the text says what there was instead."""


class SeenBefore(Exception):
    """The sign showed while all was well, so that it says nothing."""


async def seen(block: Block, at: Installation, since: Mapping[str, int], within_s: float) -> str:
    """Wait until the block's sign shows; a word about it for the table. Raises NotSeen.

    ``since`` says for each service from which character of its log on lines count.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        sign, instead = await _look(block, at, since)
        if sign is not None:
            return sign
        if loop.time() > deadline:
            raise NotSeen(f"not seen within {within_s:g} s: {block.text.strip()}\n{instead}")
        await asyncio.sleep(_LOOK_EVERY_S)


async def unseen(block: Block, at: Installation, since: Mapping[str, int], within_s: float) -> None:
    """Wait until the block's sign does not show, as before any fault. Raises SeenBefore."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while (await _look(block, at, since))[0] is not None:
        if loop.time() > deadline:
            raise SeenBefore(f"shows without any fault: {block.text.strip()}")
        await asyncio.sleep(_LOOK_EVERY_S)


async def _look(block: Block, at: Installation, since: Mapping[str, int]) -> tuple[str | None, str]:
    if block.language == "logs":
        return _in_log(block.text, at, since)
    if block.language == "json":
        return await _answered(block, at)
    if block.language == "promql":
        return _measured(block.text, at)
    if block.language == "sh":
        return await _printed(block, at)
    raise NotKnown(f"a sign in {block.language} cannot be looked for")


def _in_log(text: str, at: Installation, since: Mapping[str, int]) -> tuple[str | None, str]:
    wanted = comparisons(text)
    if wanted.pop("resource.type") != ("=", _TYPE):
        raise NotKnown(f"a filter must be of {_TYPE}: {text}")
    _, service = wanted.pop("resource.labels.service_name")
    log = at.service(str(service)).log_text()[since[str(service)] :]
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    if any(_matches(line, wanted) for line in lines):
        return str(wanted["jsonPayload.action"][1]), ""
    return None, f"actions in the log of {service}: {sorted({str(x.get('action')) for x in lines})}"


def comparisons(text: str) -> dict[str, tuple[str, str | float]]:
    """A Logging filter: one comparison a line, all of which must hold."""
    found = {}
    for line in text.splitlines():
        parsed = _COMPARISON.fullmatch(line.strip())
        if parsed is None:
            raise NotKnown(f"not a comparison that can be tried: {line}")
        raw = parsed["value"]
        value: str | float = raw.strip('"') if raw.startswith('"') else float(raw)
        found[parsed["path"]] = (parsed["how"], value)
    return found


def _matches(line: Mapping[str, Any], wanted: Mapping[str, tuple[str, str | float]]) -> bool:
    return all(
        _compares(line.get(path.removeprefix("jsonPayload.")), how, value)
        for path, (how, value) in wanted.items()
    )


def _compares(there: Any, how: str, value: str | float) -> bool:
    if there is None or how == "=":
        return str(there) == str(value)
    return bool(there > value if how == ">" else there < value)


async def _answered(block: Block, at: Installation) -> tuple[str | None, str]:
    name, _, path = block.target.partition("/")
    try:
        async with (
            aiohttp.ClientSession(timeout=_ASK_TIMEOUT) as http,
            http.get(f"{at.service(name).url}/{path}") as response,
        ):
            body = await response.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        return None, f"{block.target} does not answer: {type(error).__name__}"
    return (f"/{path}", "") if _within(json.loads(block.text), body) else (None, json.dumps(body))


def _measured(query: str, at: Installation) -> tuple[str | None, str]:
    """A comparison in PromQL: what it leaves of what it compares is the sign."""
    found = evaluate(query, at.prometheus.store, time.time())
    if isinstance(found, float):
        raise NotKnown(f"no comparison: {query}")
    return ("metric", "") if found else (None, "the query finds nothing")


def _within(wanted: Any, there: Any) -> bool:
    """Whether everything of ``wanted`` is in ``there``; there may be more."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(
            name in there and _within(value, there[name]) for name, value in wanted.items()
        )
    return bool(wanted == there)


async def _printed(block: Block, at: Installation) -> tuple[str | None, str]:
    (command,) = block.lines()
    printed = [" ".join(line.split()) for line in (await at.run(command)).splitlines()]
    for pattern in block.shows.splitlines():
        words = " ".join(pattern.split())
        shown = re.compile(".+?".join(re.escape(part) for part in words.split("…")))
        if not any(shown.fullmatch(line) for line in printed):
            return None, "printed: " + " / ".join(printed)
    return command.removeprefix("python -m deploy."), ""
