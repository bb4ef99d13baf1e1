"""The files of this folder in the form that Cloud Monitoring takes."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, Final

import yaml

from deploy.language import Language
from deploy.monitoring.japanese import Japanese

FOLDER: Final = Path(__file__).parent
OWNER: Final = {"managed_by": "mechachang"}
"""The label of what we applied. Whatever does not carry it is never touched."""
NAME: Final = "mechachang_name"
"""The label that says which file something comes from."""


def policies(
    values: Mapping[str, str], folder: Path = FOLDER, language: Language = "en"
) -> dict[str, dict[str, Any]]:
    """The alert policies by their names; KeyError for a name in a file that has no value.

    Names and labels are the same in each language: another one changes the existing policy in its
    place.
    """
    found = {}
    for path in sorted((folder / "alerts").glob("*.yaml")):
        written = _read(path)
        if language == "ja":
            written = Japanese(folder).policy(path.stem, written)
        policy: dict[str, Any] = _fill(written, values)
        policy["userLabels"] = {**OWNER, NAME: path.stem}
        policy["notificationChannels"] = [
            channel for listed in policy["notificationChannels"] for channel in listed.split(",")
        ]
        found[path.stem] = policy
    return found


def dashboards(
    values: Mapping[str, str], folder: Path = FOLDER, language: Language = "en"
) -> dict[str, dict[str, Any]]:
    """The dashboards by their names; KeyError for a name in a file that has no value."""
    path = folder / "dashboard.yaml"
    written = _read(path)
    if language == "ja":
        written = Japanese(folder).dashboard(written)
    return {path.stem: {**_fill(written, values), "labels": {**OWNER, NAME: path.stem}}}


def _read(path: Path) -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return written


def _fill(part: Any, values: Mapping[str, str]) -> Any:
    # After parsing, not before: a filled-in value cannot become another piece of YAML.
    match part:
        case str():
            return Template(part).substitute(values)
        case list():
            return [_fill(each, values) for each in part]
        case dict():
            return {name: _fill(each, values) for name, each in part.items()}
    return part
