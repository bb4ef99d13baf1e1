"""Mails, read as their readers see them."""

import io
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from processor_service.attachments.documents.__main__ import result_of

PLENTY = 1_000_000


def a_mail(fill: Callable[[EmailMessage], None]) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "田中 <tanaka@example.com>", "all@example.com"
    mail["Date"], mail["Subject"] = "Wed, 01 Apr 2026 09:00:00 +0900", "お見積りの件"
    fill(mail)
    return mail.as_bytes()


def with_attachments(mail: EmailMessage) -> None:
    mail.set_content("見積書をお送りします。")
    mail.add_attachment(b"PK", maintype="application", subtype="zip", filename="見積書.xlsx")
    inner = EmailMessage()
    inner["Subject"] = "元のメール"
    inner.set_content("x")
    mail.add_attachment(inner)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("To: Tanaka <", "To: Tanaka <"),
        ("Cc: =?UTF-8?B?55Sw5Lit?= <", "Cc: 田中 <"),
        ("from: (x): a@example.com;", "From: (x): a@example.com;"),
        ("To: 田中 <", "To: 田中 <"),
    ],
)
def test_a_mail_whose_addresses_are_malformed_is_read_all_the_same(
    written: str, words: str
) -> None:
    found = result_of(io.BytesIO(f"{written}\n\n本文".encode()), PLENTY, "mail")
    assert found == {"text": f"{words}\n\n本文", "left_out": ""}


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        ("", "iso2022_jp"),
        ("; charset=us-ascii", "utf-8"),
        ("; charset=x-sjis", "cp932"),
        ("; charset=shift_jis", "cp932"),
    ],
)
def test_a_mail_whose_encoding_is_not_declared_as_it_is_is_read(
    declared: str, encoding: str
) -> None:
    words = "㈱山田、①です。" if encoding != "iso2022_jp" else "明日の会議です。"
    head = f"From: a@example.com\nContent-Type: text/plain{declared}\n\n"
    mail = io.BytesIO(head.encode() + words.encode(encoding))
    assert result_of(mail, PLENTY, "mail")["text"] == f"From: a@example.com\n\n{words}"


def test_a_mail_is_read_with_its_headers_and_what_it_brought_is_named() -> None:
    found = result_of(io.BytesIO(a_mail(with_attachments)), PLENTY, "mail")
    assert found["text"].startswith(
        "From: 田中 <tanaka@example.com>\nTo: all@example.com\n"
        "Date: Wed, 01 Apr 2026 09:00:00 +0900\nSubject: お見積りの件\n"
        "Attachment (not read): 見積書.xlsx\nAttachment (not read): 元のメール\n\n"
        "見積書をお送りします。"
    )
    assert found["left_out"] == "見積書.xlsx, 元のメール"


@pytest.mark.parametrize("charset", ["iso-2022-jp", "utf-8", "shift_jis"])
def test_a_mail_of_any_encoding_here_is_read(charset: str) -> None:
    mail = a_mail(lambda mail: mail.set_content("明日の会議です。", charset=charset))
    assert "明日の会議です。" in result_of(io.BytesIO(mail), PLENTY, "mail")["text"]


@pytest.mark.parametrize("mark", ["", "<![if mso]>", "<![endif]>", "<![x]>", "<![ ]>", "<![]>"])
def test_a_mail_in_html_alone_is_read_without_its_markup(mark: str) -> None:
    page = f"<style>p {{}}</style><p>一行目</p>{mark}<p>二<b>行</b>目</p>"
    mail = a_mail(lambda mail: mail.set_content(page, subtype="html"))
    assert "\n一行目\n二行目" in result_of(io.BytesIO(mail), PLENTY, "mail")["text"]


def test_a_mail_in_an_encoding_that_nobody_knows_is_read_as_far_as_it_goes() -> None:
    mail = b"Subject: a\nContent-Type: text/plain; charset=x-none\n\nwords \xff"
    assert "words" in result_of(io.BytesIO(mail), PLENTY, "mail")["text"]


@pytest.mark.parametrize("content", [b"", b"no mail at all", b"\x00\xff" * 100])
def test_what_is_no_mail_ends_in_a_verdict(content: bytes) -> None:
    assert result_of(io.BytesIO(content), PLENTY, "mail")["reason"] == "file_unreadable"
