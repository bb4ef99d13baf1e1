"""Documents as office programs and their libraries write them, made when a test needs them.

XlsxWriter writes the values of formulas as Excel does; python-docx has no tracked changes, so
their XML is put in as Word writes it.
"""

import io
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import docx
import openpyxl
import xlsxwriter
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx import Presentation
from pptx.chart import data as charts
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.support.sample_files import png


def workbook(fill: Callable[[Any], None]) -> bytes:
    """A workbook by XlsxWriter."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    fill(book)
    book.close()
    return stream.getvalue()


def sheet(*rows: list[Any], name: str = "Sheet1") -> bytes:
    """A workbook with one sheet of these rows."""

    def fill(book: Any) -> None:
        page = book.add_worksheet(name)
        for index, row in enumerate(rows):
            page.write_row(index, 0, row)

    return workbook(fill)


def formatted(value: object, number_format: str) -> bytes:
    """A workbook with one cell of that format, in B2."""

    def fill(book: Any) -> None:
        page, looks = book.add_worksheet(), book.add_format({"num_format": number_format})
        if isinstance(value, datetime | date | time):
            page.write_datetime("B2", value, looks)
        else:
            page.write("B2", value, looks)

    return workbook(fill)


def sales() -> bytes:
    """Japanese, a merged title, dates, percents and computed formulas, and a hidden sheet."""

    def fill(book: Any) -> None:
        page, secret = book.add_worksheet("売上"), book.add_worksheet("原価")
        day = book.add_format({"num_format": "yyyy/m/d"})
        percent, yen = (book.add_format({"num_format": each}) for each in ("0.0%", '"¥"#,##0'))
        page.merge_range("A1:C1", "2026年度 売上表", book.add_format({"align": "center"}))
        page.write_row("A2", ["日付", "金額", "前年比"])
        for row, (when, amount, ratio) in enumerate(
            [(date(2026, 4, 1), 1234567, 1.125), (date(2026, 5, 1), 800, 0.5)], 2
        ):
            page.write_datetime(row, 0, datetime.combine(when, time()), day)
            page.write_number(row, 1, amount, yen)
            page.write_number(row, 2, ratio, percent)
        page.write_formula("B5", "=SUM(B3:B4)", yen, 1235367)
        secret.write("A1", "社外秘")
        secret.hide()

    return workbook(fill)


def uncomputed() -> bytes:
    """A workbook by openpyxl, which writes formulas without values."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append([1, 2])
    page["C1"] = "=A1+B1"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def many_rows(rows: int) -> bytes:
    """A workbook with so many rows, and a small sheet behind them."""

    def fill(book: Any) -> None:
        page, small = book.add_worksheet("明細"), book.add_worksheet("まとめ")
        for row in range(rows):
            page.write_row(row, 0, [row + 1, f"品目{row % 97}", row * 10, "東京都千代田区"])
        small.write_row(0, 0, ["合計", rows])

    return workbook(fill)


def document(fill: Callable[[Any], None]) -> bytes:
    """A Word document by python-docx."""
    made, stream = docx.Document(), io.BytesIO()
    fill(made)
    made.save(stream)
    return stream.getvalue()


def paragraphs(*xml: str) -> bytes:
    """A Word document with the XML of these paragraphs or blocks."""

    def fill(made: Any) -> None:
        end = made.element.body[-1]
        for each in xml:
            end.addprevious(parse_xml(each.replace(">", f" {nsdecls('w')}>", 1)))

    return document(fill)


def minutes() -> bytes:
    """Headings, lists and a table with merged cells."""

    def fill(made: Any) -> None:
        made.add_heading("議事録", 0)
        made.add_heading("決定事項", 1)
        made.add_paragraph("予算は 100 万円とする。")
        made.add_paragraph("資料を送る", style="List Bullet")
        made.add_paragraph("確認する", style="List Number")
        made.add_paragraph("承認する", style="List Number")
        table = made.add_table(rows=3, cols=2)
        for cell, text in zip(
            [each for row in table.rows for each in row.cells],
            ["担当", "期限", "田中", "4/1", "佐藤", "4/|2"],
            strict=True,
        ):
            cell.text = text
        table.cell(1, 1).merge(table.cell(2, 1))
        made.add_paragraph("以上")

    return document(fill)


def tracked() -> bytes:
    """Insertions, deletions and a move that nobody has accepted yet, and a content control."""
    return paragraphs(
        "<w:p><w:r><w:t>納期は</w:t></w:r>"
        '<w:del w:id="1" w:author="A"><w:r><w:delText>三月</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="A"><w:r><w:t>四月</w:t></w:r></w:ins>'
        "<w:r><w:t>です。</w:t></w:r></w:p>",
        '<w:p><w:moveFrom w:id="3" w:author="A"><w:r><w:t>移動元</w:t></w:r></w:moveFrom>'
        '<w:moveTo w:id="4" w:author="A"><w:r><w:t>移動先</w:t></w:r></w:moveTo></w:p>',
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>入力欄の内容</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>残る行</w:t></w:r></w:p></w:tc></w:tr>"
        '<w:tr><w:trPr><w:del w:id="5" w:author="A"/></w:trPr><w:tc><w:p><w:r><w:t>消えた行'
        "</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
    )


chart_data: Any = charts.CategoryChartData


def slides(fill: Callable[[Any], None]) -> bytes:
    """A presentation by python-pptx."""
    made, stream = Presentation(), io.BytesIO()
    fill(made)
    made.save(stream)
    return stream.getvalue()


def proposal() -> bytes:
    """Slides with notes, a table, a chart, a picture and a group, and a hidden one."""

    def fill(made: Any) -> None:
        first = made.slides.add_slide(made.slide_layouts[1])
        first.shapes.title.text = "新製品の提案"
        frame = first.placeholders[1].text_frame
        frame.text = "狙い"
        below = frame.add_paragraph()
        below.text, below.level = "若い世代", 1
        first.notes_slide.notes_text_frame.text = "ここで質問を受ける"
        second = made.slides.add_slide(made.slide_layouts[5])
        second.shapes.title.text = "数字"
        table = second.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
        for index, text in enumerate(["項目", "値", "売上", "120"]):
            table.cell(index // 2, index % 2).text = text
        data: Any = chart_data()
        data.categories = ["4月", "5月"]
        data.add_series("来客", (10, 25.5))
        second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(4), Inches(3), data)
        second.shapes.add_picture(io.BytesIO(png()), 0, 0)
        group = second.shapes.add_group_shape()
        group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "枠の中"
        hidden = made.slides.add_slide(made.slide_layouts[5])
        hidden.shapes.title.text = "予備"
        hidden._element.set("show", "0")

    return slides(fill)
