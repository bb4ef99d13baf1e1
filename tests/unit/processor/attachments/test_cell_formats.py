"""Cells as a person sees them in Excel, by number format."""

from datetime import date, datetime, time, timedelta

import pytest

from processor_service.attachments.documents.cell_format import shown


@pytest.mark.parametrize(
    ("value", "number_format", "seen"),
    [
        (1234, "General", "1234"),
        (0.1 + 0.2, "General", "0.3"),
        (1234567890123.0, "General", "1234567890123"),
        (True, "General", "TRUE"),
        ("#N/A", "0.00", "#N/A"),
        ("00123", "General", "00123"),
        (7, "00000", "00007"),
        (3.14159, "0.00", "3.14"),
        (2.5, "0", "3"),
        (1.005, "0.00", "1.01"),
        (0.125, "0%", "13%"),
        (0.125, "0.0%", "12.5%"),
        (-0.05, "0.0%", "-5.0%"),
        (1234567, "#,##0", "1,234,567"),
        (-1234.5, "#,##0.00", "-1,234.50"),
        (0, "#,##0", "0"),
        (0, "#,###", ""),
        (1.5, "0.0##", "1.5"),
        (1234, '"¥"#,##0', "¥1,234"),
        (1234, "¥#,##0", "¥1,234"),
        (1234, "[$¥-411]#,##0", "¥1,234"),
        (1234, "\\¥#,##0;\\¥\\-#,##0", "¥1,234"),
        (-1234, "\\¥#,##0;\\¥\\-#,##0", "¥-1,234"),
        (-1234, "#,##0;[Red]-#,##0", "-1,234"),
        (-1234, "#,##0_);(#,##0)", "(1,234)"),
        (0, '#,##0;-#,##0;"-"', "-"),
        (12, '0"件"', "12件"),
        (12, '"第"0"回"', "第12回"),
        (1234567, "#,##0,", "1,235"),
        (12345, "0.00E+00", "1.23E+04"),
        (5, "[>=10]0;0.0", "5"),
        (12, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', "12"),
        (3, 'General"台"', "3台"),
        (datetime(2026, 4, 1), "yyyy/m/d", "2026/4/1"),
        (datetime(2026, 4, 1), "mm-dd-yy", "2026-04-01"),
        (datetime(2026, 4, 1, 9, 5), "yyyy/mm/dd hh:mm", "2026/04/01 09:05"),
        (datetime(2026, 4, 1, 21, 5), "h:mm AM/PM", "9:05 PM"),
        (datetime(2026, 4, 1), 'yyyy"年"m"月"d"日"', "2026年4月1日"),
        (datetime(2026, 4, 1), 'm"月"d"日"\\(aaa\\)', "4月1日(水)"),
        (datetime(2026, 4, 1), "[$-411]ggge年m月d日", "2026-04-01"),
        (datetime(2026, 4, 1), "[$-F800]dddd, mmmm dd, yyyy", "Wednesday, April 01, 2026"),
        (date(2026, 12, 31), "d-mmm-yy", "31-Dec-26"),
        (time(9, 30), "h:mm", "9:30"),
        (time(9, 30, 5), "h:mm:ss", "9:30:05"),
        (timedelta(hours=26, minutes=30), "[h]:mm:ss", "26:30:00"),
        (1e300, "#,##0", "1e+300"),
    ],
)
def test_a_value_is_read_as_it_is_seen(value: object, number_format: str, seen: str) -> None:
    assert shown(value, number_format) == seen
