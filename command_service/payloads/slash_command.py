"""The text after ``/gemini``: its options, its mode, and the question itself.

    /gemini [--private] [--mode MODE] [MODE:] question
    /gemini catch-up [#channel] [1d|3d|1w]

Options come before the question; ``--private`` also counts right after ``MODE:`` and at the very
end, so that nobody shows a private question to everybody. Any other word before a colon belongs to
the question (``error: …``, ``TODO: …``): only ``--mode`` names a mode that must exist. A question
that begins like an option is asked with a mode before it (``general: --amend とは``). ``help`` and
``doctor`` alone are no questions. After ``catch-up`` come a channel and a period in any order; any
other text there makes it a question.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from command_service.payloads.model import NotAQuestion, RejectReason
from command_service.payloads.well_formed import id_in, never_raising, text_or_none, words_in
from shared.slack.message_text import LONGEST_MARKUP
from shared.task import Mode, Requester, task_id_of_command

_MODES = {
    "general": Mode.GENERAL,
    "一般": Mode.GENERAL,
    "code": Mode.CODE,
    "コード": Mode.CODE,
    "data": Mode.DATA,
    "データ": Mode.DATA,
    "creative": Mode.CREATIVE,
    "創作": Mode.CREATIVE,
    "クリエイティブ": Mode.CREATIVE,
}
_HELP = {"help", "ヘルプ", "--help"}
_DOCTOR = {"doctor", "診断"}
# Smart punctuation of phones and macOS turns two hyphens into a dash. Japanese keyboards write
# hyphens and letters in full width, and long vowel marks where their user means hyphens; and no
# blanks stand between Japanese words. None of these may show a private question to a channel.
_DASHES = r"(?:--|[—–])"
_LIKE_DASHES = r"(?:[-－ー―—–‐‑‒−﹣ｰ─━]{2}|[—–―])"
_LIKE_HYPHEN = r"[-－‐‑‒−﹣]"
_PRIVATE = r"(?:private|ｐｒｉｖａｔｅ)"
_KNOWN = rf"(?:{_PRIVATE}|mode|ｍｏｄｅ)"
_OPTION = re.compile(
    rf"(?:{_DASHES}|{_LIKE_DASHES}(?={_KNOWN})|{_LIKE_HYPHEN}(?={_PRIVATE}))"
    r"([A-Za-zＡ-Ｚａ-ｚ][\w-]*)(?:[=＝](\S*))?(?:\s+|\Z)",
    re.IGNORECASE,
)
_MODE_PREFIX = re.compile(r"(\w+)\s*[:：]\s*")
_PRIVATE_FIRST = re.compile(
    rf"\A(?:{_LIKE_DASHES}|{_LIKE_HYPHEN}){_PRIVATE}(?:\s+|\Z)", re.IGNORECASE
)
_PRIVATE_LAST = re.compile(
    rf"(?:(?<![!-~]){_LIKE_DASHES}|(?<!\S){_LIKE_HYPHEN}){_PRIVATE}\Z", re.IGNORECASE
)
_WORD = re.compile(r"(\S+)\s*")
_LONGEST_NAME = 40
_CATCH_UP: Final = frozenset({"catch-up", "catchup", "まとめ", "キャッチアップ"})
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
# Slack sends a channel so where the app's escaping is on (docs.slack.dev, slash commands).
_CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]{1,30})(?:\|[^<>]*)?>")
_MOST_WORDS: Final = 4


@dataclass(frozen=True)
class CommandRequest:
    """A question with its options; ``text`` may be empty."""

    text: str
    mode: Mode = Mode.AUTO
    private: bool = False


def read_request(text: str) -> CommandRequest | NotAQuestion:
    """The request in ``text``, or why there is none: HELP_ASKED, or UNKNOWN_OPTION with the option.

    A text longer than any message in Slack is not parsed: it is a question that is too long.
    """
    if len(text) > LONGEST_MARKUP:
        return CommandRequest(text)
    if folded(text) in _HELP:
        return NotAQuestion(RejectReason.HELP_ASKED)
    text = text.strip()
    # The expression does not begin with its blanks: that would take quadratic time.
    last = _PRIVATE_LAST.search(text)
    request = _after_options(text[: last.start()].rstrip() if last else text)
    if isinstance(request, CommandRequest) and last:
        request = replace(request, private=True)
    return request if isinstance(request, NotAQuestion) else _after_mode(request)


def _after_options(text: str) -> CommandRequest | NotAQuestion:
    request, at = CommandRequest(""), 0
    while option := _OPTION.match(text, at):
        name, value, began, at = folded(option[1]), option[2], at, option.end()
        if value is None and name == "mode" and (word := _WORD.match(text, at)):
            value, at = word[1], word.end()
        if name == "private" and value is None:
            request = replace(request, private=True)
        elif name == "mode" and (mode := _mode(value or "")) is not None:
            request = replace(request, mode=mode)
        else:
            return _refused(name, text[began:at].strip())
    return replace(request, text=text[at:])


def _refused(name: str, written: str) -> NotAQuestion:
    if name == "help":
        return NotAQuestion(RejectReason.HELP_ASKED)
    return NotAQuestion(RejectReason.UNKNOWN_OPTION, written)


def _after_mode(request: CommandRequest) -> CommandRequest:
    prefix = _MODE_PREFIX.match(request.text)
    mode = _mode(prefix[1]) if prefix else None
    if prefix is None or mode is None:
        return request
    rest, private = _PRIVATE_FIRST.subn("", request.text[prefix.end() :], count=1)
    return CommandRequest(rest, mode, private=request.private or bool(private))


def _mode(name: str) -> Mode | None:
    return _MODES.get(folded(name))


@dataclass(frozen=True)
class CatchUpRequest:
    """The channel to sum up, the command's own without a ``channel_id``, and the period."""

    channel_id: str | None = None
    period: timedelta = _USUAL


