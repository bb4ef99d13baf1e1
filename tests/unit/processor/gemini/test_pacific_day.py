from datetime import UTC, datetime

import pytest

from processor_service.gemini.pacific_day import next_pacific_midnight


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-28T20:00", "2026-11-29T08:00"),
        ("2026-11-28T07:59", "2026-11-28T08:00"),
        ("2026-11-28T08:00", "2026-11-29T08:00"),
        ("2026-07-01T06:59", "2026-07-01T07:00"),
        ("2026-12-31T23:00", "2027-01-01T08:00"),
        # The days on which clocks change: 8 March and 1 November 2026.
        ("2026-03-08T07:30", "2026-03-08T08:00"),
        ("2026-03-08T12:00", "2026-03-09T07:00"),
        ("2026-11-01T06:30", "2026-11-01T07:00"),
        ("2026-11-01T12:00", "2026-11-02T08:00"),
    ],
)
def test_a_daily_quota_begins_anew_at_midnight_in_california(now: str, then: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_pacific_midnight(moment) == datetime.fromisoformat(then).replace(tzinfo=UTC)
