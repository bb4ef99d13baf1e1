"""Which response schemas Gemini takes.

``responseSchema`` is Google's OpenAPI subset (a protobuf message: unknown fields are errors);
``responseJsonSchema`` is JSON Schema, of which keywords Gemini does not know are ignored.
"""

from typing import Any

from pydantic.alias_generators import to_snake

OPENAPI_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
_OPENAPI_FIELDS = frozenset(
    {
        *("type", "format", "title", "description", "nullable", "default", "example", "enum"),
        *("items", "min_items", "max_items", "minimum", "maximum", "pattern"),
        *("properties", "required", "min_properties", "max_properties", "property_ordering"),
        *("min_length", "max_length", "any_of", "additional_properties", "defs", "ref"),
    }
)


def field_of(schema: dict[str, Any], name: str) -> Any:
    """The value of snake_case field ``name`` in either spelling."""
    return next((value for key, value in schema.items() if to_snake(key) == name), None)


def openapi_faults(schema: Any, path: str) -> list[str]:
    """Everything Gemini would complain about in a ``responseSchema``."""
    if not isinstance(schema, dict):
        return [f"{path}: must be a schema object"]
    faults = [
        f'{path}: Unknown name "{key}": Cannot find field.'
        for key in schema
        if to_snake(key.lstrip("$")) not in _OPENAPI_FIELDS
    ]
    kind = str(field_of(schema, "type") or "").upper()
    branches = field_of(schema, "any_of") or []
    if kind and kind not in OPENAPI_TYPES:
        faults.append(f'{path}.type: Invalid value (TYPE_ENUM), "{schema.get("type")}"')
    if not kind and not branches and not field_of(schema, "ref"):
        faults.append(f"{path}.type: must be specified")
    if kind == "ARRAY":
        faults += _array_faults(schema, path)
    if kind == "OBJECT":
        faults += _object_faults(schema, path)
    if field_of(schema, "enum") is not None and kind not in ("STRING", ""):
        faults.append(f"{path}.enum: only allowed for STRING type")
    for index, branch in enumerate(branches):
        faults += openapi_faults(branch, f"{path}.any_of[{index}]")
    return faults


def _array_faults(schema: dict[str, Any], path: str) -> list[str]:
    if field_of(schema, "items") is None:
        return [f"{path}.items: missing field."]
    return openapi_faults(field_of(schema, "items"), f"{path}.items")


def _object_faults(schema: dict[str, Any], path: str) -> list[str]:
    properties = field_of(schema, "properties") or {}
    if not properties and not field_of(schema, "additional_properties"):
        return [f"{path}.properties: should be non-empty for OBJECT type"]
    faults = [
        f"{path}.required[{index}]: property is not defined"
        for index, name in enumerate(field_of(schema, "required") or ())
        if name not in properties
    ]
    for name, sub_schema in properties.items():
        faults += openapi_faults(sub_schema, f"{path}.properties[{name}]")
    return faults


def json_schema_faults(schema: Any, path: str) -> list[str]:
    """What makes a ``responseJsonSchema`` unusable: wrong shapes and references to nowhere."""
    if not isinstance(schema, dict):
        return [f"{path}: must be a JSON Schema object"]
    faults: list[str] = []
    _walk_json_schema(schema, schema, path, faults)
    return faults


def _walk_json_schema(schema: Any, root: dict[str, Any], path: str, faults: list[str]) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        faults.append(f"{path}: must be a schema object")
        return
    reference = schema.get("$ref")
    if reference is not None and resolve(reference, root) is None:
        faults.append(f'{path}: reference to undefined schema "{reference}"')
    for keyword in ("properties", "$defs"):
        for name, sub_schema in (schema.get(keyword) or {}).items():
            _walk_json_schema(sub_schema, root, f"{path}.{keyword}[{name}]", faults)
    for keyword in ("anyOf", "oneOf", "prefixItems"):
        for index, sub_schema in enumerate(schema.get(keyword) or ()):
            _walk_json_schema(sub_schema, root, f"{path}.{keyword}[{index}]", faults)
    if "items" in schema:
        _walk_json_schema(schema["items"], root, f"{path}.items", faults)


def resolve(reference: Any, root: dict[str, Any]) -> dict[str, Any] | None:
    """The schema a local reference (``#/$defs/Name``, ``#``) points to, or None."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step:
            found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None
