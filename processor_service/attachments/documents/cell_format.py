"""A cell's value as a person sees it, by its number format (ECMA-376-1, 18.8.30 and 18.8.31).

Formats in the language of programs (eras, fractions, conditions) come out plain: a date in ISO
8601, a number in full.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

_QUOTED: Final = re.compile(r'"([^"]*)"')
# A colour or a condition; a currency with its locale, as [$¥-411]; the width of a letter; a filler.
_HINTS: Final = re.compile(r"\[(?!\$|h+\]|m+\]|s+\])[^\]]{0,50}\]|_.|\*.", re.IGNORECASE)
_CURRENCY: Final = re.compile(r"\[\$([^\]-]{0,10})(?:-[^\]]{0,20})?\]")
_DIGITS: Final = re.compile(r"[#0?][#0?,]*(?:\.[0#?]*)?,*(?:E[+-]0+)?")
_CONDITION: Final = re.compile(r"\[[<>=]")
_DATE_PARTS: Final = re.compile(
    r"\[h+\]|\[m+\]|\[s+\]|y+|m+|d+|h+|s+(?:\.0+)?|a{3,4}|AM/PM|A/P|\"[^\"]*\"|\\.|.", re.IGNORECASE
)
_WEEKDAYS: Final = "月火水木金土日"
_KEPT: Final = "\ue000"
# Formats 14 and 22 are of the reader's locale, whatever is written for them.
_LOCAL: Final = frozenset({"mm-dd-yy", "m/d/yy h:mm", "General"})


def shown(value: object, number_format: str) -> str:
    """``value`` in its format. Values without one (words, errors) as they are."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, datetime | date | time):
        return _date(value, number_format)
    if isinstance(value, timedelta):
        return _duration(value)
    return str(value)


def _general(value: float) -> str:
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.11g}"


def _number(value: float, number_format: str) -> str:
    if number_format == "General" or _CONDITION.search(number_format):
        return _general(value)
    sections = _sections(number_format)
    index = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    section = sections[index]
    digits = _DIGITS.search(section.pattern)
    if digits is None and index:
        return section.filled(section.pattern).strip()
    if digits is None or "/" in section.pattern:
        # "General" may have words around it; a fraction is a number, too.
        pattern = section.pattern if "General" in section.pattern else "General"
        return section.filled(pattern.replace("General", _general(value))).strip()
    percent = section.pattern.count("%")
    amount = Decimal(repr(value)) * 100**percent
    number = _digits(abs(amount) if index == 1 else amount, digits.group())
    before, after = section.pattern[: digits.start()], section.pattern[digits.end() :]
    return section.filled(f"{before}{number}{after}").strip()


class _Section:
    """A part of a format: for positive, negative or zero. Words in it are ``literals``."""

    def __init__(self, written: str) -> None:
        self.literals: list[str] = []
        text = _CURRENCY.sub(lambda found: self._kept(found[1]), written)
        text = _QUOTED.sub(lambda found: self._kept(found[1]), text)
        text = re.sub(r"\\(.)", lambda found: self._kept(found[1]), text)
        self.pattern = _HINTS.sub("", text)

    def _kept(self, literal: str) -> str:
        self.literals.append(literal)
        return _KEPT

    def filled(self, text: str) -> str:
        """``text`` with the words in their places."""
        for literal in self.literals:
            text = text.replace(_KEPT, literal, 1)
        return text


@lru_cache(maxsize=200)
def _sections(number_format: str) -> list[_Section]:
    quoted = _QUOTED.sub(lambda found: found[0].replace(";", "\ue001"), number_format[:300])
    return [_Section(each.replace("\ue001", ";")) for each in quoted.split(";")]


def _digits(amount: Decimal, pattern: str) -> str:
    if "E" in pattern:
        mantissa = pattern.partition("E")[0]
        places = len(mantissa.partition(".")[2])
        return f"{float(amount):.{places}E}"
    core = pattern.rstrip(",")
    amount = amount / Decimal(1000) ** (len(pattern) - len(core))
    whole, _, fraction = core.partition(".")
    quantum = Decimal(1).scaleb(-len(fraction))
    try:
        rounded = amount.quantize(quantum, rounding=ROUND_HALF_UP)
    except ArithmeticError:
        return _general(float(amount))
    sign, text = ("-" if rounded < 0 else ""), f"{abs(rounded):f}"
    before, _, after = text.partition(".")
    before = "" if before == "0" and "0" not in whole else before.zfill(whole.count("0"))
    optional = len(fraction) - len(fraction.rstrip("#?"))
    while optional and after.endswith("0"):
        after, optional = after[:-1], optional - 1
    if "," in whole:
        before = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", before)
    return sign + (f"{before}.{after}" if after else before)


def _date(value: datetime | date | time, number_format: str) -> str:
    pattern = _CURRENCY.sub("", number_format.partition(";")[0])
    pattern = _HINTS.sub("", pattern)
    readable = not re.search(r"[gebr]", _QUOTED.sub("", pattern), re.IGNORECASE)
    if number_format in _LOCAL or not readable:
        return _iso(value)
    parts = _DATE_PARTS.findall(pattern)
    twelve = any(part.upper() in {"AM/PM", "A/P"} for part in parts)
    shown_parts = [_part(value, parts, index, twelve=twelve) for index in range(len(parts))]
    return "".join(shown_parts).strip() or _iso(value)


def _iso(value: datetime | date | time) -> str:
    if isinstance(value, datetime):
        text = value.isoformat(" ", "seconds")
        return text.removesuffix(" 00:00:00").removesuffix(":00")
    return value.isoformat()


def _part(value: datetime | date | time, parts: list[str], index: int, *, twelve: bool) -> str:
    part = parts[index]
    letter, size = part[0].lower(), len(part)
    if part[0] in '"\\':
        return part.strip('"').removeprefix("\\")
    if letter in "hs[" or "/" in part[1:] or (letter == "m" and _means_minutes(parts, index)):
        return _time_part(value, part, twelve=twelve)
    if isinstance(value, date) and (letter in "ymd" or (letter == "a" and size > 2)):
        return _date_part(value, letter, size)
    return part


def _time_part(value: datetime | date | time, part: str, *, twelve: bool) -> str:
    letter = part.strip("[")[0].lower()
    hour = getattr(value, "hour", 0)
    if letter == "a":
        return "PM" if hour >= 12 else "AM"
    number = {"m": getattr(value, "minute", 0), "s": getattr(value, "second", 0)}.get(letter, hour)
    if letter == "h" and twelve:
        number = (hour + 11) % 12 + 1
    return f"{number:0{min(part.lower().count(letter), 2)}}"


def _date_part(value: date, letter: str, size: int) -> str:
    if letter == "y":
        return f"{value.year}" if size > 2 else f"{value.year % 100:02}"
    if letter == "a":
        return _WEEKDAYS[value.weekday()] + ("曜日" if size == 4 else "")
    if size > 2:
        long = f"{value:%B}" if letter == "m" else f"{value:%A}"
        return long if size == 4 else long[:3]
    return f"{value.month if letter == 'm' else value.day:0{size}}"


def _means_minutes(parts: list[str], index: int) -> bool:
    """An m is of minutes behind hours and before seconds (18.8.31)."""
    times = [part[:2].strip("[").lower()[:1] for part in parts]
    before = next((each for each in reversed(times[:index]) if each in {*"hsymd"}), "")
    after = next((each for each in times[index + 1 :] if each in {*"hsymd"}), "")
    return before == "h" or after == "s"


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
