"""Writes an answer as the JSON document a response schema asks for.

Both schema dialects are read: Google's OpenAPI subset and JSON Schema. A property whose name the
answer knows gets the answer's value; every other one a value that fits its type and bounds.
"""

import json
from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_snake

from simulators.gemini.demo_answers import Answer, Mode
from simulators.gemini.demo_answers.answer import MODES, SIGNATURE
from simulators.gemini.protocol.schema_rules import field_of, resolve

Schema = dict[str, Any]
_MAX_DEPTH = 8
_UNKNOWN = object()
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT1M",
    "uri": "https://example.com/",
    "email": "somebody@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def wanted_mode(schema: Schema, natural: Mode) -> Mode:
    """The kind of answer the schema has room for: the natural one if it can hold it."""
    text = json.dumps(schema)
    offered = [mode for mode in MODES if f'"{SIGNATURE[mode]}"' in text or f'"{mode}"' in text]
    return natural if natural in offered or not offered else offered[0]


def write(schema: Schema, answer: Answer) -> str:
    """The JSON text of ``answer`` under ``schema``."""
    value = _Writer(schema, answer).value(schema, "", dict(answer.fields), 0)
    return json.dumps(value, ensure_ascii=False, indent=2)


def pick_enum(schema: Schema, answer: Answer) -> str:
    """The bare word that ``text/x.enum`` answers with."""
    return str(_Writer(schema, answer).value(schema, "mode", dict(answer.fields), 0))


