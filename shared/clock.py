"""The time, for whoever is not handed another clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)
