"""Every key in Redis, how long it lives, and why. All of it can be lost without a wrong answer."""

from datetime import date, datetime, time, timedelta, timezone

PREFIX = "mechachang:"

# The Slack methods on hold, by when each may be called again: one key, so one look covers all.
HOLDS_KEY = f"{PREFIX}slack:holds"

# Slack names seconds, rarely minutes.
HOLDS_TTL_S = 24 * 3600

# A killed worker blocks its task for this long at most. The next delivery comes a second or two
# after its death and waits for the rest, so that the answer goes on within seconds. A worker that
# is frozen for longer loses its lease only to a delivery that waits, and notices before it writes.
LEASE_TTL_S = 7.0

# Three renewals fit into a lease: two may fail before it is lost.
LEASE_RENEW_EVERY_S = 2.0

# Pub/Sub keeps an unacknowledged message for 7 days by default and may redeliver it that long.
DONE_TTL_S = 7 * 24 * 3600


# The reason of a hand-back is shown when Pub/Sub gives the task up, minutes later; a day is ample.
FAILURE_TTL_S = 24 * 3600

# The deaths of a task's workers in a row: its deliveries are minutes apart at most.
BEGUN_TTL_S = 3600

# The model's answer to a task; deleted once it is posted in Slack. Deliveries are minutes apart
# unless the service is down for long; a day is ample.
SAVED_ANSWER_TTL_S = 24 * 3600

# A worker without a lease and one with it overlap for a task's deadline at most.
DOUBT_TTL_S = 600

# Slack takes posts to a response URL for 30 minutes.
RESPONSES_TTL_S = 30 * 60


# A stopped task may still wait. After a day it has been given up, and its user told.
STOP_TTL_S = 24 * 3600

# Users change their minds about an answer within days; a month is ample.
VOTE_TTL_S = 30 * 24 * 3600

# Slack limits calls by the minute.
BUDGET_WINDOW_S = 60

# Users change their language and their time zone rarely; a day old is young enough.
LOCALE_TTL_S = 24 * 3600

# The same goes for their display names.
NAME_TTL_S = 24 * 3600


def task_key(task_id: str) -> str:
    """The worker on a task (``lease <message id> <owner>``; ``undecided:`` may precede the id), or
    ``done``.
    """
    return f"{PREFIX}task:{task_id}"


def begun_key(task_id: str) -> str:
    """The number of workers in a row that took the task and did not come to an end with it."""
    return f"{PREFIX}begun:{task_id}"


def failure_key(task_id: str) -> str:
    """The reason for which a task was last handed back."""
    return f"{PREFIX}failure:{task_id}"


def doubt_key(task_id: str) -> str:
    """A worker without a lease has written for the task."""
    return f"{PREFIX}doubt:{task_id}"


def answer_key(key: str) -> str:
    """A finished answer: for CACHE_TTL_SECONDS, or a task's own until Slack shows it."""
    return f"{PREFIX}answer:{key}"


def responses_key(task_id: str) -> str:
    """The marks of the posts to a task's response URL, which cannot be read back."""
    return f"{PREFIX}responses:{task_id}"


def turn_key(thread: str) -> str:
    """The question of a thread that is being answered, for as long as a lease."""
    return f"{PREFIX}turn:{thread}"


def waiting_key(thread: str) -> str:
    """The waiting questions of a thread, by when each is given up unless it is seen again."""
    return f"{PREFIX}waiting:{thread}"


def stop_key(task_id: str) -> str:
    """The user has stopped the task."""
    return f"{PREFIX}stop:{task_id}"


def vote_key(task_id: str, user_id: str) -> str:
    """One user's vote on an answer: ``up`` or ``down``, and its time."""
    return f"{PREFIX}vote:{task_id}:{user_id}"


def stream_key(channel: str, ts: str) -> str:
    """The task of a running stream."""
    return f"{PREFIX}stream:{channel}:{ts}"


# A person who writes again within minutes of an answer continues it; later it is another matter.
LAST_THREAD_TTL_S = 600


