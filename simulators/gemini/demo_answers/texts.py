"""What the simulated model says: the TOML files in ``texts/``, each read when first needed."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("texts")


@cache
def texts(name: str) -> dict[str, Any]:
    """The texts of one kind: by language (``ja``, ``en``), or a list of what is known by heart."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
