"""A mail as its readers see it: people, time, subject, words, and the names of its attachments."""

from collections.abc import Iterator
from email import message_from_binary_file
from email.message import EmailMessage, MIMEPart
from email.policy import default
from typing import BinaryIO, Final, cast

from processor_service.attachments.documents.container import Unreadable
from processor_service.attachments.documents.page import write_html
from processor_service.attachments.documents.paper import Paper, one_line

_HEADERS: Final = ("From", "To", "Cc", "Date", "Subject")
_MOST_NAMES: Final = 50


def read_mail(source: BinaryIO, paper: Paper) -> None:
    """Write the mail; its attachments are named, and left out."""
    mail = message_from_binary_file(source, policy=default)
    if not any(mail[name] for name in _HEADERS):
        raise Unreadable("It is no mail.", "file_unreadable")
    for name in _HEADERS:
        if mail[name]:
            paper.write(f"{name}: {one_line(str(mail[name]))}")
    brought = [*_brought(mail)][:_MOST_NAMES]
    for name in brought:
        paper.write(f"Attachment (not read): {name}")
    paper.write("", words=False)
    _write_body(mail, paper)
    paper.left_out += brought


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
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        # An encoding that Python does not know.
        return cast("bytes", part.get_payload(decode=True)).decode("utf-8", "replace")


def _brought(mail: EmailMessage) -> Iterator[str]:
    for part in mail.iter_attachments():
        inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" else None
        subject = inner["Subject"] if isinstance(inner, EmailMessage) else None
        yield one_line(str(part.get_filename() or subject or part.get_content_type()))
