"""``ports.answers`` in memory."""

from processor_service.ports.answers import Answer


class FakeAnswers:
    """``dies_early``: the worker dies before it forgets what is delivered. Keeps nothing unless it
    is ``lasting``.
    """

    lasting = True
    dies_early = False

    def __init__(self) -> None:
        self.kept: dict[str, Answer] = {}

    async def get(self, key: str) -> Answer | None:
        return self.kept.get(key)

    async def put(self, key: str, answer: Answer) -> None:
        if self.lasting:
            self.kept[key] = answer

    async def forget(self, key: str) -> None:
        if not self.dies_early:
            self.kept.pop(key, None)
