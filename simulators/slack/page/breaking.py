"""What the chat page breaks on purpose: rules of faults, processes, whole parts of the stack."""

from collections.abc import Callable
from typing import Any, Protocol

from aiohttp import web

from simulators.faults import Fault, FaultPlan
from simulators.slack.page.origin import check_origin
from simulators.slack.state.model import JSON


class Controls(Protocol):
    """The stack around the simulator, as far as the page may break it."""

    def shown(self) -> dict[str, Any]:
        """``processes`` (name, pid, killed) and ``outages`` (name, on)."""

    def kill(self, name: str) -> None:
        """Crash a process. Raises KeyError."""

    async def set_outage(self, name: str, *, on: bool) -> None:
        """Take a part away or give it back. Raises KeyError."""

    async def restore(self) -> None:
        """End every outage."""


class Breaking:
    """``tell`` sends pages the frame of what is broken, whenever a page has changed it."""

    def __init__(self, faults: FaultPlan, tell: Callable[[JSON], None]) -> None:
        self._faults = faults
        self._tell = tell
        self.controls: Controls | None = None

    def frame(self) -> JSON:
        """Every rule, process and outage; a simulator without a stack has only rules."""
        rules = [rule.as_json() for rule in self._faults.known()]
        parts: JSON = {"processes": [], "outages": []}
        if self.controls is not None:
            parts = self.controls.shown()
        return {"type": "faults", "rules": rules, **parts}

    async def add_fault(self, body: JSON) -> JSON:
        """Put a rule in force."""
        fault = Fault(**body["fault"])
        times = int(body.get("times", 1))
        rule = self._faults.add(body["target"], body["operation"], fault, times)
        self._tell(self.frame())
        return {"rule": rule.as_json()}

    async def kill(self, body: JSON) -> JSON:
        """Crash a process of the stack."""
        self._stack().kill(body["name"])
        self._tell(self.frame())
        return {}

    async def outage(self, body: JSON) -> JSON:
        """Take a part of the stack away, or give it back."""
        await self._stack().set_outage(body["name"], on=bool(body["on"]))
        self._tell(self.frame())
        return {}

    async def remove_fault(self, request: web.Request) -> web.Response:
        """Take a rule back."""
        check_origin(request)
        rule_id = request.match_info["id"]
        removed = rule_id.isdigit() and self._faults.remove(int(rule_id))
        self._tell(self.frame())
        return web.json_response({"ok": True, "removed": removed})

    async def clear(self, request: web.Request) -> web.Response:
        """Take every rule back, and end every outage."""
        check_origin(request)
        self._faults.clear()
        if self.controls is not None:
            await self.controls.restore()
        self._tell(self.frame())
        return web.json_response({"ok": True})

    def _stack(self) -> Controls:
        if self.controls is None:
            raise KeyError("There is no stack around this simulator.")
        return self.controls
