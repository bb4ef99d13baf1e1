"""Encryption of what Redis keeps: access to the store lets nobody read or forge it."""

import base64
import hmac

_LABEL = b"mechachang drafts 1"


class Seal:
    """Fernet (AES and HMAC-SHA256) with a key derived from ``secret``; cheap to make.

    With another secret everything sealed before is unreadable, like a lost entry.
    """

    def __init__(self, secret: str) -> None:
        self._key = base64.urlsafe_b64encode(hmac.digest(secret.encode(), _LABEL, "sha256"))

    def closed(self, text: str) -> str:
        """``text`` for the store."""
        from cryptography.fernet import Fernet  # noqa: PLC0415 - see ``cold_start``

        return Fernet(self._key).encrypt(text.encode()).decode()

    def opened(self, kept: str) -> str | None:
        """The argument of ``closed``, or None for anything else."""
        from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415 - see ``cold_start``

        try:
            return Fernet(self._key).decrypt(kept.encode()).decode()
        except InvalidToken:
            return None
