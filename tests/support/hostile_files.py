"""Documents that nobody's office program wrote, each with what it tries."""

import io
import zipfile
from collections.abc import Callable, Mapping

from tests.support.office_files import formatted, many_rows, minutes, proposal, sales, sheet
from tests.support.open_files import cell, open_file, open_minutes, open_sales, p, row, table
from tests.support.sample_files import PNG

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
DTD = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = b"<!DOCTYPE r [%s]>" % b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"lol") for n in range(10)
)


def with_parts(document: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A document with parts replaced or added."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in [*old.namelist(), *parts]:
            if name not in new.namelist():
                new.writestr(name, parts[name] if name in parts else old.read(name))
    return stream.getvalue()


def part(document: bytes, name: str) -> bytes:
    """One part of a document."""
    with zipfile.ZipFile(io.BytesIO(document)) as opened:
        return opened.read(name)


def _word(body: bytes) -> bytes:
    name = "word/document.xml"
    whole = part(minutes(), name)
    begin = whole.index(b"<w:body>") + len(b"<w:body>")
    return with_parts(minutes(), {name: whole[:begin] + body + b"</w:body></w:document>"})


def _flagged_as_encrypted() -> bytes:
    content = bytearray(sales())
    # The general purpose flags of each entry's two headers (APPNOTE 4.3.7 and 4.3.12).
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


def _many_entries() -> bytes:
    return with_parts(sales(), {f"xl/x{n:06}.xml": b"<a/>" for n in range(12_000)})


def _in_a_circle() -> bytes:
    name = "ppt/slides/_rels/slide1.xml.rels"
    relations = part(proposal(), name)
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide"
    more = b'<Relationship Id="rId99" Type="%s" Target="slide1.xml"/>' % kind
    more += b'<Relationship Id="rId98" Type="%s" Target="../presentation.xml"/>' % kind
    return with_parts(
        proposal(), {name: relations.replace(b"</Relationships>", more + b"</Relationships>")}
    )


def _strings(size: int) -> bytes:
    begin = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    strings = b"".join(b"<si><t>%08d</t></si>" % n for n in range(size // 26))
    return with_parts(sheet(["a"]), {"xl/sharedStrings.xml": begin + strings + b"</sst>"})


def _deep_sheet() -> bytes:
    name = "xl/worksheets/sheet1.xml"
    whole = part(sheet(["a"]), name)
    deep = b"<x>" * 20_000 + b"</x>" * 20_000
    return with_parts(sheet(["a"]), {name: whole.replace(b"<sheetData>", deep + b"<sheetData>")})


def _boundless() -> bytes:
    name = "xl/worksheets/sheet1.xml"
    whole = part(formatted(1, "0"), name)
    whole = whole.replace(b'ref="B2"', b'ref="A1:XFD1048576"').replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>7</v></c></row></sheetData>'
    )
    return with_parts(formatted(1, "0"), {name: whole})


def _strict() -> bytes:
    name = "word/document.xml"
    strict = part(minutes(), name).replace(
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    return with_parts(minutes(), {name: strict})


def _many_open_rows() -> bytes:
    rows = "".join(row(cell(f"{n}"), cell("東京都千代田区")) for n in range(100_000))
    return open_file("spreadsheet", table("明細", rows) + table("まとめ", row(cell("合計"))))


def _endless() -> bytes:
    wide = cell("x", 'table:number-columns-repeated="99999999"')
    return open_file("spreadsheet", table("表", row(wide, repeated=99_999_999)))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a zip bomb": (lambda: _word(b" " * 20_000_000), "file_unsafe"),
    "a zip within a zip": (lambda: with_parts(zip_of({"a.zip": sales()}), {}), "file_unreadable"),
    "an external entity": (
        lambda: with_parts(minutes(), {"word/document.xml": DTD + b"<r>&x;</r>"}),
        "file_unsafe",
    ),
    "an external entity in UTF-16": (
        lambda: with_parts(
            sales(), {"xl/workbook.xml": (DTD.decode() + "<r>&x;</r>").encode("utf-16")}
        ),
        "file_unsafe",
    ),
    "a DTD in an encoding that hides it": (
        lambda: with_parts(
            sales(),
            {"xl/workbook.xml": b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE r>'},
        ),
        "file_unsafe",
    ),
    "a billion laughs": (
        lambda: with_parts(sales(), {"xl/sharedStrings.xml": LAUGHS + b"<sst>&l9;</sst>"}),
        "file_unsafe",
    ),
    "a billion laughs in a part that is called a picture": (
        lambda: with_parts(sales(), {"xl/media/a.png": LAUGHS + b"<sst>&l9;</sst>"}),
        "file_unsafe",
    ),
    "very many entries": (_many_entries, "file_unsafe"),
    "names outside of the zip": (
        lambda: with_parts(sales(), {"../../etc/cron.d/x": b"* * * * *"}),
        "file_unsafe",
    ),
    "an encrypted document": (
        lambda: OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512,
        "file_encrypted",
    ),
    "encrypted entries": (_flagged_as_encrypted, "file_encrypted"),
    "an old document": (lambda: OLE + b"Word.Document.8" * 50, "file_old_office"),
    "half of a document": (lambda: sales()[:4000], "file_unreadable"),
    "an end that is cut off": (lambda: sales()[:-10], "file_unreadable"),
    "a picture": (lambda: PNG, "file_unreadable"),
    "more strings than are read": (lambda: _strings(30_000_000), "file_too_complex"),
    "an element within an element, very often": (
        lambda: _word(b"<w:p>" * 50_000 + b"</w:p>" * 50_000),
        "file_unreadable",
    ),
    "more elements than memory has room for": (
        lambda: _word(b"".join(b'<w:p w:a="%d"/>' % n for n in range(1_000_000))),
        "file_too_complex",
    ),
    "the strict form": (_strict, "file_office"),
    "nothing in it": (sheet, "file_no_text"),
    "an external entity in an OpenDocument": (
        lambda: with_parts(open_minutes(), {"content.xml": DTD + b"<r>&x;</r>"}),
        "file_unsafe",
    ),
    "a billion laughs in the styles of an OpenDocument": (
        lambda: with_parts(open_minutes(), {"styles.xml": LAUGHS + b"<r>&l9;</r>"}),
        "file_unsafe",
    ),
    "an encrypted OpenDocument": (
        lambda: open_file("text", p("x"), encrypted=True, more={"content.xml": b"\x8a\x11"}),
        "file_encrypted",
    ),
    "an OpenDocument of elements within elements": (
        lambda: open_file("text", "<text:p>" * 20_000 + "</text:p>" * 20_000),
        "file_unreadable",
    ),
    "more elements of an OpenDocument than memory has room for": (
        # Of different numbers: what repeats itself is packed too densely.
        lambda: open_file("text", "".join(f'<text:p x="{n}"/>' for n in range(900_000))),
        "file_too_complex",
    ),
}
"""By what each tries: the document, and the verdict."""

HARMLESS: dict[str, tuple[Callable[[], bytes], str]] = {
    "100,000 rows": (lambda: many_rows(100_000), "| 1 | 1 | 品目0 |"),
    "parts that refer to each other": (_in_a_circle, "新製品の提案"),
    "as many strings as are read": (lambda: _strings(10_000_000), "| 1 | 00000000 |"),
    "elements within elements in a sheet": (_deep_sheet, "| 1 | a |"),
    "a sheet that says it has no end": (_boundless, "| 2 | 1 |"),
    "a bomb among its pictures": (
        lambda: with_parts(minutes(), {"word/media/a.png": b"\0" * 50_000_000}),
        "決定事項",
    ),
    "100,000 rows of an OpenDocument": (_many_open_rows, "| 1 | 0 | 東京都千代田区 |"),
    "a repeated row that has no end": (_endless, "| 3 | x | x |"),
    "a bomb that nobody reads in an OpenDocument": (
        lambda: with_parts(open_sales(), {"Pictures/a.png": b"\0" * 50_000_000}),
        "2026年度 売上表",
    ),
    "macros": (
        lambda: with_parts(
            sales(),
            {
                "xl/vbaProject.bin": OLE,
                "[Content_Types].xml": part(sales(), "[Content_Types].xml").replace(
                    b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
                    b"vnd.ms-excel.sheet.macroEnabled.main",
                ),
            },
        ),
        "2026年度 売上表",
    ),
    "macros of Word": (
        lambda: with_parts(
            minutes(),
            {
                "[Content_Types].xml": part(minutes(), "[Content_Types].xml").replace(
                    b"vnd.openxmlformats-officedocument.wordprocessingml.document.main",
                    b"vnd.ms-word.document.macroEnabled.main",
                )
            },
        ),
        "決定事項",
    ),
}
"""By what each tries: the document, and words that are read all the same."""


def zip_of(parts: Mapping[str, bytes]) -> bytes:
    """A zip with these entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return stream.getvalue()
