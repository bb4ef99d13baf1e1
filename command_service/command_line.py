"""What is typed behind ``/gemini``: its options, its mode, and the question itself.

    /gemini [--private] [--mode MODE] [MODE:] question

Options stand before the question; ``--private`` also counts right behind ``MODE:`` and at the very
end, so that nobody shows to everybody what was meant for themselves. Any other word before a colon
belongs to the question (``error: …``, ``TODO: …``): only ``--mode`` names a mode that must exist.
A question that begins like an option is asked with a mode before it (``general: --amend とは``).
"""

import re
import unicodedata
from dataclasses import dataclass, replace

from command_service.question import Reason
from shared.task import Mode

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
# Smart punctuation of phones and macOS turns two hyphens into a dash.
_DASHES = r"(?:--|[—–])"
_OPTION = re.compile(rf"{_DASHES}([A-Za-z][\w-]*)(?:[=＝](\S*))?(?:\s+|\Z)")
_MODE_PREFIX = re.compile(r"(\w+)\s*[:：]\s*")
_PRIVATE_FIRST = re.compile(rf"\A{_DASHES}private(?:\s+|\Z)", re.IGNORECASE)
_PRIVATE_LAST = re.compile(rf"(?:\s+|\A){_DASHES}private\s*\Z", re.IGNORECASE)
_WORD = re.compile(r"(\S+)\s*")


@dataclass(frozen=True)
class Request:
    """A question with what was chosen for it; ``text`` may be empty."""

    text: str
    mode: Mode = Mode.AUTO
    private: bool = False


def read_request(text: str) -> Request | Reason:
    """The request in ``text``, or why it is none: HELP_ASKED or UNKNOWN_OPTION."""
    if folded(text) in _HELP:
        return Reason.HELP_ASKED
    rest, private_last = _PRIVATE_LAST.subn("", text.strip())
    request = _after_options(Request(rest, private=bool(private_last)))
    return request if isinstance(request, Reason) else _after_mode(request)


def _after_options(request: Request) -> Request | Reason:
    while option := _OPTION.match(request.text):
        name, value = folded(option[1]), option[2]
        rest = request.text[option.end() :]
        if name == "private" and value is None:
            request = replace(request, text=rest, private=True)
        elif name == "mode" and (chosen := _chosen(value, rest)) is not None:
            request = replace(request, mode=chosen[0], text=chosen[1])
        else:
            return Reason.HELP_ASKED if name == "help" else Reason.UNKNOWN_OPTION
    return request


def _chosen(value: str | None, rest: str) -> tuple[Mode, str] | None:
    """The mode in an option's value, or in the word behind it, and the text after that."""
    if value is None and (word := _WORD.match(rest)):
        value, rest = word[1], rest[word.end() :]
    mode = _mode(value or "")
    return None if mode is None else (mode, rest)


def _after_mode(request: Request) -> Request:
    prefix = _MODE_PREFIX.match(request.text)
    mode = _mode(prefix[1]) if prefix else None
    if prefix is None or mode is None:
        return request
    rest, private = _PRIVATE_FIRST.subn("", request.text[prefix.end() :], count=1)
    return Request(rest, mode, private=request.private or bool(private))


def _mode(name: str) -> Mode | None:
    return _MODES.get(folded(name))


def folded(name: str) -> str:
    """A word as it is compared: full-width and capital letters are no others."""
    return unicodedata.normalize("NFKC", name).strip().casefold()
