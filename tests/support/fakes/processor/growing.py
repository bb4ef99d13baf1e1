"""What an answer that grows tells and is allowed."""

from dataclasses import dataclass


class FakeSigns:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def thinking(self, *, searching: bool = False) -> None:
        self.seen.append("thinking")

    def retrying(self) -> None:
        self.seen.append("retrying")

    def slow(self) -> None:
        self.seen.append("slow")

    def waiting_for_the_same(self) -> None:
        self.seen.append("the same")

    def limited(self, pause_s: float) -> None:
        self.seen.append("limited")

    def kept(self, *, busy: bool = False) -> None:
        self.seen.append("kept")

    async def stay(self) -> None:
        self.seen.append("stays")

    def over(self) -> None:
        self.seen.append("over")

    async def step_aside(self) -> None:
        self.seen.append("aside")

    def step_back(self) -> None:
        self.seen.append("back")

    async def make_way(self) -> None:
        self.seen.append("make way")


@dataclass
class FakeBudget:
    """So many more calls of each method."""

    left: int = 1000
    free: float = 1.0

    async def try_acquire(self, method: str) -> bool:
        self.left -= 1
        return self.left >= 0

    def room(self, method: str) -> float:
        return self.free
