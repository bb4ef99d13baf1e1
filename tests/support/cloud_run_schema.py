"""Cloud Run's own schema of a service, from the API description that Google's client ships."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

_PLACEMENT = re.compile(r"`((?:run\.googleapis\.com|autoscaling\.knative\.dev)/[^`]+)`: ([^*]+)")
_RESTRICTED = re.compile(r"(run\.googleapis\.com|autoscaling\.knative\.dev)/")
_UNSUPPORTED = re.compile(r"not supported (?:by|in) cloud run", re.IGNORECASE)
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list}


@cache
def schemas() -> dict[str, Any]:
    """Every type of the API by its name."""
    documents = resources.files("googleapiclient") / "discovery_cache" / "documents"
    api: dict[str, Any] = json.loads((documents / "run.v1.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = api["schemas"]
    return found


@cache
def annotation_placement() -> dict[str, set[str]]:
    """Where each annotation belongs: ``Service``, ``Revision``, …"""
    text = schemas()["ObjectMeta"]["properties"]["annotations"]["description"]
    return {
        name: {place.strip(" .,") for place in places.split(",")}
        for name, places in _PLACEMENT.findall(text)
    }


def service_faults(service: Mapping[str, Any]) -> list[str]:
    """Everything that Cloud Run would refuse, or silently not do; empty for a good service."""
    return [
        *_faults(service, {"$ref": "Service"}, "service"),
        *_misplaced(service, "Service", "service"),
        *_misplaced(service.get("spec", {}).get("template", {}), "Revision", "template"),
        *_probe_times(service),
        *_shares(service),
    ]


def _faults(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _object_faults(value, schemas()[schema["$ref"]], path)
    elif schema.get("type") == "object":
        yield from _map_faults(value, schema, path)
    else:
        yield from _plain_faults(value, schema, path)


def _object_faults(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    for key, inner in value.items():
        known = schema.get("properties", {}).get(key)
        if known is None:
            yield f"{path}.{key} is unknown"
        elif _UNSUPPORTED.search(known.get("description", "")[:60]):
            yield f"{path}.{key} is not supported by Cloud Run"
        else:
            yield from _faults(inner, known, f"{path}.{key}")


def _map_faults(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    for key, inner in value.items():
        yield from _faults(inner, schema["additionalProperties"], f"{path}.{key}")


def _plain_faults(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    wanted = _TYPES[schema["type"]]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield f"{path} is {value!r}, not a {schema['type']}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}, not one of {schema['enum']}"
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _faults(inner, schema["items"], f"{path}[{number}]")


def _misplaced(owner: Mapping[str, Any], kind: str, path: str) -> Iterator[str]:
    for name in owner.get("metadata", {}).get("annotations") or {}:
        if not _RESTRICTED.match(name):
            continue
        places = annotation_placement().get(name, set())
        if not {kind, "All resources"} & places:
            yield f"{path}: {name} belongs to {sorted(places) or 'nothing'}"


def _containers(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    spec = service.get("spec", {}).get("template", {}).get("spec", {})
    return [each for each in spec.get("containers", []) if isinstance(each, dict)]


def _probe_times(service: Mapping[str, Any]) -> Iterator[str]:
    # The description says "smaller than" of the one and "greater or equal" of the other; Cloud
    # Run's own startup probe has 240 s for both.
    for container in _containers(service):
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = container.get(name, {})
            if probe.get("timeoutSeconds", 1) > probe.get("periodSeconds", 10):
                yield f"{name} takes longer than its period"


def _shares(service: Mapping[str, Any]) -> Iterator[str]:
    traffic = service.get("spec", {}).get("traffic", [])
    total = sum(target.get("percent", 0) for target in traffic)
    if total != 100:
        yield f"traffic is {total} %, not 100"
