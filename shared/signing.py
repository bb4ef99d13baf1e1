"""Signatures of our two services: on marks, on buttons, on answers kept in Redis.

HMAC-SHA256 with the keys of ``SIGNING_KEYS``: the first signs, all of them verify. Without any, the
key is derived from the bot token, which both services hold anyway.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

OF_THE_TOKEN: Final = "bot-token"  # noqa: S105 - a word for it, not the token
"""In ``SIGNING_KEYS`` this word stands for the key derived from the bot token."""
SHORTEST_KEY: Final = 32

# The blocks with elements that can be pressed.
_PRESSED: Final = frozenset({"actions", "context_actions"})
_LABEL: Final = b"mechachang signing key 1"
_LENGTH: Final = 32
"""Hexadecimal digits: 128 bits, too many to guess through Slack."""


def keys_in(written: str) -> list[str]:
    """The keys in a setting's value, separated by commas. Raises ValueError without quoting it."""
    keys = [key.strip() for key in written.split(",") if key.strip()]
    if not keys:
        raise ValueError("holds no key")
    if any(len(key) < SHORTEST_KEY for key in keys if key != OF_THE_TOKEN):
        raise ValueError(f"holds a key of fewer than {SHORTEST_KEY} characters")
    return keys


class Signing:
    """Signs, and verifies its own signatures. The keys are derived once."""

    def __init__(self, bot_token: str, written: str | None = None) -> None:
        named = keys_in(written) if written else [OF_THE_TOKEN]
        secrets = (bot_token if key == OF_THE_TOKEN else key for key in named)
        self._keys = [hmac.digest(secret.encode(), _LABEL, "sha256") for secret in secrets]

    def sign(self, purpose: str, *said: object, length: int = _LENGTH) -> str:
        """The signature of ``said`` (as JSON), valid for one ``purpose`` only."""
        return _signature(self._keys[0], purpose, said)[:length]

    def has_signed(
        self, signature: object, purpose: str, *said: object, length: int = _LENGTH
    ) -> bool:
        """Whether one of our keys made this signature. A ``signature`` may be anything."""
        if not isinstance(signature, str) or len(signature) != length or not signature.isascii():
            return False
        return any(
            hmac.compare_digest(_signature(key, purpose, said)[:length], signature)
            for key in self._keys
        )


# ``json.dumps`` with arguments makes an encoder for each call.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _signature(key: bytes, purpose: str, said: tuple[object, ...]) -> str:
    # ASCII, so that an unpaired surrogate, which JSON can carry, does no harm.
    text = _encode([purpose, *said])
    return hmac.digest(key, text.encode("ascii"), "sha256").hex()


def signed_blocks(
    blocks: Sequence[Mapping[str, Any]], where: str, signing: Signing
) -> list[dict[str, Any]]:
    """Blocks for the channel ``where``, with the values of their buttons signed."""
    return _with_values(blocks, lambda value: signed_value(value, where, signing))


def unsigned_blocks(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks of a message of ours as they were before ``signed_blocks``."""
    return _with_values(blocks, _unsigned_value)


def _unsigned_value(value: Mapping[str, Any]) -> str:
    return json.dumps({name: each for name, each in value.items() if name != "signature"})


def _with_values(
    blocks: Sequence[Mapping[str, Any]], written: Callable[[Mapping[str, Any]], str]
) -> list[dict[str, Any]]:
    """The blocks with the value of each button written anew."""
    return [
        _below(block, written) if block.get("type") in _PRESSED else dict(block) for block in blocks
    ]


def _below(part: Any, written: Callable[[Mapping[str, Any]], str]) -> Any:
    if isinstance(part, Mapping):
        return {
            name: written(json.loads(each)) if name == "value" else _below(each, written)
            for name, each in part.items()
        }
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [_below(each, written) for each in part]
    return part


def signed_value(value: Mapping[str, Any], where: str, signing: Signing) -> str:
    """A button's value with its signature for the channel ``where`` it is shown."""
    signature = signing.sign("value", where, value, length=_LENGTH // 2)
    return json.dumps({**value, "signature": signature}, separators=(",", ":"))


def signed_view(view: Mapping[str, Any], where: str, signing: Signing) -> dict[str, Any]:
    """The view with the data it keeps, if any, signed for ``where``: a view has no channel."""
    if "private_metadata" not in view:
        return dict(view)
    kept = json.loads(view["private_metadata"])
    return {**view, "private_metadata": signed_value(kept, where, signing)}


def signed_value_in(text: object, where: str, signing: Signing) -> dict[str, Any] | None:
    """The content of ``signed_value`` for that channel; None for anything that we did not sign."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    signature = value.pop("signature", None)
    if not signing.has_signed(signature, "value", where, value, length=_LENGTH // 2):
        return None
    return value