def read_catch_up(markup: str) -> CatchUpRequest | NotAQuestion | None:
    """The request in a command's text as Slack sent it; None if it is no such request at all.

    UNKNOWN_CHANNEL for a name without its id: only Slack can tell which channel that is.
    """
    written = markup.split(maxsplit=_MOST_WORDS)
    # The answer is private in any case.
    command, *words = [word for word in written if not _PRIVATE_FIRST.fullmatch(word)] or [""]
    if folded(command) not in _CATCH_UP or len(written) > _MOST_WORDS:
        return None
    channels = [found[1] for found in map(_CHANNEL.fullmatch, words) if found]
    periods = [_PERIODS[folded(word)] for word in words if folded(word) in _PERIODS]
    named = [word for word in words if word[0] in "#＃"]
    others = len(words) - len(channels) - len(periods) - len(named)
    if others or len(channels) > 1 or len(periods) > 1:
        return None
    if named:
        return NotAQuestion(RejectReason.UNKNOWN_CHANNEL)
    return CatchUpRequest(channels[0] if channels else None, periods[0] if periods else _USUAL)


def folded(name: str) -> str:
    """A word in comparable form: full-width and capital letters become plain ones.

    A text longer than any name stays as it is: a row of accents takes Unicode quadratic time.
    """
    name = name.strip()
    if len(name) > _LONGEST_NAME:
        return name
    return unicodedata.normalize("NFKC", name).strip().casefold()


@dataclass(frozen=True)
class DoctorRequest:
    """The user who asks for the service's checks, and their place."""

    task_id: str
    by: Requester
    response_url: str | None


@never_raising
def read_doctor_request(body: Mapping[str, Any]) -> DoctorRequest | None:
    """The request in a slash command; None for any other command."""
    if folded(words_in(body.get("text"))) not in _DOCTOR:
        return None
    team_id = str(body["team_id"])
    return DoctorRequest(
        task_id=task_id_of_command(team_id, str(body["trigger_id"])),
        by=Requester(team_id, id_in(body["channel_id"]), id_in(body["user_id"])),
        response_url=text_or_none(body.get("response_url")),
    )
