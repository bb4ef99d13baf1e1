"""The default clock of both services."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)
