"""A service with its revisions and its traffic, as Cloud Run's Admin API v2 describes them.

Rules from the reference of google.cloud.run.v2 (Service, TrafficTarget, UpdateServiceRequest).
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from google.cloud import run_v2

from simulators.cloud_run.probing import Probe, until_failed, until_started

Launch = Callable[[str, run_v2.RevisionTemplate], Awaitable[str]]
"""Starts a revision's container and does not wait for it; the base URL at which it will listen."""

_REVISION: Final = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_LATEST: Final = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_TAG: Final = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_REPLACEABLE: Final = {"template", "traffic", "annotations", "labels", "description"}


class Refused(Exception):
    """A request that Cloud Run would refuse, with the canonical code it would do it with."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class HostedService:
    """``name`` is the whole resource name. Raises Refused for what Cloud Run would refuse."""

    def __init__(self, name: str, template: run_v2.RevisionTemplate, launch: Launch) -> None:
        self._launch = launch
        self._wanted = run_v2.Service(name=name, template=template)
        self._revisions: dict[str, run_v2.Revision] = {}
        self._addresses: dict[str, str] = {}
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self.restarts: Counter[str] = Counter()
        """How often a liveness probe ended each revision's container."""
        self._latest_ready = ""
        self._version = 0
        self._current: dict[str, float] = {}
        self.url = ""

    @property
    def short_name(self) -> str:
        """``processor-service``."""
        return self._wanted.name.rpartition("/")[2]

    async def start(self) -> None:
        """Start the first revision, which takes all traffic."""
        self._wanted.traffic = [run_v2.TrafficTarget(type_=_LATEST, percent=100)]
        await self._deploy()

    def describe(self) -> run_v2.Service:
        """The service as it is now."""
        described = run_v2.Service(self._wanted)
        described.uri = self.url
        described.etag = f'"{self._version}"'
        described.latest_ready_revision = self._full(self._latest_ready)
        described.latest_created_revision = self._full(next(reversed(self._revisions)))
        described.traffic_statuses = [
            run_v2.TrafficTargetStatus(
                type_=target.type_,
                revision=self._resolved(target),
                percent=target.percent,
                tag=target.tag,
                uri=self.tag_url(target.tag) if target.tag else "",
            )
            for target in self._wanted.traffic
        ]
        return described

    def revisions(self) -> list[run_v2.Revision]:
        """Every revision, newest first."""
        return list(reversed(self._revisions.values()))

    def tag_url(self, tag: str) -> str:
        """Where the revision with that tag answers beside its share of the traffic."""
        return f"{self.url}/tags/{tag}"

    def check(self, asked: run_v2.Service, mask: Sequence[str]) -> None:
        """Refuse a change before anything of it is done."""
        if asked.etag and asked.etag != f'"{self._version}"':
            raise Refused(409, "ABORTED", "Conflict for resource: the etag is not the current one.")
        if unknown := set(mask) - _REPLACEABLE:
            raise Refused(400, "INVALID_ARGUMENT", f"update_mask: {', '.join(sorted(unknown))}")
        fields = set(mask) or _REPLACEABLE
        if "template" in fields and asked.template.revision in self._revisions:
            raise Refused(409, "ALREADY_EXISTS", f"Revision {asked.template.revision} exists.")
        if "traffic" in fields:
            self._check_traffic(asked.traffic)

    def _check_traffic(self, traffic: Sequence[run_v2.TrafficTarget]) -> None:
        if traffic and sum(target.percent for target in traffic) != 100:
            raise Refused(400, "INVALID_ARGUMENT", "Traffic percents must sum to 100.")
        tags = [target.tag for target in traffic if target.tag]
        if len(tags) != len(set(tags)) or not all(_TAG.fullmatch(tag) for tag in tags):
            raise Refused(400, "INVALID_ARGUMENT", f"Traffic tags must be unique names: {tags}.")
        for target in traffic:
            if target.type_ == _REVISION and target.revision not in self._revisions:
                message = f"Revision {target.revision!r} of the traffic is not found."
                raise Refused(400, "INVALID_ARGUMENT", message)

    async def change(self, asked: run_v2.Service, mask: Sequence[str]) -> None:
        """Do what ``check`` let pass."""
        fields = set(mask) or _REPLACEABLE
        # A new template makes a revision, also if nothing in it is new: a name may be all there is.
        is_new = "template" in fields and asked.template != self._wanted.template
        for field in fields:
            setattr(self._wanted, field, getattr(asked, field))
        self._version += 1
        self._current = {}
        if is_new:
            await self._deploy()

    async def _deploy(self) -> None:
        template = self._wanted.template
        name = template.revision or f"{self.short_name}-{len(self._revisions) + 1:05d}"
        revision = run_v2.Revision(
            name=self._full(name), create_time=datetime.now(UTC), containers=template.containers
        )
        self._revisions[name] = revision
        try:
            await self._start_container(name, template)
        except Exception as error:
            revision.conditions = [_ready(run_v2.Condition.State.CONDITION_FAILED)]
            message = f"Revision {name!r} is not ready and cannot serve traffic. {error}"
            raise Refused(400, "FAILED_PRECONDITION", message) from error
        revision.conditions = [_ready(run_v2.Condition.State.CONDITION_SUCCEEDED)]
        self._latest_ready = name
        self._version += 1

    async def _start_container(self, name: str, template: run_v2.RevisionTemplate) -> None:
        """Start it and wait for its startup probe; from then on its liveness probe watches it."""
        container = template.containers[0]
        address = await self._launch(name, template)
        startup = Probe.of_message(container.startup_probe) if _has(container, "startup") else None
        await until_started(startup, address)
        self._addresses[name] = address
        if _has(container, "liveness"):
            probe = Probe.of_message(container.liveness_probe)
            self._watching[name] = asyncio.create_task(
                self._keep_alive(name, template, probe), name=f"liveness-{name}"
            )

    async def _keep_alive(self, name: str, template: run_v2.RevisionTemplate, probe: Probe) -> None:
        await until_failed(probe, self._addresses[name])
        self.restarts[name] += 1
        await self._start_container(name, template)

    def scale_to_zero(self, name: str) -> None:
        """A revision's last instance was idle for too long; its process is the caller's to end."""
        del self._addresses[name]
        if name in self._watching:
            self._watching.pop(name).cancel()

    async def instance(self, name: str) -> str:
        """Where a revision listens. With none a request waits until one has passed its probe."""
        if name not in self._addresses:
            if name not in self._starting:
                template = run_v2.RevisionTemplate(
                    revision=name, containers=self._revisions[name].containers
                )
                self._starting[name] = asyncio.create_task(
                    self._start_container(name, template), name=f"scale-from-zero-{name}"
                )
                self._starting[name].add_done_callback(lambda _: self._starting.pop(name))
            await asyncio.shield(self._starting[name])
        return self._addresses[name]

    async def close(self) -> None:
        """Stop probing. Idempotent."""
        watching = [*self._watching.values(), *self._starting.values()]
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)

    def next_revision(self) -> str:
        """Who gets the next request: each revision gets exactly its share, evenly spread.

        Cloud Run draws lots; the even spread (smooth weighted round-robin) shortens drills.
        """
        shares: dict[str, float] = {}
        for target in self._wanted.traffic:
            name = self._resolved(target)
            shares[name] = shares.get(name, 0) + target.percent
        for name, percent in shares.items():
            self._current[name] = self._current.get(name, 0) + percent
        chosen = max(shares, key=lambda name: self._current[name])
        self._current[chosen] -= 100
        return chosen

    def revision_of_tag(self, tag: str) -> str | None:
        """Who gets requests to a tag."""
        return next((self._resolved(t) for t in self._wanted.traffic if t.tag == tag), None)

    def _resolved(self, target: run_v2.TrafficTarget) -> str:
        return self._latest_ready if target.type_ == _LATEST else target.revision

    def _full(self, revision: str) -> str:
        return f"{self._wanted.name}/revisions/{revision}"


def _has(container: run_v2.Container, probe: str) -> bool:
    return f"{probe}_probe" in container


def _ready(state: int) -> run_v2.Condition:
    return run_v2.Condition(type_="Ready", state=state)
