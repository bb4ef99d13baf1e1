"""Questions about what is open beside the agent view: in direct messages, "this channel", "this
thread" or "this message" is the one that Slack names with the question.

``app_context`` of a message.im event lists what its user looks at, by relevance; the shapes are
those of app_context_changed (docs.slack.dev, both events).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from shared.slack.message import Payload, is_ts, mappings
from shared.slack.reading.said import Said
from shared.task import Purpose, Subject

# A longer text is about something else, and may say "this channel" in passing.
_MOST_CHARS: Final = 300
_MOST_ENTITIES: Final = 20
_SPOKEN: Final = re.compile(r"「[^」]*」|『[^』]*』|“[^”]*”|\"[^\"]*\"|`[^`]*`|^>.*$", re.MULTILINE)
# The marks of a text that people paste behind their request, which is then "this message".
_EMOJI: Final = re.compile(r":[\w+'-]{1,100}:")
_CUT: Final = re.compile(r"(?<!\d):|\n\s*\n")
_PASTED_CHARS: Final = 10
_QUOTED_CHARS: Final = 20
_THIS: Final = "(?:この|横の|隣の|今の|いまの|開いている)"
_ASKS: Final = re.compile(
    "まとめ|要約|サマリ|整理|キャッチアップ|教えて|話題|議論|決ま|決定|進捗|要点|ポイント|何が|何を"
    "|どうなって|説明|意味|翻訳|訳して|返信"
    r"|\b(?:summar\w*|recap|catch me up|tell me|explain|translate|mean|reply|key points|topics?"
    r"|happen\w*|going on|discuss\w*|decid\w*|decisions?|said|missed?|new|about)\b"
)


# By what is asked of it: a channel, a thread, a message.
_PLACES: Final = {
    Purpose.CATCH_UP: re.compile(rf"{_THIS}(?:チャンネル|チャネル)|\b(?:this|the open) channel\b"),
    Purpose.SUMMARISE: re.compile(rf"{_THIS}スレッド|\bthis (?:thread|conversation)\b"),
    Purpose.EXPLAIN: re.compile(rf"{_THIS}(?:メッセージ|投稿|発言)|\bthis (?:message|post)\b"),
}
_DAYS: Final = (
    (re.compile(r"今月|先月|(?:1|一)(?:か|ヶ|ケ|カ|個)月|\bmonth\b"), 31),
    (re.compile(r"先週|(?:2|二)週間|\blast week\b|\btwo weeks\b|\b2 weeks\b"), 14),
    (re.compile(r"今週|週間|\bweek\b"), 7),
    (re.compile(r"一昨日|おととい|(?<!\d)3 ?日|\b(?:3|three) days\b"), 3),
    (re.compile(r"昨日|きのう|\byesterday\b"), 2),
    (re.compile(r"今日|きょう|本日|24 ?時間|\btoday\b|\b24 hours\b|\b1 ?day\b|(?<!\d)1 ?日間?"), 1),
)
_USUAL_DAYS: Final = 7
_DAY_S: Final = 86_400
_CHANNEL_ID: Final = re.compile(r"[CG][A-Z0-9]{1,30}")


def subject_beside(said: Said, event: Payload) -> Subject | None:
    """The subject of a direct message's question, if it says so and Slack names it.

    A user who sends something along asks about that. In a thread of our own, "this thread" is that
    one. The processor finds out whether both may read there: this only says where the user looks.
    """
    purpose = _asked_of(said.text)
    if purpose is None or said.quoted or said.files:
        return None
    if purpose is not Purpose.CATCH_UP and event.get("thread_ts") not in {None, event["ts"]}:
        return None
    for channel_id, message_ts in _beside(event):
        if purpose is Purpose.CATCH_UP:
            asked_ts, days = str(event["ts"]), _days_in(said.text)
            since = f"{float(asked_ts) - days * _DAY_S:.6f}"
            return _subject(purpose, channel_id, asked_ts, since)
        if message_ts is not None:
            return _subject(purpose, channel_id, message_ts)
    return None


def _subject(purpose: Purpose, channel_id: str, ts: str, since: str | None = None) -> Subject:
    return Subject(purpose=purpose, channel_id=channel_id, message_ts=ts, since=since, beside=True)


def _asked_of(text: str) -> Purpose | None:
    if not 0 < len(text) <= _MOST_CHARS:
        return None
    folded = _EMOJI.sub(" ", _folded(text))
    words = _SPOKEN.sub(" ", folded)
    if _ASKS.search(words) is None:
        return None
    found = ((purpose, named.search(words)) for purpose, named in _PLACES.items())
    purpose, named = next(((purpose, named) for purpose, named in found if named), (None, None))
    if named is None or purpose is Purpose.CATCH_UP:
        return purpose
    quoted = any(len(one[0]) >= _QUOTED_CHARS for one in _SPOKEN.finditer(folded))
    return None if quoted or _is_followed_by_it(words, named.end()) else purpose


def _is_followed_by_it(words: str, at: int) -> bool:
    """Whether the text itself holds what is asked about, behind the request."""
    return any(
        _ASKS.search(words, 0, cut.start()) and len(words[cut.end() :].strip()) >= _PASTED_CHARS
        for cut in _CUT.finditer(words, at)
    )


def _days_in(text: str) -> int:
    words = _folded(text)
    return next((days for named, days in _DAYS if named.search(words)), _USUAL_DAYS)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _beside(event: Payload) -> Iterator[tuple[str, str | None]]:
    """Each channel that is open there, with the message if one is open; an entry of another form is
    left out, and costs no question.
    """
    context = event.get("app_context")
    entities = mappings(context.get("entities")) if isinstance(context, Mapping) else []
    for entity in entities[:_MOST_ENTITIES]:
        match entity.get("type"), entity.get("value"):
            case "slack#/types/channel_id", channel_id:
                message_ts = None
            case (
                "slack#/types/message_context",
                {"channel_id": channel_id, "message_ts": message_ts},
            ) if is_ts(message_ts):
                pass
            case _:
                continue
        if isinstance(channel_id, str) and _CHANNEL_ID.fullmatch(channel_id):
            yield channel_id, message_ts
