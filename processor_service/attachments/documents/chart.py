"""Charts of presentations: the numbers that each is drawn from, as tables.

They are in the file (ECMA-376-1, 21.2). python-pptx gives those of flat charts with labels only.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from pptx.oxml.ns import qn

from processor_service.attachments.documents.cell_format import shown
from processor_service.attachments.documents.paper import Paper, one_line
from processor_service.attachments.documents.table import write_plain

_NUMBERS: Final = frozenset({qn("c:numCache"), qn("c:numLit")})
# Colours, currencies and words in a number format have letters, too.
_NO_DATE: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_FIRST_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
_FIRST_DAY_OF_MACS: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - likewise
_OF_DATE: Final = re.compile(r"[ymd]", re.IGNORECASE)


def write_chart(chart: Any, paper: Paper) -> bool:
    """Write the chart; False if not all of it fits."""
    title = one_line(chart.chart_title.text_frame.text) if chart.has_title else ""
    if not paper.write(f"Chart{': ' * bool(title)}{title}", words=bool(title)):
        return False
    plots = chart.element.xpath("c:chart/c:plotArea/*[c:ser]")
    return all(write_plain(paper, rows) is None for plot in plots for rows in _tables(plot))


def _tables(plot: Any) -> Iterator[list[list[str]]]:
    """One for all series, unless each has points of its own."""
    series = plot.findall(qn("c:ser"))
    has_points = any(one.find(qn("c:yVal")) is not None for one in series)
    for group in [[one] for one in series] if has_points else [series]:
        columns = [column for one in group for column in _columns(one)]
        labels = next(filter(None, map(_labels, group)), {})
        indices = sorted({*labels}.union(*(values for _, values in columns)))
        yield [
            ["", *(name for name, _ in columns)],
            *(
                [labels.get(each, str(each + 1)), *(values.get(each, "") for _, values in columns)]
                for each in indices
            ),
        ]


def _columns(series: Any) -> Iterator[tuple[str, dict[int, str]]]:
    """The names and the points of a series' columns. Only bubbles have sizes."""
    name = one_line(series.findtext(f"{qn('c:tx')}//{qn('c:v')}", ""))
    yield name, _texts(series, "c:val") or _texts(series, "c:yVal")
    if sizes := _texts(series, "c:bubbleSize"):
        yield "size", sizes


def _labels(series: Any) -> dict[int, str]:
    """The labels of the points; the name of a group of labels goes before each of them."""
    levels = series.findall(f"{qn('c:cat')}//{qn('c:lvl')}")
    if not levels:
        return _texts(series, "c:cat") or _texts(series, "c:xVal")
    labels, *groups = map(_points, levels)
    for group in groups:
        name = ""
        for index in sorted(labels):
            name = group.get(index, name)
            labels[index] = f"{name} {labels[index]}".strip()
    return labels


def _texts(series: Any, name: str) -> dict[int, str]:
    found = series.find(qn(name))
    return {} if found is None else _points(found)


def _points(parent: Any) -> dict[int, str]:
    """The points by their index; empty ones are missing."""
    return {int(each.get("idx")): _text(each) for each in parent.iter(qn("c:pt"))}


def _text(point: Any) -> str:
    text, cache = one_line(point.findtext(qn("c:v"), "")), point.getparent()
    if cache.tag not in _NUMBERS:
        return text
    number_format = cache.findtext(qn("c:formatCode"), "General")
    try:
        if _OF_DATE.search(_NO_DATE.sub("", number_format)):
            return shown(_date(float(text), cache), number_format)
        return shown(float(text), "General")
    except (ValueError, OverflowError):
        return text


def _date(days: float, element: Any) -> datetime:
    old_mac = element.getroottree().getroot().date_1904
    return (_FIRST_DAY_OF_MACS if old_mac else _FIRST_DAY) + timedelta(days=days)
