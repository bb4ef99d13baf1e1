"""Answers kept in Redis, sealed and signed: access to the store lets nobody read or forge them."""

import base64
import hmac
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from processor_service.ports.answers import Answer
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import answer_key
from shared.signing import Signing

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_SIGNATURE_CHARS: Final = 32
_SEALING_LABEL: Final = b"mechachang drafts 1"
_ANSWER: Final = TypeAdapter(Answer)


class RedisAnswers:
    """``ports.Answers``; with a lifetime of 0 s nothing is kept. Entries are sealed.

    Each answer is stored with a signature for its key: an entry that somebody else wrote, or moved,
    is never shown.
    """

    def __init__(self, connection: RedisConnection, ttl_s: int, signing: Signing) -> None:
        self._connection = connection
        self._ttl_s = ttl_s
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
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see ``cold_start``

        signature, text = kept[:_SIGNATURE_CHARS], kept[_SIGNATURE_CHARS:]
        if not self._signing.has_signed(signature, "answer", key, text):
            return None
        try:
            return _ANSWER.validate_json(self._seal.decrypt(text.encode()))
        except (InvalidToken, ValidationError):
            # Sealed with another key, or written by a version with other answers.
            return None

    async def put(self, key: str, answer: Answer) -> None:
        if self._ttl_s == 0:
            return
        text = self._seal.encrypt(_ANSWER.dump_json(answer)).decode()
        value = self._signing.sign("answer", key, text) + text
        await self._connection.put(answer_key(key), value, self._ttl_s)

    @cached_property
    def _seal(self) -> "Fernet":
        return sealing(self._signing)

    async def forget(self, key: str) -> None:
        await self._connection.attempt(self._connection.redis.delete(answer_key(key)), lost=None)


def sealing(signing: Signing) -> "Fernet":
    """AES and HMAC-SHA256 with a key derived from the first of our signing keys.

    With another one everything sealed before is unreadable, like a lost entry.
    """
    from cryptography.fernet import Fernet  # noqa: PLC0415 - see ``cold_start``

    secret = signing.sign("seal", length=64).encode()
    return Fernet(base64.urlsafe_b64encode(hmac.digest(secret, _SEALING_LABEL, "sha256")))
