"""The command that sums up a channel: ``/gemini catch-up [#channel] [1d|3d|1w]``, in any order.

Slack sends a channel as ``<#C123|name>`` where the app's escaping is on (docs.slack.dev, slash
commands). Any other text after the word makes it a question.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from command_service.payloads.model import NotAQuestion, RejectReason
from command_service.payloads.slash_command import folded, says_private

_WORDS: Final = frozenset({"catch-up", "catchup", "まとめ", "キャッチアップ"})
_PERIODS: Final = {
    "1d": timedelta(days=1),
    "1日": timedelta(days=1),
    "3d": timedelta(days=3),
    "3日": timedelta(days=3),
    "1w": timedelta(days=7),
    "7d": timedelta(days=7),
    "7日": timedelta(days=7),
    "1週間": timedelta(days=7),
}
_USUAL: Final = _PERIODS["1d"]
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]{1,30})(?:\|[^<>]*)?>")
_MOST_WORDS: Final = 4


@dataclass(frozen=True)
class CatchUpRequest:
    """The channel to sum up, the command's own without a ``channel_id``, and the period."""

    channel_id: str | None = None
    period: timedelta = _USUAL


def read_catch_up(markup: str) -> CatchUpRequest | NotAQuestion | None:
    """The request in a command's text as Slack sent it; None if it is no such request at all.

    UNKNOWN_CHANNEL for a name without its id: only Slack can tell which channel that is.
    """
    words = markup.split(maxsplit=_MOST_WORDS)
    if not 1 <= len(words) <= _MOST_WORDS or folded(words[0]) not in _WORDS:
        return None
    channels, periods, named = [], [], False
    for word in words[1:]:
        if channel := _CHANNEL.fullmatch(word):
            channels.append(channel[1])
        elif (period := _PERIODS.get(folded(word))) is not None:
            periods.append(period)
        elif word[0] in "#＃":
            named = True
        elif not says_private(word):
            # The answer is private in any case.
            return None
    if len(channels) > 1 or len(periods) > 1:
        return None
    if named:
        return NotAQuestion(RejectReason.UNKNOWN_CHANNEL)
    return CatchUpRequest(channels[0] if channels else None, periods[0] if periods else _USUAL)
