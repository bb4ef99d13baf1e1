"""Notices for unanswered questions, and for files that were not used: what failed, what happened,
what to do. The texts are data, in ``failures.toml``.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from processor_service.ports.answers import OmittedFile
from shared.task import Texts


@dataclass(frozen=True)
class Failure:
    """``reason`` is the stable code. Asking again helps from ``resumes_at`` (aware), if set.

    ``without`` names the unusable files, if they are the reason. ``shown``: some words of an answer
    were visible, and are removed.
    """

    reason: str
    resumes_at: datetime | None = None
    without: tuple[OmittedFile, ...] = ()
    shown: bool = False


@dataclass(frozen=True)
class FailureText:
    """The texts of a notice: a sentence each for what happened and what to do.

    ``tried``: the worker tried repeatedly, and has stopped. ``covers``: the notice is for all
    questions that are refused for its reason within a minute.
    """

    phase: Texts
    what: Texts
    advice: Texts
    tried: bool = False
    retry: bool = True
    covers: bool = False


_TOLD: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _text(phase: str, ja: str, en: str, advice: str | Texts, **told: Any) -> FailureText:
    own = _TOLD["advice"][advice] if isinstance(advice, str) else advice
    return FailureText(_TOLD["phases"][phase], {"ja": ja, "en": en}, own, **told)


OTHER: Final = _text(**_TOLD["other"])
WORDS: Final[dict[str, FailureText]] = {
    reason: _text(**row)
    for first, row in _TOLD["failures"].items()
    for reason in (first, *row.pop("also", ()))
}
FILE_REASONS: Final[dict[str, Texts]] = _TOLD["files"]
