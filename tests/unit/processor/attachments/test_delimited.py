"""CSV and TSV as tables, by whatever divides their columns."""

import pytest

from processor_service.attachments.decode import decode_text
from processor_service.attachments.delimited import as_table, is_delimited
from shared.task import TaskFile

ROOM = 100_000
TABLE = """\
|  | A | B |
|---|---|---|
| 1 | 日付 | 金額 |
| 2 | 4/1 | 1,200 |
| 4 | 4/2 |  |"""


@pytest.mark.parametrize(
    "text",
    [
        '日付,金額\n4/1,"1,200"\n\n4/2,\n',
        "日付\t金額\n4/1\t1,200\n\n4/2\t\n",
        "日付;金額\n4/1;1,200\n\n4/2;\n",
        "日付|金額\r\n4/1|1,200\r\n\r\n4/2|\r\n",
        "sep=;\n日付;金額\n4/1;1,200\n\n4/2;\n",
    ],
)
def test_what_divides_the_columns_is_found(text: str) -> None:
    assert as_table(text, ROOM) == TABLE


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16", "euc_jp"])
def test_a_table_in_any_encoding_of_excel_is_a_table(encoding: str) -> None:
    written = '日付,金額\n4/1,"1,200"\n\n4/2,\n'.encode(encoding)
    assert as_table(decode_text(written), ROOM) == TABLE


def test_a_line_break_and_a_bar_within_a_cell_keep_the_table_whole() -> None:
    assert "| 1 | a<br>b | c\\|d |" in as_table('"a\nb",c|d\n', ROOM)


@pytest.mark.parametrize(
    "text", ["", "one column\nalone\n", "Hello,\nthis is a letter.\nNo table.\n", "sep=\nx"]
)
def test_what_is_no_table_stays_as_it_is(text: str) -> None:
    assert as_table(text, ROOM) == text


def test_a_table_that_would_not_fit_goes_as_the_text_it_is() -> None:
    text = "a,b\n" * 1_000
    assert as_table(text, 5_000) == text


def test_a_cell_beyond_what_a_reader_of_csv_takes_goes_as_text() -> None:
    text = f'a,"{"x" * 200_000}"\n'
    assert as_table(text, 1_000_000) == text


@pytest.mark.parametrize(
    ("name", "mimetype", "called"),
    [
        ("売上.CSV", "application/vnd.ms-excel", True),
        ("a.tsv", "", True),
        ("a", "text/csv; charset=utf-8", True),
        ("a.txt", "text/plain", False),
    ],
)
def test_a_table_is_known_by_name_or_type(name: str, mimetype: str, called: bool) -> None:
    assert is_delimited(TaskFile(id="F1", name=name, mimetype=mimetype)) is called
