"""Answers kept in Redis, sealed and signed."""

from pydantic import TypeAdapter, ValidationError

from processor_service.ports.answers import Answer
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import answer_key
from processor_service.redis.sealing import Seal
from shared.signing import Signing

_SIGNATURE_CHARS = 32
_ANSWER = TypeAdapter(Answer)


class RedisAnswers:
    """``ports.Answers``; with a lifetime of 0 s nothing is kept. Entries are sealed.

    Each answer is stored with a signature for its key: an entry that somebody else wrote, or moved,
    is never shown.
    """

    def __init__(
        self, connection: RedisConnection, ttl_s: int, seal: Seal, signing: Signing
    ) -> None:
        self._connection = connection
        self._ttl_s = ttl_s
        self._seal = seal
        self._signing = signing

    @property
    def lasting(self) -> bool:
        return self._ttl_s > 0

    async def get(self, key: str) -> Answer | None:
        if self._ttl_s == 0:
            return None
        place = answer_key(key)
        kept = await self._connection.get(place)
        answer = self._answer_in(kept, key) if kept else None
        if kept and answer is None:
            await self._connection.forget(place, text=True)
        return answer

    def _answer_in(self, kept: str, key: str) -> Answer | None:
        signature, text = kept[:_SIGNATURE_CHARS], kept[_SIGNATURE_CHARS:]
        if not self._signing.has_signed(signature, "answer", key, text):
            return None
        opened = self._seal.opened(text)
        try:
            return _ANSWER.validate_json(opened or "")
        except ValidationError:
            # Written by a version with other answers, or sealed with another key.
            return None

    async def put(self, key: str, answer: Answer) -> None:
        if self._ttl_s == 0:
            return
        text = self._seal.closed(_ANSWER.dump_json(answer).decode())
        value = self._signing.sign("answer", key, text) + text
        await self._connection.put(answer_key(key), value, self._ttl_s)

    async def forget(self, key: str) -> None:
        await self._connection.attempt(self._connection.redis.delete(answer_key(key)), lost=None)
