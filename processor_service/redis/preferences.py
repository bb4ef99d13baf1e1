"""Users' choices on their Home, in Redis."""

from pydantic import ValidationError

from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import preferences_key
from shared.task import Preferences

# Lua: comparing and writing in one step; for Redis 6.2. The value: "<microseconds> <json>".
_NEWEST = """
local held = redis.call('GET', KEYS[1])
local at = held and string.match(held, '^(%d+) ')
if at and tonumber(at) >= tonumber(ARGV[1]) then return held end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
return ARGV[1] .. ' ' .. ARGV[2]
"""


class RedisPreferences:
    """``ports.PreferenceStore`` in Redis; the copy in Slack, on each Home, brings back what Redis
    loses.
    """

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._newest = connection.script(_NEWEST)

    async def of(self, user_id: str) -> Preferences:
        return _read(await self._connection.get(preferences_key(user_id)))

    async def newest(self, user_id: str, offered: Preferences) -> Preferences:
        if offered.chosen_at is None:
            return await self.of(user_id)
        at = str(round(offered.chosen_at.timestamp() * 1e6))
        arguments = (at, offered.model_dump_json())
        held = await self._newest.attempt([preferences_key(user_id)], *arguments, lost=None)
        return offered if held is None else _read(str(held))


def _read(held: str) -> Preferences:
    """The choices; none in a value that we did not write."""
    try:
        return Preferences.model_validate_json(held.partition(" ")[2])
    except ValidationError:
        return Preferences()
