"""Gemini's daily quotas restart at midnight Pacific time (ai.google.dev, Gemini API limits)."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

_SUNDAY: Final = 6


def next_pacific_midnight(moment: datetime) -> datetime:
    """The first midnight in California after an aware ``moment``, in UTC."""
    day = moment.astimezone(UTC).date() - timedelta(days=1)
    while (midnight := _midnight(day)) <= moment:
        day += timedelta(days=1)
    return midnight


def _midnight(day: date) -> datetime:
    # By the law's rule since 2007, so that no time zone data is needed (the images have none):
    # clocks change at two in the morning, after that day's midnight.
    summer = _sunday(day.year, 3, 2) < day <= _sunday(day.year, 11, 1)
    return datetime.combine(
        day, time(), timezone(timedelta(hours=-7 if summer else -8))
    ).astimezone(UTC)


def _sunday(year: int, month: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_SUNDAY - first.weekday()) % 7 + 7 * (number - 1))
