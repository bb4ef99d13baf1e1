"""Which addresses become links, and the warning beside a link that could deceive."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"(?:https?://[^\s/?#]|mailto:\S)", re.IGNORECASE)
# An address, or a part of one, as people read it; Japanese text around it does not belong to it.
_NAMED = re.compile(r"(://)?((?:[^\W\u2e80-\U0010ffff]|[.@+-])+)")
_FOUR_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
# File name endings ("Node.js") that are no top-level domain, so no host ends so.
_FILE_ENDINGS = re.compile(
    r"cfg|conf|cpp|css?|csv|dll|docx?|exe|gif|go|gz|html?|ini|ipynb|java|jpe?g|jsx?|json|kt|log|lua"
    r"|pdf|php|png|pptx?|rb|sql|svg|tar|toml|tsx?|txt|vue|xlsx?|xml|ya?ml"
)
_AT_ONCE = 100
_MARKUP = re.compile(r"[\\`*_\[\]<>~!&]")


def is_address(url: str) -> bool:
    """Whether ``url`` may be a link: only web pages and mail addresses may."""
    return _ADDRESS.match(url) is not None


def beside(label: str, url: str, title: str = "") -> str:
    """The text after a link: its title, and its real host if ``label`` names another one."""
    shown = [title] if title and title not in label else []
    place = _place(url)
    if any(each.removeprefix("www.") != place for each in _named(label)):
        shown.append(place)
    return "".join(f" ({each})" for each in shown)


def escaped(text: str) -> str:
    """``text`` escaped for Markdown."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _place(url: str) -> str:
    """The host as browsers read it, or the mail address."""
    if url[:7].lower() == "mailto:":
        return url[7:].partition("?")[0].lower()
    try:
        host = urlsplit(url.replace("\\", "/").replace("%5C", "/")).hostname
    except ValueError:
        host = None
    return (host or url).removeprefix("www.")


def _named(label: str) -> Iterator[str]:
    visible = "".join(char for char in label if unicodedata.category(char) != "Cf")
    for scheme, found in _NAMED.findall(_compatible(visible).lower()):
        name = found.strip(".+-")
        host = name.rpartition("@")[2]
        if scheme or _is_host(host):
            yield host if scheme else name


def _compatible(text: str) -> str:
    """Full-width letters and the like as plain ones, in bounded chunks: a row of accents takes the
    normalisation quadratic time.
    """
    parts = (text[at : at + _AT_ONCE] for at in range(0, len(text), _AT_ONCE))
    return "".join(unicodedata.normalize("NFKC", part) for part in parts)


def _is_host(host: str) -> bool:
    *others, last = host.split(".")
    if not others or not all(others):
        return False
    known = len(last) > 1 and last.isalpha() and not _FILE_ENDINGS.fullmatch(last)
    return known or last.startswith("xn--") or _FOUR_NUMBERS.fullmatch(host) is not None
