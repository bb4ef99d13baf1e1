"""Files that came with a question: names, types, and what their text shows."""

import statistics
from collections.abc import Sequence

from simulators.gemini.demo_answers.draft import Draft
from simulators.gemini.demo_answers.question import Attached, Locale, Question
from simulators.gemini.demo_answers.texts import texts

_FIRST_CHARS = 60
_COLUMNS = 6


def about_files(question: Question) -> Draft | None:
    """What is known of the files; None without any."""
    if not question.attachments and not question.missing:
        return None
    said, comma = texts("note")[question.locale], "、" if question.locale == "ja" else ", "
    unseen = comma.join(f"`{one.name}`" if one.name else one.kind for one in _media(question))
    points = [point for one in question.attachments for point in _shown(one, question.locale)]
    points += [said["unseen"].format(names=unseen)] if unseen else []
    lead = received(question)
    return Draft("general", question.locale, lead, points=points)


def received(question: Question) -> str:
    """Which files arrived and which did not; "" without any."""
    said, comma = texts("note")[question.locale], "、" if question.locale == "ja" else ", "
    told = []
    if question.attachments:
        told.append(said["attached"].format(names=comma.join(map(str, question.attachments))))
    if question.missing:
        names = comma.join(f"`{name}`" for name in question.missing)
        told.append(said["missing"].format(names=names))
    return ("" if question.locale == "ja" else " ").join(told)


def _media(question: Question) -> list[Attached]:
    return [one for one in question.attachments if one.text is None]


def _shown(one: Attached, locale: Locale) -> list[str]:
    """What the text of a file shows at a glance; nothing for media."""
    lines = [line for line in (one.text or "").splitlines() if line.strip()]
    if not lines:
        return []
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith(("| ", "|  |"))]
    # The first line of a grid has the letters of the columns, the second the rule.
    if lines[0].startswith(("|  |", "# Sheet")) and len(rows) > 1:
        return _table(one.name, [row[1:] for row in rows[1:]], locale)
    first = " ".join(lines[0].split())[:_FIRST_CHARS]
    text: str = texts("note")[locale]["text"]
    return [text.format(name=one.name, lines=len(lines), first=first)]


def _table(name: str, cells: Sequence[Sequence[str]], locale: Locale) -> list[str]:
    said = texts("note")[locale]
    columns, *rows = cells
    named = ("、" if locale == "ja" else ", ").join(f"`{each}`" for each in columns[:_COLUMNS])
    told = [said["table"].format(name=name, rows=len(rows), columns=named)]
    for column, values in zip(columns[:_COLUMNS], zip(*rows, strict=False), strict=False):
        try:
            mean = statistics.fmean(float(value) for value in values)
        except ValueError:
            continue
        told.append(said["mean"].format(column=column, mean=f"{mean:,.2f}"))
    return told
