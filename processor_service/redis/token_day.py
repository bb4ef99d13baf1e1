"""The day that token counts are kept for: a calendar day in Japan.

The people who ask work in Japanese companies, so their count begins anew while they sleep, not in
the middle of the morning as it would with UTC.
"""

from datetime import date, datetime, time, timedelta, timezone

# Japan has had no daylight saving time since 1951 (IANA tz database, Asia/Tokyo), so that a fixed
# offset is the zone and no time zone data is needed.
_JAPAN = timezone(timedelta(hours=9))


def token_day(moment: datetime) -> date:
    """The day in Japan that an aware ``moment`` belongs to."""
    return moment.astimezone(_JAPAN).date()


def next_token_day(moment: datetime) -> datetime:
    """When the day after that of ``moment`` begins: midnight in Japan, aware."""
    return datetime.combine(token_day(moment) + timedelta(days=1), time(), _JAPAN)
