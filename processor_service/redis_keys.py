"""Every key in Redis, how long it lives, and why. All of it can be lost without a wrong answer."""

PREFIX = "mechachang:"

# A worker that is killed blocks its task for this long at most. Pub/Sub's push back-off begins at
# 10 s, so the second or third redelivery finds the lease expired, well before the fifth and last.
LEASE_TTL_S = 15.0

# Three renewals fit into a lease: two may fail before it is lost.
LEASE_RENEW_EVERY_S = 5.0

# Pub/Sub keeps an unacknowledged message for 7 days by default and may redeliver it that long.
DONE_TTL_S = 7 * 24 * 3600


def task_key(task_id: str) -> str:
    """Who works on a task (``lease <message id> <owner>``), or that it is ``done``."""
    return f"{PREFIX}task:{task_id}"


def answer_key(key: str) -> str:
    """A finished answer, for CACHE_TTL_SECONDS."""
    return f"{PREFIX}answer:{key}"
