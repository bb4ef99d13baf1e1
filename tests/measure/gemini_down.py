"""The simulated Gemini through an outage: nothing that it is asked meanwhile is answered."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import cycle
from random import Random
from typing import Final

from simulators.gemini import ErrorReply, GeminiSimulator, Reply, ReplyTo

HOW: Final = ("503", "silent", "refused")
"""The ways in which it fails: an error, a request that hangs, no connection."""
_FAILURES: Final = (Reply(error=ErrorReply(503)), Reply(hang_after=0))
_SPELL_S: Final = 40.0
_SPELLS_AT_LEAST: Final = 6


class Outage:
    """Answers as ``answers`` does, but for the time that it is ``down``.

    Down, it fails each request by a 503 or by silence, and now and then refuses to be connected to.
    """

    def __init__(
        self,
        gemini: GeminiSimulator,
        answers: ReplyTo,
        rng: Random,
        failures: Sequence[Reply] = _FAILURES,
    ) -> None:
        self._gemini = gemini
        self._failures = failures
        self._answers = answers
        self._rng = rng
        self._is_down = False
        gemini.script("", self._reply)

    def _reply(self, prompt: str) -> Reply:
        return self._rng.choice(self._failures) if self._is_down else self._answers(prompt)

    async def down(self, seconds: float) -> None:
        """Fail for so long. What hangs at the end goes on hanging until its client gives up."""
        end = asyncio.get_running_loop().time() + seconds
        self._is_down = True
        try:
            for refuses in cycle((False, True)):
                left_s = end - asyncio.get_running_loop().time()
                if left_s <= 0:
                    break
                await self._spell(min(left_s, self._spell_s(seconds)), refuses=refuses)
        finally:
            self._is_down = False

    def _spell_s(self, seconds: float) -> float:
        return self._rng.uniform(0.5, 1.0) * min(_SPELL_S, seconds / _SPELLS_AT_LEAST)

    async def _spell(self, seconds: float, *, refuses: bool) -> None:
        if refuses:
            await self._gemini.pause()
        try:
            await asyncio.sleep(seconds)
        finally:
            await self._gemini.resume()


def failures_in(log: Iterable[str]) -> Counter[str]:
    """How the attempts of a processor failed, by the lines of its log. A rest is no attempt."""
    lines = (json.loads(line) for line in log)
    failed = (line for line in lines if line.get("action") == "model_attempt_failed")
    return Counter(_way_of(line["reason"], line["why"]) for line in failed)


def _way_of(reason: str, why: str) -> str:
    if reason == "model_silent":
        return "silent"
    if why.startswith("Gemini answered 503"):
        return "503"
    return "refused" if "ClientConnectorError" in why else why
