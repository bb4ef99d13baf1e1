"""Why files were not used, in words for their author."""

from collections.abc import Sequence
from typing import Any, Final

from processor_service.ports.answers import OmittedFile
from processor_service.texts.answers import (
    FILE_LEFT_OUT,
    FILES_CUT,
    FILES_LEFT_OUT,
    MORE_FILES_LEFT_OUT,
    UNNAMED_FILE,
)
from processor_service.texts.failures import FILE_REASONS
from shared.slack.blocks import context
from shared.slack.message_text import escape
from shared.task import Locale

# With these the longest note, escaped, stays below the 2,000 characters that a text in a context
# block may have.
_LINES: Final = 10
_LINES_CHARS: Final = 1_900
_NAME_CHARS: Final = 80


def omitted_lines(without: Sequence[OmittedFile], locale: Locale) -> str:
    """One unescaped line per file."""
    lines = [_line(one, locale) for one in without[:_LINES]]
    while len(escape("\n".join(lines))) > _LINES_CHARS:
        lines.pop()
    if more := len(without) - len(lines):
        lines.append(MORE_FILES_LEFT_OUT[locale].format(count=more))
    return "\n".join(lines)


def _line(file: OmittedFile, locale: Locale) -> str:
    return FILE_LEFT_OUT[locale].format(
        name=_shown(file.name) or UNNAMED_FILE[locale],
        why=FILE_REASONS[file.reason][locale].format(detail=" ".join(file.detail.split())),
    )


def files_text(without: Sequence[OmittedFile], locale: Locale) -> list[str]:
    """The same as ``files_footer`` for an answer without layout, unescaped."""
    groups = (
        (FILES_LEFT_OUT, [one for one in without if not one.partly]),
        (FILES_CUT, [one for one in without if one.partly]),
    )
    return [
        f"{heading[locale]}\n{omitted_lines(files, locale)}" for heading, files in groups if files
    ]


def files_footer(without: Sequence[OmittedFile], locale: Locale) -> list[dict[str, Any]]:
    """The blocks below an answer that name the files Gemini did not get, or not whole."""
    return [context(escape(text)) for text in files_text(without, locale)]


def _shown(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= _NAME_CHARS else name[: _NAME_CHARS - 1] + "…"
