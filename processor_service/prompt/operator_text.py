"""The operator's addition to the system prompt: the text in ``SYSTEM_PROMPT_FILE``."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

MAX_CHARS: Final = 8_000
"""A longer text would cost too much with every single question."""

_BYTES_A_CHAR: Final = 4


def read_operator_text(path: object) -> str:
    """The text in the file at ``path``. Raises ValueError with the reason if it can't be used."""
    file = Path(str(path)).absolute()
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_CHARS * _BYTES_A_CHAR + _BYTES_A_CHAR)
    except OSError as error:
        raise ValueError(f"{file} cannot be read ({error.strerror})") from error
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        if len(raw) <= MAX_CHARS * _BYTES_A_CHAR:
            raise ValueError(f"{file} is not a text in UTF-8") from error
        text = raw.decode("utf-8-sig", "ignore")
    if len(text) > MAX_CHARS:
        raise ValueError(f"{file} is longer than {MAX_CHARS} characters")
    if not text:
        raise ValueError(f"{file} is empty")
    return text


OperatorText = Annotated[
    str | None, BeforeValidator(read_operator_text), Field(validate_default=False)
]
"""A setting that names a file and holds its text."""
