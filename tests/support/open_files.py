"""OpenDocument files, with the parts and elements that LibreOffice writes."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_TYPE: Final = "application/vnd.oasis.opendocument."
_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_BEGIN: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    f' xmlns:draw="{_OASIS}drawing:1.0" xmlns:office="{_OASIS}office:1.0"'
    f' xmlns:presentation="{_OASIS}presentation:1.0" xmlns:style="{_OASIS}style:1.0"'
    f' xmlns:svg="{_OASIS}svg-compatible:1.0" xmlns:table="{_OASIS}table:1.0"'
    f' xmlns:text="{_OASIS}text:1.0" office:version="1.3">'
)
_MANIFEST: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<manifest:manifest'
    f' xmlns:manifest="{_OASIS}manifest:1.0"><manifest:file-entry manifest:full-path="/"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"{}'
    "</manifest:manifest>"
)
_ENCRYPTION: Final = (
    ' manifest:size="9"><manifest:encryption-data manifest:checksum-type="SHA256"/>'
    "</manifest:file-entry>"
)
# LibreOffice's own scripts begin like this.
_SCRIPT: Final = (
    b'<?xml version="1.0"?><!DOCTYPE library:library PUBLIC'
    b' "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd"><library/>'
)


def open_file(
    kind: str,
    body: str,
    *,
    styles: str = "",
    more: Mapping[str, bytes] | None = None,
    encrypted: bool = False,
) -> bytes:
    """A package of that kind (``text``, ``spreadsheet``, ``presentation``) with this body."""
    content = (
        f"{_BEGIN}<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document-content>"
    )
    parts = {
        "styles.xml": b'<?xml version="1.0"?><x/>',
        "Configurations2/accelerator/": b"",
        "Basic/Standard/script-lb.xml": _SCRIPT,
        "Thumbnails/thumbnail.png": b"\x89PNG",
        "META-INF/manifest.xml": _MANIFEST.format(_ENCRYPTION if encrypted else "/>").encode(),
        "content.xml": content.encode(),
        **(more or {}),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", f"{_TYPE}{kind}", zipfile.ZIP_STORED)
        for name, each in parts.items():
            made.writestr(name, each)
    return stream.getvalue()


def p(text: str) -> str:
    """A paragraph."""
    return f"<text:p>{text}</text:p>"


def cell(text: str, attributes: str = 'office:value-type="string"') -> str:
    """A cell that shows these words."""
    return f"<table:table-cell {attributes}>{p(text)}</table:table-cell>"


def row(*cells: str, repeated: int = 1) -> str:
    """A row, filled up to the end of a sheet as LibreOffice fills it."""
    often = f' table:number-rows-repeated="{repeated}"' * (repeated > 1)
    rest = '<table:table-cell table:number-columns-repeated="16380"/>'
    return f"<table:table-row{often}>{''.join(cells)}{rest}</table:table-row>"


def table(name: str, *rows: str, style: str = "ta1") -> str:
    """A sheet with empty rows at its end."""
    rest = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/>'
    return (
        f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}{rest}'
        "</table:table-row></table:table>"
    )


def note(label: str, text: str) -> str:
    """A footnote."""
    citation = f"<text:note-citation>{label}</text:note-citation>"
    return f"<text:note>{citation}<text:note-body>{p(text)}</text:note-body></text:note>"


def comment(author: str, text: str) -> str:
    """A comment."""
    told = f"<dc:creator>{author}</dc:creator><dc:date>2026-04-01</dc:date>"
    return f"<office:annotation>{told}{p(text)}</office:annotation>"


def items(*texts: str, style: str = "") -> str:
    """A list; what stands in an item may hold another one."""
    named = f' text:style-name="{style}"' * bool(style)
    found = "".join(f"<text:list-item>{each}</text:list-item>" for each in texts)
    return f"<text:list{named}>{found}</text:list>"


def frame(text: str, kind: str = "") -> str:
    """A box with text on a slide."""
    named = f' presentation:class="{kind}"' * bool(kind)
    return f"<draw:frame{named}><draw:text-box>{text}</draw:text-box></draw:frame>"


def slide(*shapes: str, style: str = "dp1") -> str:
    """A slide with these shapes."""
    return f'<draw:page draw:name="page" draw:style-name="{style}">{"".join(shapes)}</draw:page>'


def open_sales() -> bytes:
    """Japanese, a merged title, dates and money as they are shown, a formula that nobody has
    computed, a repeated cell, a comment, and a hidden sheet.
    """
    merged = cell("2026年度 売上表", 'table:number-columns-spanned="3"')
    money = p("¥1,234,567") + comment("田中", "要確認")
    shown = table(
        "売上",
        row(merged, '<table:covered-table-cell table:number-columns-repeated="2"/>'),
        row(repeated=2),
        row(
            cell("2026/4/1", 'office:value-type="date" office:date-value="2026-04-01"'),
            f'<table:table-cell office:value-type="currency">{money}</table:table-cell>',
            '<table:table-cell table:formula="of:=[.A1]+[.B1]"/>',
        ),
        row(cell("同じ", 'table:number-columns-repeated="2"'), repeated=2),
        row('<table:table-cell office:value-type="float" office:value="0.5"/>'),
    )
    styles = (
        '<style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    hidden = table("原価", row(cell("社外秘")), style="ta2")
    return open_file("spreadsheet", shown + hidden, styles=styles)


def open_minutes() -> bytes:
    """Headings, lists, a table with merged cells, tracked changes, a note, a comment, furigana."""
    styles = (
        '<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1"/>'
        '<text:list-level-style-number text:level="2" style:num-format="1"/></text:list-style>'
    )
    deleted = (
        "<text:tracked-changes><text:changed-region><text:deletion>"
        f"{p('三月')}</text:deletion></text:changed-region></text:tracked-changes>"
    )
    ruby = (
        "<text:ruby><text:ruby-base>東京</text:ruby-base>"
        "<text:ruby-text>とうきょう</text:ruby-text></text:ruby>"
    )
    spaces = '<text:s text:c="2"/>'
    said = (
        f"{ruby}で<text:span>四月</text:span>に{spaces}始める{note('1', '予算による')}。"
        f"{comment('田中', '要確認')}"
    )
    tall = cell("田中", 'table:number-rows-spanned="2"')
    both = f"<table:table-cell>{p('4/1')}{p('4/2')}</table:table-cell>"
    rows = (
        f"{cell('担当')}{cell('期限')}",
        f"{tall}{both}",
        f"<table:covered-table-cell/>{cell('4/3')}",
    )
    grid = "".join(f"<table:table-row>{each}</table:table-row>" for each in rows)
    picture = p("<draw:frame><draw:image/><svg:desc>売上の推移</svg:desc></draw:frame>")
    body = (
        f'{deleted}<text:h text:outline-level="1">議事録</text:h>{p(said)}'
        '<text:h text:outline-level="2">決定事項</text:h>'
        f"{items(p('資料を送る') + items(p('確認する'), p('承認する')), style='L1')}"
        f'<table:table table:name="T">{grid}</table:table>{picture}{p("以上")}'
    )
    return open_file("text", body, styles=styles)


def open_slides() -> bytes:
    """A title, a list, a table with the picture of itself, notes, and a hidden slide."""
    styles = (
        '<style:style style:name="dp2" style:family="drawing-page">'
        '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    cells = f"<table:table-row>{cell('売上')}{cell('120')}</table:table-row>"
    grid = f"<draw:frame><table:table>{cells}</table:table><draw:image/></draw:frame>"
    shape = f"<draw:g><draw:custom-shape>{p('枠の中')}</draw:custom-shape></draw:g>"
    notes = frame(p("ここで質問を受ける"), "notes")
    first = slide(
        frame(p("新製品の提案"), "title"),
        frame(items(p("狙い"))),
        grid,
        shape,
        f"<presentation:notes><draw:page-thumbnail/>{notes}</presentation:notes>",
    )
    return open_file("presentation", first + slide(frame(p("予備")), style="dp2"), styles=styles)
