"""Which reader an OpenDocument has."""

from typing import Any

from lxml import etree

from processor_service.attachments.documents.container import Container, Unreadable
from processor_service.attachments.documents.open_document.elements import (
    CONTENT,
    SAFELY,
    STYLES,
    name,
)
from processor_service.attachments.documents.open_document.pages import read_pages
from processor_service.attachments.documents.open_document.sheets import read_sheets
from processor_service.attachments.documents.open_document.text import BlockWriter, read_text
from processor_service.attachments.documents.paper import Paper


def read_open(container: Container, paper: Paper) -> None:
    """Write the document. Raises Unreadable if its content is not of its kind."""
    if container.kind == "open sheets":
        read_sheets(container, paper)
        return
    root = _parsed(container, CONTENT)
    names = container.zip.namelist()
    # Its own styles hide those that it shares with others.
    styles = [*([_parsed(container, STYLES)] if STYLES in names else []), root]
    body = name("office:body")
    if (text := root.find(f"{body}/{name('office:text')}")) is not None:
        read_text(BlockWriter(paper, styles, gap="\n"), text, paper)
    elif (slides := root.find(f"{body}/{name('office:presentation')}")) is not None:
        read_pages(BlockWriter(paper, styles), root, slides, paper)
    else:
        raise Unreadable("It has no text and no slides.", "file_unreadable")


def _parsed(container: Container, part: str) -> Any:
    with container.zip.open(part) as source:
        return etree.parse(source, etree.XMLParser(**SAFELY)).getroot()
