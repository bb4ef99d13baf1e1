"""Asking with files, and without those that Gemini refuses: one bad file costs only itself."""

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

from processor_service.answering.generation import Progress
from processor_service.attachments.attach import Attachment, Attachments, FilesUnusable
from processor_service.ports.answers import OmittedFile
from processor_service.ports.model import MediaFile, Prompt
from processor_service.prompt.file_quotes import with_files
from shared.errors import ModelRefused, ModelRejected
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_Refusal = ModelRejected | ModelRefused
# The kinds of file that Gemini's error may name.
_KINDS: Final = (
    ("image/", re.compile(r"image", re.IGNORECASE)),
    ("application/pdf", re.compile(r"document|pdf|pages", re.IGNORECASE)),
    ("video/", re.compile(r"video", re.IGNORECASE)),
    ("audio/", re.compile(r"audio", re.IGNORECASE)),
)


async def ask_with_files(
    task: Task,
    prompt: Prompt,
    files: Attachments,
    ask: Callable[[Prompt], AsyncGenerator[Progress, None]],
) -> AsyncGenerator[Progress, None]:
    """The result of ``ask`` for ``prompt`` with the files.

    If they may be the reason of a refusal, it is asked again without those that the error names,
    and then without any; ``files`` lists them. Raises as ``ask`` does, and FilesUnusable.
    """
    suspected = _suspects
    while True:
        try:
            told = with_files(prompt, files.attachments, files.without, task.locale)
            async with aclosing(ask(told)) as steps:
                async for step in steps:
                    yield step
        except (ModelRejected, ModelRefused) as refusal:
            reason = _reason(refusal)
            suspects = suspected(refusal, files.attachments) if reason else []
            if not suspects:
                raise
            _leave_out(suspects, reason, files)
            suspected = _all_of_them
            if not _still_asks(task, files):
                raise FilesUnusable(files.without) from refusal
        else:
            return


def _reason(refusal: _Refusal) -> str:
    """Why a file is omitted then; empty if no file can be the reason."""
    if isinstance(refusal, ModelRefused):
        return "file_blocked" if "IMAGE" in refusal.said else ""
    reasons = {"model_rejected": "file_refused", "question_too_long": "files_too_long"}
    return reasons.get(refusal.reason, "")


def _suspects(refusal: _Refusal, attachments: Sequence[Attachment]) -> list[Attachment]:
    named = [one for one in attachments if _is_named(one.content, refusal.said)]
    return named or _of_kind(refusal.said, attachments) or _all_of_them(refusal, attachments)


def _is_named(content: str | MediaFile, said: str) -> bool:
    """By its name at Gemini, which only an uploaded file has."""
    uri = content.uri if isinstance(content, MediaFile) else None
    name = (uri or "").rpartition("/")[2]
    return bool(name) and re.search(rf"\b{re.escape(name)}\b", said) is not None


def _of_kind(said: str, attachments: Sequence[Attachment]) -> list[Attachment]:
    kinds = tuple(kind for kind, words in _KINDS if words.search(said))
    return [
        one
        for one in attachments
        if isinstance(one.content, MediaFile) and one.content.mimetype.startswith(kinds)
    ]


def _all_of_them(refusal: _Refusal, attachments: Sequence[Attachment]) -> list[Attachment]:
    """Texts can only be too long, never unreadable."""
    too_long = refusal.reason == "question_too_long"
    return [one for one in attachments if too_long or isinstance(one.content, MediaFile)]


def _leave_out(suspects: Sequence[Attachment], reason: str, files: Attachments) -> None:
    if reason == "file_refused" and len(suspects) > 1:
        # Gemini does not say which of them it was.
        reason = "files_refused"
    log.warning(
        "Gemini refuses files; it is asked without them.",
        action="files_refused",
        reason=reason,
        files=len(suspects),
    )
    files.attachments[:] = [one for one in files.attachments if one not in suspects]
    names = {one.name for one in suspects}
    files.without[:] = [one for one in files.without if not (one.partly and one.name in names)]
    files.without += [OmittedFile(one.name, reason) for one in suspects]


def _still_asks(task: Task, files: Attachments) -> bool:
    """Whether there are words, or a file that was sent without any."""
    return task.has_words or any(not one.from_thread for one in files.attachments)
