"""The metadata on every message we post: Slack itself is the ledger of what was answered.

Slack returns it from ``conversations.replies`` and ``conversations.history`` with
``include_all_metadata`` (docs.slack.dev, message metadata), so a worker that takes over a task can
see what is already posted. Any app can write any metadata, and task ids can be computed by anybody:
only messages that our own bot posted and our services signed count.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self, get_args

from shared.signing import Signing
from shared.slack.message import OurBot, mappings

ANSWER_EVENT_TYPE = "mechachang_answer"

Role = Literal["question", "answer", "notice", "file", "delay"]
_ROLES: Final[tuple[Role, ...]] = get_args(Role)
TELLS_ONLY: Final = frozenset[Role]({"notice", "delay"})
"""These say what became of a question, or is becoming; nobody reads an answer in them."""
_LONGEST_ID: Final = 64
_OWN_FIELDS: Final = frozenset(
    {"task_id", "role", "part", "parts", "digest", "signature", "kept_signature"}
)
_TITLE: Final = re.compile(r" \(([0-9a-f]{1,64})-([0-9a-f]{16})\)\Z")
_TITLE_SIGNATURE: Final = 16


@dataclass(frozen=True)
class Mark:
    """The identity of one of our messages: its task, role and part (from 1) of how many.

    ``digest`` names the whole answer, so that parts of two workers' answers are never mixed.
    """

    task_id: str
    role: Role
    part: int = 1
    parts: int = 1
    digest: str = ""

    @property
    def said(self) -> tuple[object, ...]:
        """The signed content of the mark."""
        return self.task_id, self.role, self.part, self.parts, self.digest

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Self | None:
        """The mark that a message of any author claims: only ``Ledger`` verifies it."""
        payload = _payload(message)
        return None if payload is None else cls.of_fields(payload)

    @classmethod
    def of_fields(cls, fields: Mapping[str, Any]) -> Self | None:
        """The mark with these fields, or None if they are no mark's."""
        task_id, role, digest = fields.get("task_id"), fields.get("role"), fields.get("digest", "")
        part, parts = fields.get("part", 1), fields.get("parts", 1)
        if not isinstance(task_id, str) or not 0 < len(task_id) <= _LONGEST_ID:
            return None
        if not isinstance(digest, str) or len(digest) > _LONGEST_ID:
            return None
        if type(part) is not int or type(parts) is not int or part < 1 or parts < 0:
            return None
        found = next((each for each in _ROLES if each == role), None)
        return None if found is None else cls(task_id, found, part, parts, digest)


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != ANSWER_EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, Mapping) else None


def growing_mark(task_id: str, part: int = 1) -> Mark:
    """The mark of a part in progress: without a number of parts it is never whole."""
    return Mark(task_id, "answer", part, 0, "growing")


def signed_metadata(
    mark: Mark, channel: str, signing: Signing, kept: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The ``metadata`` argument of ``chat.postMessage`` in ``channel``; ``kept`` joins the payload.

    ``kept`` has a signature of its own: if Slack changes a letter of it, the mark stays valid.
    """
    signature = signing.sign("mark", channel, *mark.said)
    payload = {**(kept or {}), **asdict(mark), "signature": signature}
    if kept:
        payload["kept_signature"] = signing.sign("kept", signature, dict(kept))
    return {"event_type": ANSWER_EVENT_TYPE, "event_payload": payload}


@dataclass(frozen=True)
class Ledger:
    """Recognises our messages: those that our own bot posted, by the marks that we signed.

    No message makes a method raise: an ill-formed mark is no mark.
    """

    signing: Signing
    our_bot: OurBot

    def mark_of(self, message: Mapping[str, Any], channel: str) -> Mark | None:
        """The verified mark of a message in ``channel``, or None."""
        mark, payload = Mark.of_message(message), _payload(message)
        if mark is None or payload is None or not self.our_bot.sent(message):
            return None
        signature = payload.get("signature")
        is_ours = self.signing.has_signed(signature, "mark", channel, *mark.said)
        return mark if is_ours else None

    def kept_with(self, message: Mapping[str, Any], channel: str) -> dict[str, Any]:
        """The data kept beside the mark of our message; nothing if it was changed since."""
        payload = _payload(message)
        if payload is None or self.mark_of(message, channel) is None:
            return {}
        kept = {name: text for name, text in payload.items() if name not in _OWN_FIELDS}
        told = payload.get("kept_signature"), "kept", payload.get("signature"), kept
        return kept if self.signing.has_signed(*told) else {}

    def file_mark_of(self, task_id: str, message: Mapping[str, Any], channel: str) -> Mark | None:
        """The verified mark of a message that shares the task's file, or None."""
        if not self.our_bot.sent(message):
            return None
        for file in mappings(message.get("files")):
            if file.get("name") == file_name(task_id):
                return self._mark_in(file.get("title"), task_id, channel)
        return None

    def _mark_in(self, title: object, task_id: str, channel: str) -> Mark | None:
        titled = _TITLE.search(title) if isinstance(title, str) else None
        if titled is None:
            return None
        signature, digest = titled[2], titled[1]
        said = ("file", channel, task_id, digest)
        is_ours = self.signing.has_signed(signature, *said, length=_TITLE_SIGNATURE)
        return Mark(task_id, "file", digest=digest) if is_ours else None


def file_name(task_id: str) -> str:
    """The name of the file with a task's whole answer: files have no metadata."""
    return f"mechachang-{task_id}.md"


def file_title(words: str, mark: Mark, channel: str, signing: Signing) -> str:
    """A title for people that also names the file's answer, signed."""
    said = ("file", channel, mark.task_id, mark.digest)
    return f"{words} ({mark.digest}-{signing.sign(*said, length=_TITLE_SIGNATURE)})"
