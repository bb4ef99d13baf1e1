"""The metadata on every message we post: Slack itself is the ledger of what was answered.

Slack returns it from ``conversations.replies`` and ``conversations.history`` when asked with
``include_all_metadata`` (docs.slack.dev, message metadata), so a worker that takes a task over can
tell what of it is already there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

ANSWER_EVENT_TYPE = "mechachang_answer"
_DIGEST = re.compile(r"\(([0-9a-f]+)\)\Z")

Role = Literal["question", "answer", "notice", "file"]


@dataclass(frozen=True)
class Mark:
    """What one message of ours is: which task, which role, which part (from 1) of how many.

    ``digest`` names the whole answer that the part belongs to: parts of two workers' answers never
    pass for one.
    """

    task_id: str
    role: Role
    part: int = 1
    parts: int = 1
    digest: str = ""

    def as_metadata(self, **extra: str | int | bool) -> dict[str, Any]:
        """The ``metadata`` argument of ``chat.postMessage``; ``extra`` joins the payload."""
        payload = {
            "task_id": self.task_id,
            "role": self.role,
            "part": self.part,
            "parts": self.parts,
            **({"digest": self.digest} if self.digest else {}),
            **extra,
        }
        return {"event_type": ANSWER_EVENT_TYPE, "event_payload": payload}

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Self | None:
        """The mark on a message read back from Slack, or None if it carries none of ours."""
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") != ANSWER_EVENT_TYPE or "task_id" not in payload:
            return None
        return cls(
            str(payload["task_id"]),
            payload.get("role", "answer"),
            int(payload.get("part", 1)),
            int(payload.get("parts", 1)),
            str(payload.get("digest", "")),
        )


def growing_mark(task_id: str, part: int = 1) -> Mark:
    """The mark of a part that is still being written: with no number of parts it is never whole."""
    return Mark(task_id, "answer", part, 0, "growing")


def file_name(task_id: str) -> str:
    """The name of the file with a task's whole answer: files carry no metadata."""
    return f"mechachang-{task_id}.md"


def file_title(words: str, digest: str) -> str:
    """A title for people that also names the answer the file belongs to."""
    return f"{words} ({digest})"


def file_mark(task_id: str, message: Mapping[str, Any]) -> Mark | None:
    """The mark of a message of ours that shares the task's file, or None if it does not."""
    for file in message.get("files") or ():
        if file.get("name") == file_name(task_id):
            titled = _DIGEST.search(str(file.get("title") or ""))
            return Mark(task_id, "file", digest=titled[1] if titled else "")
    return None
