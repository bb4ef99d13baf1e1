"""Which files came with a question, as a model can tell: media, and texts under a label.

A label is a line in brackets that ends a text before some media, or begins a text, and calls a file
by its name: ``[... file "plan.pdf" ...]``.
"""

import re
from collections.abc import Generator, Iterator, Sequence

from simulators.gemini.demo_answers import Attached
from simulators.gemini.protocol.payload import Content, Part

_LABEL = re.compile(r'\[[^\]\n]*\bfile "([^"\n]+)"[^\]\n]*\]\n')
_UNITS = ((1024 * 1024, "MB"), (1024, "KB"))


def attachments_of(contents: Sequence[Content]) -> list[Attached]:
    """Name, type and size of each file, in the order of the turns; texts with their content."""
    return [told for content in contents for told in _in_turn(content.parts)]


def _in_turn(parts: Sequence[Part]) -> Iterator[Attached]:
    name = ""
    for part in parts:
        if part.text is not None:
            name = yield from _in_text(part.text)
            continue
        if part.inline_data is not None:
            blob = part.inline_data
            size = len(blob.data.rstrip("=")) * 3 // 4
            kind = f"{blob.mime_type}, {_size(size)}"
            yield Attached(name or blob.display_name or "", kind)
        elif part.file_data is not None:
            file = part.file_data
            shown = name or file.display_name or file.file_uri.rpartition("/")[2]
            yield Attached(shown, f"{file.mime_type or 'file'}, uploaded")
        name = ""


def _in_text(text: str) -> Generator[Attached, None, str]:
    """The file a text holds under its label; a label alone is for the part after it."""
    label = _LABEL.match(text)
    if label is None:
        return ""
    content = text[label.end() :].strip("\n").rpartition("\n[")[0]
    if not text[label.end() :].strip():
        return label[1]
    yield Attached(label[1], f"text, {_size(len(content.encode()))}", content)
    return ""


def _size(size: int) -> str:
    for unit, shown in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {shown}"
    return f"{size} B"
