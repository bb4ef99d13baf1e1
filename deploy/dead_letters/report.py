"""Reports on dead letters, for people and for machines.

A person's words (prompt, file names) and ``response_url`` are never in a list; ``show`` has the
prompt only when asked for it, and ``response_url`` never: it lets anybody post.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.dead_letters.letter import DeadTask, Letter
from deploy.language import columns, padded, words
from shared.task import Kind

_HEADINGS = (
    ("TASK", "タスク"),
    ("ASKED (UTC)", "質問の時刻 (UTC)"),
    ("AGE", "経過"),
    ("SOURCE", "種類"),
    ("DELIVERED", "配信"),
    ("GIVEN UP BY", "断念した元"),
    ("NOTES", "備考"),
)


def summary(dead: DeadTask, now: datetime) -> dict[str, Any]:
    """One task of the list, for machines; everything in it is safe to pass on."""
    newest, task = dead.newest, dead.task
    return {
        "task_id": task.task_id if task else None,
        "kind": task.kind.value if task else None,
        "source": task.source.value if task else None,
        "asked_at": task.occurred_at.isoformat() if task else None,
        "age_s": round((now - dead.since).total_seconds()),
        "deliveries": newest.deliveries,
        "subscription": newest.came_from,
        "first_published_at": newest.first_published_at,
        "dead_since": newest.published_at.isoformat(),
        "replayed": any(letter.was_replayed for letter in dead.letters),
        "message_ids": [letter.message_id for letter in dead.letters],
        "undecodable": dead.fault,
    }


def details(dead: DeadTask, now: datetime, *, with_text: bool) -> dict[str, Any]:
    """Everything about one task, for machines."""
    return {
        **summary(dead, now),
        "task": _task_fields(dead, with_text=with_text),
        "letters": [_letter_fields(dead, letter, with_text) for letter in dead.letters],
    }


def _task_fields(dead: DeadTask, *, with_text: bool) -> dict[str, Any] | None:
    if dead.task is None:
        return None
    hidden = {"response_url"} if with_text else {"response_url", "text"}
    fields = dead.task.model_dump(mode="json", exclude=hidden)
    return {
        **fields,
        "text_chars": len(dead.task.text),
        "has_response_url": dead.task.response_url is not None,
    }


def _letter_fields(dead: DeadTask, letter: Letter, with_text: bool) -> dict[str, Any]:
    fields = {
        "message_id": letter.message_id,
        "published_at": letter.published_at.isoformat(),
        "bytes": len(letter.data),
        "attributes": dict(letter.attributes),
    }
    if dead.task is None and with_text:
        fields["data"] = letter.data.decode(errors="backslashreplace")
    return fields


def table(dead: Sequence[DeadTask], now: datetime) -> list[str]:
    """The list for people: a heading and one line a task."""
    headings = tuple(words(en, ja) for en, ja in _HEADINGS)
    rows = [headings, *(_row(each, now) for each in dead)]
    widths = [max(columns(row[column]) for row in rows) for column in range(len(headings))]
    return ["  ".join(map(padded, row, widths)).rstrip() for row in rows]


def _row(dead: DeadTask, now: datetime) -> tuple[str, ...]:
    newest, task = dead.newest, dead.task
    return (
        dead.name if task else words(f"message {dead.name}", f"メッセージ {dead.name}"),
        f"{task.occurred_at.astimezone(UTC):%Y-%m-%d %H:%M}" if task else "?",
        age(now - dead.since),
        task.source.value if task else "?",
        f"{newest.deliveries or '?'}x",
        printable(newest.came_from or "?"),
        printable("; ".join(_notes(dead))),
    )


def _notes(dead: DeadTask) -> list[str]:
    notes = []
    if dead.fault is not None:
        notes.append(
            words(
                f"no task we know, can't be replayed: {dead.fault}",
                f"未知のタスクのため再実行できません：{dead.fault}",
            )
        )
    if dead.task is not None and dead.task.kind is not Kind.QUESTION:
        notes.append(dead.task.kind.value)
    if dead.newest.was_replayed:
        notes.append(words("was replayed before", "再実行済み"))
    if len(dead.letters) > 1:
        notes.append(words(f"{len(dead.letters)} letters", f"レター {len(dead.letters)} 通"))
    return notes


def lines(fields: dict[str, Any], indent: str = "") -> list[str]:
    """Nested fields for people, one a line."""
    told: list[str] = []
    for name, value in fields.items():
        inner = value if isinstance(value, list) else [value]
        if any(isinstance(each, dict) for each in inner):
            for each in inner:
                told += [f"{indent}{printable(name)}:", *lines(each, f"{indent}  ")]
        else:
            shown = ", ".join("-" if each is None else printable(str(each)) for each in inner)
            told.append(f"{indent}{printable(name)}: {shown or '-'}")
    return told


def age(passed: timedelta) -> str:
    """A duration in its largest unit; a time in the future (clocks differ) counts as now."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, unit_ja, length in (("d", "日", 86_400), ("h", "時間", 3_600), ("min", "分", 60)):
        if seconds >= length:
            return f"{seconds // length} {words(unit, unit_ja)}"
    return f"{seconds} {words('s', '秒')}"


def printable(text: str) -> str:
    """The text with control characters escaped: other people's words must not steer a terminal."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
