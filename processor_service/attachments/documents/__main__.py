"""``python -m processor_service.attachments.documents ROOM FORMAT``: one document, in a process
that may take neither much memory nor much time, write no file, and knows no secret.

The document is the standard input, a file; JSON of at most ROOM bytes of text is the output:
``text`` and ``left_out``, or the ``reason`` against it. FORMAT is one of ``DocumentFormat``.
"""

import json
import resource
import sys
from types import ModuleType
from typing import BinaryIO, Final, cast

from processor_service.attachments.documents.container import Container, Unreadable
from processor_service.attachments.documents.paper import Paper

# The libraries take 50 MiB of it, most of them only addresses.
MEMORY_BYTES: Final = 156 * 1024 * 1024
CPU_S: Final = 3
# Reading ends by itself after this long, and says what it did not reach.
_READING_S: Final = 1.5

# How lxml says that memory has run out (XML_ERR_NO_MEMORY of libxml2).
_XML_NO_MEMORY: Final = 2
_TOO_COMPLEX: Final = "file_too_complex"


def limit_this_process() -> None:
    """The hard limits; the kernel ends the process beyond them."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where it is installed openpyxl would import it, which takes all of that memory.
    sys.modules.update({"numpy": cast("ModuleType", None)})


def result_of(source: BinaryIO, room: int, written_as: str = "office") -> dict[str, str]:
    """The text of the document, or why there is none."""
    try:
        return _read(source, room, written_as)
    except Unreadable as unreadable:
        return {"reason": unreadable.reason, "why": str(unreadable)}
    except (MemoryError, RecursionError) as error:
        return {"reason": _TOO_COMPLEX, "why": type(error).__name__}
    except Exception as error:  # whatever a library raises is the document's doing
        no_memory = getattr(error, "code", None) == _XML_NO_MEMORY
        reason = _TOO_COMPLEX if no_memory else "file_unreadable"
        return {"reason": reason, "why": type(error).__name__}


def _read(source: BinaryIO, room: int, written_as: str) -> dict[str, str]:
    paper = Paper(room, _READING_S)
    if written_as == "mail":
        from processor_service.attachments.documents.mail import read_mail

        read_mail(source, paper)
    elif written_as == "page":
        from processor_service.attachments.documents.page import read_page

        read_page(source, paper)
    else:
        _read_office(source, paper)
    if not paper.has_words:
        raise Unreadable("There are no words in it.", "file_no_text")
    return {"text": paper.text(), "left_out": paper.left_out_told()}


def _read_office(source: BinaryIO, paper: Paper) -> None:
    container = Container(source)
    if container.kind.startswith("open "):
        from processor_service.attachments.documents.open_document.package import read_open

        read_open(container, paper)
        return
    if container.kind == "workbook":
        from processor_service.attachments.documents.workbook import read_workbook as read
    elif container.kind == "document":
        from processor_service.attachments.documents.word import read_word as read
    else:
        from processor_service.attachments.documents.slides import read_slides as read
    read(container, paper)


if __name__ == "__main__":
    limit_this_process()
    told = result_of(sys.stdin.buffer, int(sys.argv[1]), sys.argv[2])
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))