class _Writer:
    def __init__(self, root: Schema, answer: Answer) -> None:
        self._root = root
        self._answer = answer

    def value(self, schema: Schema, name: str, fields: Mapping[str, Any], depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        known = fields.get(to_snake(name), _UNKNOWN)
        choices = field_of(schema, "enum")
        if choices:
            return known if known in choices else self._of_mode(choices)
        branches = self._branches(schema)
        if branches:
            best = max(branches, key=lambda branch: self._score(branch, known, fields, depth))
            return self.value(best, name, fields, depth)
        return self._typed(schema, name, known, fields, depth)

    def _typed(
        self, schema: Schema, name: str, known: Any, fields: Mapping[str, Any], depth: int
    ) -> Any:
        kind = self._kind(schema, known)
        if kind == "object":
            inner = ChainMap(known, dict(fields)) if isinstance(known, dict) else fields
            return self._object(schema, inner, depth)
        if kind == "array":
            return self._array(schema, name, known, fields, depth)
        if kind == "string":
            return self._string(schema, name, known)
        if kind in ("number", "integer"):
            return _number(schema, known, whole=kind == "integer")
        return known is True if kind == "boolean" else None

    def _resolved(self, schema: Schema) -> Schema:
        while isinstance(schema, dict) and "$ref" in schema:
            target = resolve(schema["$ref"], self._root) or {}
            schema = {**target, **{key: schema[key] for key in schema if key != "$ref"}}
        return schema if isinstance(schema, dict) else {}

    def _branches(self, schema: Schema) -> list[Schema]:
        return list(field_of(schema, "any_of") or field_of(schema, "one_of") or [])

    def _kind(self, schema: Schema, known: Any) -> str:
        declared = field_of(schema, "type")
        kinds = [str(kind).lower() for kind in _as_list(declared)] or [_shape(schema)]
        if known is _UNKNOWN and ("null" in kinds or field_of(schema, "nullable")):
            return "null"
        fitting = [kind for kind in kinds if kind == _json_type(known)]
        return next(iter([*fitting, *(kind for kind in kinds if kind != "null"), "null"]))

    def _of_mode(self, choices: list[Any]) -> Any:
        ours = (self._answer.mode, self._answer.locale)
        return next((choice for choice in choices if choice in ours), choices[0])

    def _score(self, branch: Schema, known: Any, fields: Mapping[str, Any], depth: int) -> float:
        branch = self._resolved(branch)
        if self._branches(branch):
            return max(self._score(sub, known, fields, depth) for sub in self._branches(branch))
        kind = self._kind(branch, known)
        if kind == "null":
            return 1 if known is _UNKNOWN else -100
        if kind != "object":
            return 10 if kind == _json_type(known) else 0
        return self._object_score(branch, fields) - (1000 if depth >= _MAX_DEPTH else 0)

    def _object_score(self, branch: Schema, fields: Mapping[str, Any]) -> float:
        score = 0.0
        for name, schema in (field_of(branch, "properties") or {}).items():
            choices = self._choices(schema)
            if choices:
                score += 100 if self._answer.mode in choices else -10 * (len(choices) == 1)
            else:
                score += 2 if to_snake(name) in fields else -1
        return score

    def _choices(self, schema: Schema) -> list[Any]:
        schema = self._resolved(schema)
        return [schema["const"]] if "const" in schema else list(field_of(schema, "enum") or [])

    def _object(self, schema: Schema, fields: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: dict[str, Schema] = field_of(schema, "properties") or {}
        required = set(field_of(schema, "required") or ())
        order = [name for name in field_of(schema, "property_ordering") or () if name in properties]
        order += [name for name in properties if name not in order]
        return {
            name: self.value(properties[name], name, fields, depth + 1)
            for name in order
            if name in required or (to_snake(name) in fields and depth < _MAX_DEPTH)
        }

    def _array(
        self, schema: Schema, name: str, known: Any, fields: Mapping[str, Any], depth: int
    ) -> list[Any]:
        least = int(field_of(schema, "min_items") or 0)
        most = int(field_of(schema, "max_items") or max(least, 20))
        items: Schema = field_of(schema, "items") or {"type": "string"}
        source = known if isinstance(known, list) else []
        if depth < _MAX_DEPTH and not source:
            source = [_UNKNOWN]
        source = [*source, *[_UNKNOWN] * (least - len(source))][:most]
        return [self._item(items, name, item, fields, depth + 1) for item in source]

    def _item(
        self, schema: Schema, name: str, item: Any, fields: Mapping[str, Any], depth: int
    ) -> Any:
        if item is _UNKNOWN:
            return self.value(schema, name, {**fields, to_snake(name): _UNKNOWN}, depth)
        schema = self._resolved(schema)
        if self._kind(schema, item) == "object" and isinstance(item, str):
            return self._object(schema, _SameText(fields, item), depth)
        return self.value(schema, name, {**fields, to_snake(name): item}, depth)

    def _string(self, schema: Schema, name: str, known: Any) -> str:
        form = field_of(schema, "format")
        if known is _UNKNOWN and form in _FORMATS:
            return _FORMATS[str(form)]
        text = "\n".join(map(str, known)) if isinstance(known, list) else str(known)
        if known is _UNKNOWN:
            text = (
                f"{self._answer.fields['topic']} ({name})"
                if name
                else str(self._answer.fields["topic"])
            )
        least, most = field_of(schema, "min_length"), field_of(schema, "max_length")
        text = text.ljust(int(least), ".") if least else text
        return text[: int(most)] if most is not None else text


class _SameText(dict[str, Any]):
    """The fields of an object made from one line of text: every text property holds that line."""

    def __init__(self, fields: Mapping[str, Any], text: str) -> None:
        super().__init__(mode=fields.get("mode"), title=text, text=text, content=text, name=text)
        self.update(description=text, label=text, detail=text, body=text, point=text, value=text)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _shape(schema: Schema) -> str:
    if field_of(schema, "properties"):
        return "object"
    return "array" if field_of(schema, "items") else "string"


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _number(schema: Schema, known: Any, *, whole: bool) -> float | int:
    value = float(known) if isinstance(known, int | float) else 1.0
    low, high = field_of(schema, "minimum"), field_of(schema, "maximum")
    value = max(value, float(low)) if low is not None else value
    value = min(value, float(high)) if high is not None else value
    return round(value) if whole else value