def last_thread_key(channel: str) -> str:
    """The thread of the last answer in a direct message."""
    return f"{PREFIX}last_thread:{channel}"


def budget_key(method: str) -> str:
    """The times of a Slack method's optional calls in the last minute."""
    return f"{PREFIX}slack:budget:{method}"


def locale_key(user_id: str) -> str:
    """A user's language in Slack."""
    return f"{PREFIX}locale:{user_id}"


def utc_offset_key(user_id: str) -> str:
    """The seconds a user's clock is ahead of UTC."""
    return f"{PREFIX}utc_offset:{user_id}"


def preferences_key(user_id: str) -> str:
    """A user's choices on their Home. They do not expire: nobody chooses twice."""
    return f"{PREFIX}preferences:{user_id}"


def name_key(user_id: str) -> str:
    """A user's display name in Slack."""
    return f"{PREFIX}name:{user_id}"


def type_of(key: str) -> str:
    """The Redis type of a key of ours."""
    named = key.removeprefix(PREFIX)
    if named.startswith("responses:"):
        return "list"
    if named.startswith("limit:told:"):
        return "hash"
    of_moments = ("waiting:", "slack:", "limit:requests:", "limit:under_way:")
    return "zset" if named.startswith(of_moments) else "string"


# The limit per user is per minute; the window slides.
RATE_WINDOW_S = 60

# A redelivery must find its task counted for as long as Pub/Sub may redeliver it.
COUNTED_TTL_S = DONE_TTL_S

# A day's counts are read on that day only; the second day is room for workers' clocks that differ.
DAY_TTL_S = 2 * 24 * 3600


def requests_key(team_id: str, user_id: str) -> str:
    """One user's requests of the last minute: task ids by the millisecond of their admission."""
    return f"{PREFIX}limit:requests:{team_id}:{user_id}"


def admitted_key(task_id: str) -> str:
    """The task was admitted, so that its redelivery is neither counted nor refused."""
    return f"{PREFIX}limit:admitted:{task_id}"


# An upper bound on one delivery's work; a killed worker's task stays counted for so long.
UNDER_WAY_TTL_S = 300

# A task that owes a user a notice of a refusal is delivered eight times and then given up, which
# takes minutes; others are refused silently until then.
OWED_TTL_S = 30 * 60


def under_way_key(team_id: str, user_id: str) -> str:
    """One user's tasks in work or waiting, by when each is forgotten."""
    return f"{PREFIX}limit:under_way:{team_id}:{user_id}"


def told_key(team_id: str, user_id: str) -> str:
    """The task whose notice covers a user's refusals for a reason, and until when."""
    return f"{PREFIX}limit:told:{team_id}:{user_id}"


def questions_key(day: date, team_id: str, user_id: str) -> str:
    """The number of one user's questions on one day."""
    return f"{PREFIX}limit:questions:{day.isoformat()}:{team_id}:{user_id}"


def user_tokens_key(day: date, team_id: str, user_id: str) -> str:
    """The number of one user's tokens on one day."""
    return f"{PREFIX}limit:tokens:{day.isoformat()}:user:{team_id}:{user_id}"


def team_tokens_key(day: date, team_id: str) -> str:
    """The number of a whole team's tokens on one day."""
    return f"{PREFIX}limit:tokens:{day.isoformat()}:team:{team_id}"


# The users work in Japanese companies, so their counts restart at night, not in the middle of the
# morning as with UTC. Japan has had no daylight saving time since 1951 (IANA tz database,
# Asia/Tokyo), so a fixed offset is the zone, without time zone data.
_JAPAN = timezone(timedelta(hours=9))


def token_day(moment: datetime) -> date:
    """The day to which an aware ``moment`` counts: a calendar day in Japan."""
    return moment.astimezone(_JAPAN).date()


def next_token_day(moment: datetime) -> datetime:
    """When the day after that of ``moment`` begins: midnight in Japan, aware."""
    return datetime.combine(token_day(moment) + timedelta(days=1), time(), _JAPAN)
