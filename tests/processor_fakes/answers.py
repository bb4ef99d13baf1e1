"""``ports.answers`` in memory."""

from processor_service.ports.answers import Answer


class FakeAnswers:
    lasting = True

    def __init__(self) -> None:
        self.kept: dict[str, Answer] = {}

    async def get(self, key: str) -> Answer | None:
        return self.kept.get(key)

    async def put(self, key: str, answer: Answer) -> None:
        self.kept[key] = answer
