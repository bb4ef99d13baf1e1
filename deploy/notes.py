"""What rollouts write on a service on Cloud Run, or on a revision, as annotations, for the next one
to read.
"""

from collections.abc import Iterable
from typing import Final

OURS: Final = "mechachang.dev/"
GOOD_REVISIONS: Final = OURS + "good-revisions"
"""The revisions that carried all traffic and were good, newest first."""
ROLLING_OUT_FROM: Final = OURS + "rolling-out-from"
"""The revision that carried all traffic when the rollout began that is under way or was cut off."""
ORDERED_AT: Final = OURS + "ordered-at"
"""On a revision: when somebody ordered the build or the rollout that made it (RFC 3339)."""

_KEPT_GOOD: Final = 5


def good_text(revisions: Iterable[str]) -> str:
    """The annotation's value: each revision once, the newest five."""
    return ",".join(list(dict.fromkeys(revisions))[:_KEPT_GOOD])


def good_of(text: str) -> tuple[str, ...]:
    """The revisions that an annotation's value names."""
    return tuple(name for name in text.split(",") if name)
