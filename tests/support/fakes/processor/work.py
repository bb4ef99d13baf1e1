"""``ports.work`` in memory."""

from collections import Counter

from processor_service.ports.work import Claim, ClaimState, Hold, Lease, QueueTicket, is_awaited


class FakeLeases:
    """Leases in a dict; ``steal`` gives a task to somebody else."""

    renew_every_s = 0.005
    look_every_s = 0.001

    def __init__(self) -> None:
        self.held: dict[str, Lease] = {}
        self.done: set[str] = set()
        self.begun: Counter[str] = Counter()
        self.released: list[Lease] = []
        self.reasons: dict[str, str] = {}
        self.store_is_lost = False
        self.doubted: set[str] = set()

    async def claim(self, task_id: str, message_id: str) -> Claim:
        if self.store_is_lost:
            return Claim(ClaimState.OURS, Lease(task_id, message_id, None))
        if task_id in self.done:
            return Claim(ClaimState.DONE)
        holder = self.held.get(task_id)
        if holder is not None:
            same = is_awaited(holder.message_id, message_id)
            state = ClaimState.HELD_BY_SAME_MESSAGE if same else ClaimState.HELD_BY_OTHER_MESSAGE
            return Claim(state)
        lease = Lease(task_id, message_id, f"owner-{len(self.released)}")
        self.held[task_id] = lease
        self.begun[task_id] += 1
        return Claim(ClaimState.OURS, lease, self.begun[task_id] - 1)

    def steal(self, task_id: str) -> None:
        self.held[task_id] = Lease(task_id, "another message", "thief")

    async def renew(self, lease: Lease) -> Hold:
        if self.store_is_lost:
            return Hold.UNKNOWN
        return Hold.OURS if self.held.get(lease.task_id, lease) == lease else Hold.LOST

    async def finish(self, lease: Lease) -> None:
        self.held.pop(lease.task_id, None)
        del self.begun[lease.task_id]
        self.done.add(lease.task_id)

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        self.released.append(lease)
        if reason is not None:
            self.reasons[lease.task_id] = reason
        if self.held.get(lease.task_id) == lease:
            del self.held[lease.task_id]
            del self.begun[lease.task_id]

    async def flag_possible_duplicate(self, task_id: str) -> None:
        if not self.store_is_lost:
            self.doubted.add(task_id)

    async def has_possible_duplicate(self, task_id: str) -> bool:
        return self.store_is_lost or task_id in self.doubted

    async def is_done(self, task_id: str) -> bool:
        return not self.store_is_lost and task_id in self.done

    async def last_failure(self, task_id: str) -> str | None:
        return self.reasons.get(task_id)


class FakeQueue:
    """One turn at a time in a line, for whoever comes first."""

    renew_every_s = 0.005
    look_every_s = 0.001

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.asked: dict[str, str] = {}
        self.takes: list[str] = []
        self.before: int | None = None

    async def take(self, ticket: QueueTicket) -> bool:
        self.takes.append(ticket.task_id)
        self.asked[ticket.task_id] = ticket.asked
        return self.held.setdefault(ticket.thread, ticket.task_id) == ticket.task_id

    async def leave(self, ticket: QueueTicket) -> None:
        if self.held.get(ticket.thread) == ticket.task_id:
            del self.held[ticket.thread]

    async def ahead(self, ticket: QueueTicket) -> int | None:
        return self.before

    async def holder(self, line: str) -> QueueTicket | None:
        task_id = self.held.get(line)
        return QueueTicket(line, self.asked.get(task_id, ""), task_id) if task_id else None


class FakeCancellations:
    """Stops in a set."""

    look_every_s = 0.001

    def __init__(self) -> None:
        self.stopped: set[str] = set()

    async def request(self, task_id: str) -> None:
        self.stopped.add(task_id)

    async def is_requested(self, task_id: str) -> bool:
        return task_id in self.stopped


class FakeStreamOwners:
    """Owners in a dict."""

    def __init__(self) -> None:
        self.owners: dict[tuple[str, str], str] = {}

    async def own(self, channel: str, ts: str, task_id: str) -> None:
        self.owners[channel, ts] = task_id

    async def try_own(self, channel: str, ts: str, task_id: str, *, alone: bool) -> bool:
        return self.owners.setdefault((channel, ts), task_id) == task_id

    async def owner(self, channel: str, ts: str) -> str | None:
        return self.owners.get((channel, ts))

    async def has_no_owner(self, channel: str, ts: str) -> bool:
        return (channel, ts) not in self.owners
