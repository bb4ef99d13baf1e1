"""Charts and pictures of presentations, read into the text that the model gets."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pptx.chart import data as charts
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from processor_service.attachments.documents.__main__ import result_of
from tests.support.hostile_files import with_parts
from tests.support.office_files import slides
from tests.support.sample_files import png

chart_data: Any = charts


def told(content: bytes) -> dict[str, str]:
    return result_of(io.BytesIO(content), 1_000_000)


def charted(kind: XL_CHART_TYPE, data: Any) -> bytes:
    def fill(made: Any) -> None:
        page = made.slides.add_slide(made.slide_layouts[6])
        page.shapes.add_chart(kind, 0, 0, Inches(4), Inches(3), data)

    return slides(fill)


def by_category(labels: list[Any], *values: float | None) -> Any:
    data = chart_data.CategoryChartData()
    data.categories = labels
    data.add_series("売上", values)
    return data


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    """The presentation with another word in its slides and charts."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        parts = {
            name: re.sub(old, new, opened.read(name))
            for name in opened.namelist()
            if re.fullmatch(r"ppt/(?:slides|charts)/\w+\.xml", name)
        }
    return with_parts(content, parts)


def points() -> bytes:
    data = chart_data.XyChartData()
    for name, found in (("朝", [(1, 2), (3, 4.5)]), ("夜", [(2, 8)])):
        series = data.add_series(name)
        for x, y in found:
            series.add_data_point(x, y)
    return charted(XL_CHART_TYPE.XY_SCATTER, data)


def bubbles() -> bytes:
    data = chart_data.BubbleChartData()
    data.add_series("店").add_data_point(1, 2, 30)
    return charted(XL_CHART_TYPE.BUBBLE, data)


def by_quarter() -> bytes:
    data = chart_data.CategoryChartData()
    for year in ("2025", "2026"):
        group = data.add_category(year)
        group.add_sub_category("Q1")
        group.add_sub_category("Q2")
    data.add_series("売上", (1, 2, 3, None))
    return charted(XL_CHART_TYPE.LINE, data)


def with_picture() -> bytes:
    def fill(made: Any) -> None:
        page = made.slides.add_slide(made.slide_layouts[5])
        page.shapes.title.text = "写真"
        page.shapes.add_picture(io.BytesIO(png()), 0, 0)

    return slides(fill)


COLUMNS = charted(XL_CHART_TYPE.COLUMN_CLUSTERED, by_category(["東京"], 1234567))


@pytest.mark.parametrize(
    ("make", "table"),
    [
        (lambda: COLUMNS, "|  | 売上 |\n|---|---|\n| 東京 | 1234567 |"),
        (
            lambda: replaced(COLUMNS, rb"barChart\b", b"bar3DChart"),
            "|  | 売上 |\n|---|---|\n| 東京 | 1234567 |",
        ),
        (
            lambda: replaced(COLUMNS, rb"(?s)<c:cat>.*</c:cat>", b""),
            "|  | 売上 |\n|---|---|\n| 1 | 1234567 |",
        ),
        (
            lambda: charted(XL_CHART_TYPE.LINE, by_category([date(2026, 4, 1)], 0.125)),
            "| 2026-04-01 | 0.125 |",
        ),
        (
            by_quarter,
            "| 2025 Q1 | 1 |\n| 2025 Q2 | 2 |\n| 2026 Q1 | 3 |\n| 2026 Q2 |  |",
        ),
        (
            points,
            "|  | 朝 |\n|---|---|\n| 1 | 2 |\n| 3 | 4.5 |\n|  | 夜 |\n|---|---|\n| 2 | 8 |",
        ),
        (bubbles, "|  | 店 | size |\n|---|---|---|\n| 1 | 2 | 30 |"),
    ],
)
def test_a_chart_of_any_kind_is_a_table_of_its_whole_numbers(
    make: Callable[[], bytes], table: str
) -> None:
    assert table in told(make()).get("text", "")


@pytest.mark.parametrize("of", [b"r:link=", b"r:none="])
def test_a_picture_that_is_elsewhere_leaves_the_slides_readable(of: bytes) -> None:
    found = told(replaced(with_picture(), rb"r:embed=", of))
    assert found.get("text") == "## Slide 1: 写真\n[picture: image.png]\n"
