"""Every key in Redis, how long it lives, and why. All of it can be lost without a wrong answer."""

from datetime import date, datetime, time, timedelta, timezone

PREFIX = "mechachang:"

# Which methods Slack told us to leave alone, by when each may be called again: one key, so that one
# look tells of all of them.
HOLDS_KEY = f"{PREFIX}slack:holds"

# Slack names seconds, rarely minutes.
HOLDS_TTL_S = 24 * 3600

# A worker that is killed blocks its task for this long at most. Pub/Sub's push back-off begins at
# 10 s, so the second or third redelivery finds the lease expired, well before the fifth and last.
LEASE_TTL_S = 15.0

# Three renewals fit into a lease: two may fail before it is lost.
LEASE_RENEW_EVERY_S = 5.0

# Pub/Sub keeps an unacknowledged message for 7 days by default and may redeliver it that long.
DONE_TTL_S = 7 * 24 * 3600


# Why a task was handed back is told when Pub/Sub gives it up, minutes later; a day is ample.
FAILURE_TTL_S = 24 * 3600

# What the model said to a task; deleted once it stands in Slack. Deliveries are minutes apart
# unless we are down for long; a day is ample.
SAVED_ANSWER_TTL_S = 24 * 3600

# A worker without a lease and one with it overlap for a task's deadline at most.
DOUBT_TTL_S = 600

# Slack takes posts to a response URL for 30 minutes.
RESPONSES_TTL_S = 30 * 60


# A stopped task may still wait for its turn or its next delivery. One that waits for longer than a
# day has been given up, and its asker told.
STOP_TTL_S = 24 * 3600

# Whoever changes their mind about an answer does so within days; a month is ample.
VOTE_TTL_S = 30 * 24 * 3600

# Slack limits calls by the minute.
BUDGET_WINDOW_S = 60

# People change their language and their time zone rarely; a day old is young enough.
LOCALE_TTL_S = 24 * 3600

# The same goes for the name they are shown by.
NAME_TTL_S = 24 * 3600


def task_key(task_id: str) -> str:
    """Who works on a task (``lease <message id> <owner>``), or that it is ``done``."""
    return f"{PREFIX}task:{task_id}"


def failure_key(task_id: str) -> str:
    """The reason a task was last handed back for."""
    return f"{PREFIX}failure:{task_id}"


def doubt_key(task_id: str) -> str:
    """That a worker without a lease has written for a task."""
    return f"{PREFIX}doubt:{task_id}"


def answer_key(key: str) -> str:
    """A finished answer: for CACHE_TTL_SECONDS, or a task's own until it stands in Slack."""
    return f"{PREFIX}answer:{key}"


def responses_key(task_id: str) -> str:
    """The marks of what was posted to a task's response URL, which cannot be read."""
    return f"{PREFIX}responses:{task_id}"


def turn_key(thread: str) -> str:
    """Which question of a thread is being answered, for as long as a lease."""
    return f"{PREFIX}turn:{thread}"


def waiting_key(thread: str) -> str:
    """The questions of a thread that wait, by when each is given up unless it is seen again."""
    return f"{PREFIX}waiting:{thread}"


def stop_key(task_id: str) -> str:
    """That a task's asker has stopped it."""
    return f"{PREFIX}stop:{task_id}"


def vote_key(task_id: str, user_id: str) -> str:
    """What one person thinks of an answer: ``up`` or ``down``, and when they said so."""
    return f"{PREFIX}vote:{task_id}:{user_id}"


def stream_key(channel: str, ts: str) -> str:
    """For which task a stream runs."""
    return f"{PREFIX}stream:{channel}:{ts}"


def budget_key(method: str) -> str:
    """When the optional calls of a Slack method in the last minute were made."""
    return f"{PREFIX}slack:budget:{method}"


def locale_key(user_id: str) -> str:
    """The language a person uses Slack in."""
    return f"{PREFIX}locale:{user_id}"


def utc_offset_key(user_id: str) -> str:
    """How many seconds a person's clocks are ahead of UTC."""
    return f"{PREFIX}utc_offset:{user_id}"


def name_key(user_id: str) -> str:
    """The name a person is shown by in Slack."""
    return f"{PREFIX}name:{user_id}"


def type_of(key: str) -> str:
    """What Redis says a key of ours holds."""
    named = key.removeprefix(PREFIX)
    if named.startswith("responses:"):
        return "list"
    if named.startswith("limit:told:"):
        return "hash"
    of_moments = ("waiting:", "slack:", "limit:requests:", "limit:under_way:")
    return "zset" if named.startswith(of_moments) else "string"


# What a person may ask is limited per minute; the window slides.
RATE_WINDOW_S = 60

# A redelivery must find its task counted for as long as Pub/Sub may redeliver it.
COUNTED_TTL_S = DONE_TTL_S

# A day's counts are read on that day only; the second day is room for workers' clocks that differ.
DAY_TTL_S = 2 * 24 * 3600


def requests_key(team_id: str, user_id: str) -> str:
    """One person's requests of the last minute: task ids by the millisecond they were admitted."""
    return f"{PREFIX}limit:requests:{team_id}:{user_id}"


def admitted_key(task_id: str) -> str:
    """That a task was admitted, so that its redelivery is neither counted nor refused."""
    return f"{PREFIX}limit:admitted:{task_id}"


# An upper bound on one delivery's work; a worker that was killed leaves its task behind so long.
UNDER_WAY_TTL_S = 300

# A task that owes a person a notice of a refusal is delivered five times and then given up, which
# takes minutes; others are refused in silence until then.
OWED_TTL_S = 30 * 60


def under_way_key(team_id: str, user_id: str) -> str:
    """One person's tasks that are worked on or wait, by when each is forgotten."""
    return f"{PREFIX}limit:under_way:{team_id}:{user_id}"


def told_key(team_id: str, user_id: str) -> str:
    """Which task tells a person of the refusals for a reason, and until when it stands for all."""
    return f"{PREFIX}limit:told:{team_id}:{user_id}"


def questions_key(day: date, team_id: str, user_id: str) -> str:
    """How many questions one person asked on one day."""
    return f"{PREFIX}limit:questions:{day.isoformat()}:{team_id}:{user_id}"


def user_tokens_key(day: date, team_id: str, user_id: str) -> str:
    """How many tokens one person took on one day."""
    return f"{PREFIX}limit:tokens:{day.isoformat()}:user:{team_id}:{user_id}"


def team_tokens_key(day: date, team_id: str) -> str:
    """How many tokens a whole team took on one day."""
    return f"{PREFIX}limit:tokens:{day.isoformat()}:team:{team_id}"


# The people who ask work in Japanese companies, so their count begins anew while they sleep, not in
# the middle of the morning as it would with UTC. Japan has had no daylight saving time since 1951
# (IANA tz database, Asia/Tokyo), so that a fixed offset is the zone; no time zone data is needed.
_JAPAN = timezone(timedelta(hours=9))


def token_day(moment: datetime) -> date:
    """The day that an aware ``moment``'s counts are kept for: a calendar day in Japan."""
    return moment.astimezone(_JAPAN).date()


def next_token_day(moment: datetime) -> datetime:
    """When the day after that of ``moment`` begins: midnight in Japan, aware."""
    return datetime.combine(token_day(moment) + timedelta(days=1), time(), _JAPAN)
