"""The changes that bring Cloud Monitoring to the state in the files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from deploy.monitoring.files import NAME


class Kind(StrEnum):
    """What Cloud Monitoring keeps for us."""

    POLICY = "alert policy"
    DASHBOARD = "dashboard"


class Verb(StrEnum):
    """The kind of change."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Found:
    """Something of ours in Cloud Monitoring: its resource name, labels and fields."""

    resource: str
    labels: Mapping[str, str]
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One step. ``resource`` is None for a thing that is not there yet, ``fields`` for one that has
    to go.
    """

    verb: Verb
    kind: Kind
    name: str
    resource: str | None = None
    fields: Mapping[str, Any] | None = None
    differences: tuple[str, ...] = ()


def changes(
    kind: Kind, wanted: Mapping[str, Mapping[str, Any]], found: Sequence[Found]
) -> list[Change]:
    """The steps from ``found`` to ``wanted``; none if they agree."""
    steps = []
    there: dict[str, Found] = {}
    for each in found:
        name = each.labels.get(NAME, "")
        if name in wanted and name not in there:
            there[name] = each
        else:
            steps.append(Change(Verb.DELETE, kind, name or each.resource, each.resource))
    for name, fields in wanted.items():
        if name not in there:
            steps.append(Change(Verb.CREATE, kind, name, None, fields))
            continue
        differing = tuple(_differences(fields, there[name].fields, ""))
        if differing:
            resource = there[name].resource
            steps.append(Change(Verb.UPDATE, kind, name, resource, fields, differing))
    return steps


def _differences(wanted: Any, found: Any, path: str) -> Iterator[str]:
    """The places where ``found`` is not as ``wanted``.

    A field that only ``found`` has was filled in by Google (names, records, defaults) and does not
    differ; an item more in a list was put there by somebody and does.
    """
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, value in wanted.items():
            inner = f"{path}.{name}" if path else name
            if name in found:
                yield from _differences(value, found[name], inner)
            else:
                yield f"{inner}: missing"
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (left, right) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(left, right, f"{path}[{number}]")
    elif wanted != found:
        yield f"{path}: {found!r} -> {wanted!r}"
