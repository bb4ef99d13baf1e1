"""A mail as its readers see it: people, time, subject, words, and the names of its attachments."""

from collections.abc import Iterator
from contextlib import suppress
from email import message_from_binary_file
from email.message import EmailMessage, MIMEPart
from email.policy import default
from typing import BinaryIO, Final, cast

from processor_service.attachments.decode import decode_text
from processor_service.attachments.documents.container import Unreadable
from processor_service.attachments.documents.page import write_html
from processor_service.attachments.documents.paper import Paper, one_line
from shared.errors import FileUnusable

_HEADERS: Final = ("From", "To", "Cc", "Date", "Subject")
_MOST_NAMES: Final = 50
# Programs of Windows mean theirs, which has more letters (encoding.spec.whatwg.org, "shift_jis").
_CALLED: Final = {"shift_jis": "cp932"}


def read_mail(source: BinaryIO, paper: Paper) -> None:
    """Write the mail; its attachments are named, and left out."""
    mail = message_from_binary_file(source, policy=default)
    headers = {name: _header(mail, name) for name in _HEADERS}
    if not any(headers.values()):
        raise Unreadable("It is no mail.", "file_unreadable")
    for name, words in headers.items():
        if words:
            paper.write(f"{name}: {words}")
    brought = [*_brought(mail)][:_MOST_NAMES]
    for name in brought:
        paper.write(f"Attachment (not read): {name}")
    paper.write("", words=False)
    _write_body(mail, paper)
    paper.left_out += brought


def _header(mail: EmailMessage, name: str) -> str:
    """The words of a header. Addresses that Python cannot tell apart are words like a subject's."""
    try:
        return one_line(str(mail[name] or ""))
    except (AttributeError, LookupError, NameError, TypeError):
        # github.com/python/cpython/issues/151857: the library raises what it comes across.
        written = next(text for key, text in mail.raw_items() if key.lower() == name.lower())
        return one_line(str(mail.policy.header_fetch_parse("Subject", written)))


def _write_body(mail: EmailMessage, paper: Paper) -> None:
    body = mail.get_body(("plain", "html"))
    if body is None:
        return
    text = _text(body)
    if body.get_content_type() == "text/html":
        write_html(text, paper)
    elif not all(paper.write(line) for line in text.splitlines()):
        paper.left_out.append("…")


def _text(part: MIMEPart) -> str:
    content, charset = cast("bytes", part.get_payload(decode=True)), part.get_content_charset()
    if charset not in {None, "us-ascii"}:
        with suppress(LookupError, UnicodeError):
            return content.decode(_CALLED.get(charset, charset), "replace")
    try:
        return decode_text(content)
    except FileUnusable:
        return content.decode("utf-8", "replace")


def _brought(mail: EmailMessage) -> Iterator[str]:
    for part in mail.iter_attachments():
        inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" else None
        subject = inner["Subject"] if isinstance(inner, EmailMessage) else None
        yield one_line(str(part.get_filename() or subject or part.get_content_type()))
