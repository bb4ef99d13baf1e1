import pytest

from processor_service.attachments.decode import decode_text
from processor_service.attachments.media_types import MediaKind, begins_as, kind_of, media_type_of
from shared.errors import FileUnusable
from shared.task import TaskFile


def a_file(name: str, mimetype: str = "") -> TaskFile:
    return TaskFile(id="F1", name=name, mimetype=mimetype)


@pytest.mark.parametrize(
    ("name", "mimetype", "gemini_calls_it"),
    [
        ("図.png", "image/png", "image/png"),
        ("photo.JPG", "image/jpg", "image/jpeg"),
        ("IMG_1.HEIC", "application/octet-stream", "image/heic"),
        ("talk.mp3", "audio/mpeg", "audio/mp3"),
        ("memo.m4a", "audio/x-m4a", "audio/m4a"),
        ("clip.mov", "video/quicktime", "video/mov"),
        ("plan.pdf", "application/pdf; qs=0.001", "application/pdf"),
        ("moving.gif", "image/gif", None),
        ("main.ts", "video/mp2t", None),
    ],
)
def test_media_are_called_as_gemini_calls_them(
    name: str, mimetype: str, gemini_calls_it: str | None
) -> None:
    assert media_type_of(a_file(name, mimetype)) == gemini_calls_it


@pytest.mark.parametrize(
    ("name", "mimetype", "kind"),
    [
        ("notes.txt", "text/plain", MediaKind.TEXT),
        ("main.ts", "video/mp2t", MediaKind.TEXT),
        ("deploy.yaml", "application/octet-stream", MediaKind.TEXT),
        ("Dockerfile", "application/octet-stream", MediaKind.TEXT),
        ("売上.csv", "application/vnd.ms-excel", MediaKind.TEXT),
        ("data", "application/json", MediaKind.TEXT),
        ("計画.docx", "application/octet-stream", MediaKind.DOCUMENT),
        ("集計.xlsm", "application/vnd.ms-excel.sheet.macroenabled.12", MediaKind.DOCUMENT),
        ("x", "application/vnd.ms-excel.sheet.macroEnabled.12", MediaKind.DOCUMENT),
        ("計画.doc", "application/octet-stream", MediaKind.OLD_OFFICE),
        ("x", "application/vnd.ms-powerpoint", MediaKind.OLD_OFFICE),
        ("計画.odt", "application/octet-stream", MediaKind.DOCUMENT),
        ("x", "application/vnd.oasis.opendocument.spreadsheet-template", MediaKind.DOCUMENT),
        ("図.odg", "application/vnd.oasis.opendocument.graphics", MediaKind.OTHER_OFFICE),
        ("x", "application/vnd.google-apps.document", MediaKind.OTHER_OFFICE),
        (
            "x",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            MediaKind.DOCUMENT,
        ),
        ("転送.eml", "message/rfc822", MediaKind.MAIL),
        ("x", "application/vnd.slack-docs", MediaKind.CANVAS),
        ("old.xls", "application/vnd.ms-excel", MediaKind.OLD_OFFICE),
        ("a.zip", "application/zip", MediaKind.OTHER),
        ("moving.gif", "image/gif", MediaKind.OTHER),
        ("", "", MediaKind.OTHER),
    ],
)
def test_each_file_is_text_a_document_or_neither(name: str, mimetype: str, kind: MediaKind) -> None:
    assert kind_of(a_file(name, mimetype)) == kind


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "shift_jis", "cp932", "euc_jp", "iso2022_jp"],
)
@pytest.mark.parametrize(
    "text",
    [
        "これはテストです。カタカナと漢字。\n二行目",
        "東京都,大阪府\n山田太郎,100",
        "顧客名,住所,電話番号\n佐藤,横浜市,045",
        "plain ASCII",
    ],
)
def test_text_is_read_in_the_encodings_of_japanese_companies(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


def test_half_width_katakana_of_a_bank_file_are_shift_jis() -> None:
    text = "1,ﾃｽﾄ ｶﾌﾞｼｷｶﾞｲｼﾔ,ｻﾄｳ,100"
    assert decode_text(text.encode("cp932")) == text


# Excel's "CSV" in Europe (github.com/dust-tt/dust/pull/27143): it was unreadable, or nonsense.
@pytest.mark.parametrize("text", ["Name;Stadt\nMüller;Zürich", "García;5,00 €", "Straße, “naïve”"])
def test_western_text_of_excel_keeps_its_accents(text: str) -> None:
    assert decode_text(text.encode("cp1252")) == text


def test_windows_line_ends_and_coloured_logs_are_text() -> None:
    assert decode_text(b"a\r\nb \x1b[31mred\x1b[0m") == "a\nb \x1b[31mred\x1b[0m"


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02\x03", b"\xff\xfe\x00", b"PK\x03\x04\xff\xff\x80"]
)
def test_what_is_no_text_is_unreadable(content: bytes) -> None:
    with pytest.raises(FileUnusable) as unusable:
        decode_text(content)
    assert unusable.value.reason == "file_unreadable"


@pytest.mark.parametrize(
    ("mimetype", "content", "possible"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n...", True),
        ("image/png", b"GIF89a", False),
        ("image/webp", b"RIFF\x01\x02\x03\x04WEBPVP8", True),
        ("image/heic", b"\0\0\0\x18ftypheic", True),
        ("application/pdf", b"\n\n%PDF-1.7", True),
        ("application/pdf", b" " * 2000 + b"%PDF-1.7", False),
        ("audio/mp3", b"anything", True),
    ],
)
def test_content_that_begins_otherwise_is_not_what_its_type_says(
    mimetype: str, content: bytes, possible: bool
) -> None:
    assert begins_as(mimetype, content) is possible
