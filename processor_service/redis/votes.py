"""Votes on answers, in Redis."""

from datetime import datetime

from processor_service.ports.people import VoteChange
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import VOTE_TTL_S, vote_key
from shared.task import Vote

# Lua: comparing and writing in one step; for Redis 6.2. The value: "<vote> <microseconds>".
_CAST = """
local held = redis.call('GET', KEYS[1])
local vote, at = nil, nil
if held then vote, at = string.match(held, '^(%a+) (%d+)$') end
if at and tonumber(at) >= tonumber(ARGV[2]) then return 'known' end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'EX', ARGV[3])
if not vote then return 'new' end
if vote == ARGV[1] then return 'known' end
return 'changed'
"""


class RedisVotes:
    """``ports.Votes``; with Redis lost every vote counts as new."""

    def __init__(self, connection: RedisConnection) -> None:
        self._cast = connection.script(_CAST)

    async def cast(self, task_id: str, user_id: str, vote: Vote, at: datetime) -> VoteChange:
        arguments = (vote, str(round(at.timestamp() * 1e6)), str(VOTE_TTL_S))
        key = vote_key(task_id, user_id)
        return VoteChange(str(await self._cast.attempt([key], *arguments, lost=VoteChange.NEW)))
