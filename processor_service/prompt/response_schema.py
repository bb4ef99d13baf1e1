"""The four modes of a structured answer: their JSON schemas, and how an answer is parsed.

Gemini reads the descriptions and docstrings of the models: raise PROMPT_VERSION when they change.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from json import JSONDecoder
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from processor_service.ports.model import ParsedAnswer
from processor_service.prompt.response_layout import layout_as_markdown
from shared.errors import ModelUnavailable
from shared.task import Locale, Mode

_FENCE: Final = re.compile(r"\s*```(?:json)?[ \t]*(?:\n|\Z)", re.IGNORECASE)
_DECODER: Final = JSONDecoder()
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>u[dD][89abAB][0-9a-fA-F]{2}(?=[^\\]|\\[^u]|\\u[0-9a-fA-F]{4})"
    r"|u[dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def _up_to_five(description: str) -> Any:
    """Asked for in the schema; an answer with more is still an answer."""
    return Field(description=description, json_schema_extra={"maxItems": 5})


class General(BaseModel):
    """For questions about facts, terms, advice, plans and decisions, for summaries and
    translations, and for whatever no other mode is for.
    """

    mode: Literal["general"]
    summary: Annotated[str, Field(description="The answer itself, the main point first.")]
    key_points: Annotated[
        list[str],
        _up_to_five("None to five further points, one by one; none if the summary says it all."),
    ]


class Code(BaseModel):
    """For programs, queries, commands and configuration to be written, explained or mended. Not for
    questions that only name a technology.
    """

    mode: Literal["code"]
    language: Annotated[str, Field(description="As a fenced code block would name it.")]
    explanation: Annotated[str, Field(description="What the code does and how.")]
    code: Annotated[str, Field(description="Nothing but the code, without a fence around it.")]
    suggestions: Annotated[
        list[str], _up_to_five("None to five things to do next or better, one by one.")
    ]


class Data(BaseModel):
    """For figures, tables and statistics that are given or asked for, to be evaluated. Not for a
    choice between options without figures.
    """

    mode: Literal["data"]
    analysis: Annotated[str, Field(description="The evaluation; a Markdown table where it helps.")]
    insights: Annotated[
        list[str], _up_to_five("None to five things that the data show, one by one.")
    ]
    recommendations: Annotated[
        list[str], _up_to_five("None to five things to do about it, one by one.")
    ]


class Creative(BaseModel):
    """For texts to be invented: poems, stories, slogans, names, greetings. Not for a given text to
    be rewritten, translated or summarised.
    """

    mode: Literal["creative"]
    content: Annotated[str, Field(description="The text itself.")]
    style: Annotated[str, Field(description="Its form and tone, in one sentence.")]
    variations: Annotated[
        list[str],
        _up_to_five("Other versions, each whole, only if several were wanted; else none."),
    ]


_MODELS: Final[dict[Mode, type[BaseModel]]] = {
    Mode.GENERAL: General,
    Mode.CODE: Code,
    Mode.DATA: Data,
    Mode.CREATIVE: Creative,
}
_ANY: Final = TypeAdapter[BaseModel](
    Annotated[General | Code | Data | Creative, Field(discriminator="mode")]
)
_READERS: Final[dict[Mode, TypeAdapter[BaseModel]]] = {
    Mode.AUTO: _ANY,
    **{mode: TypeAdapter(model) for mode, model in _MODELS.items()},
}


@dataclass(frozen=True)
class JsonFormat:
    """An ``AnswerFormat`` in ``mode``, or with AUTO in the mode that the model chooses."""

    mode: Mode
    locale: Locale

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the answer, in the keywords that Gemini knows."""
        if self.mode is Mode.AUTO:
            return {"anyOf": [_schema(model) for model in _MODELS.values()]}
        return _schema(_MODELS[self.mode])

    def growing(self, text: str) -> str:
        """The Markdown of the text so far."""
        fields = _begun(text)
        last = next(reversed(fields), None)
        mode = self._mode_of(fields)
        if mode is None or last == "mode":
            return ""
        return layout_as_markdown(mode, fields, self.locale, growing=True)

    def read(self, text: str, *, cut: bool) -> ParsedAnswer:
        """The whole answer, or what there is of one that was ``cut`` at its limit.

        Raises ModelUnavailable (``answer_malformed``) for anything but the requested JSON.
        """
        if cut:
            fields = _begun(text)
            mode = self._mode_of(fields)
            return ParsedAnswer(
                "" if mode is None else layout_as_markdown(mode, fields, self.locale), mode
            )
        try:
            answer = _READERS[self.mode].validate_json(_bare(_paired(text)))
        except ValidationError as error:
            # The error itself quotes the answer, which must not reach a log.
            raise ModelUnavailable(_faults(error), reason="answer_malformed") from None
        fields = answer.model_dump()
        mode = Mode(fields["mode"])
        return ParsedAnswer(layout_as_markdown(mode, fields, self.locale), mode)

    def _mode_of(self, fields: Mapping[str, Any]) -> Mode | None:
        found = next((mode for mode in _MODELS if mode == fields.get("mode")), None)
        return found if self.mode in {Mode.AUTO, found} else None


def _begun(text: str) -> dict[str, Any]:
    """The fields in a JSON text that may end anywhere; the last value may be incomplete."""
    try:
        fields = from_json(_bare(_paired(text)), allow_partial="trailing-strings")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _bare(text: str) -> str:
    """JSON without a fence around it, and without what follows its object: Gemini adds either now
    and then (github.com/langgenius/dify/issues/31966, github.com/MemberJunction/MJ/issues/3065).
    """
    fence = _FENCE.match(text)
    begun = text[fence.end() if fence else 0 :].lstrip()
    try:
        return begun[: _DECODER.raw_decode(begun)[1]]
    except (ValueError, RecursionError):
        return begun


def _paired(text: str) -> str:
    """JSON with U+FFFD for each escaped surrogate that lacks its other half.

    One at the end stays: its other half may follow.
    """
    return _ESCAPE.sub(lambda escape: r"\ufffd" if escape["half"] else escape[0], text)


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema in the keywords that Gemini knows.

    ``const`` is not among them, ``propertyOrdering`` is (google-genai 3.4.0,
    ``GenerateContentConfig.response_json_schema``).
    """
    schema = model.model_json_schema()
    fields = {name: _property(found) for name, found in schema["properties"].items()}
    return {
        "type": "object",
        "description": " ".join(schema["description"].split()),
        "properties": fields,
        "required": schema["required"],
        "propertyOrdering": list(fields),
    }


def _property(schema: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: schema[key] for key in schema if key not in {"title", "default", "const"}}
    return {**kept, "enum": [schema["const"]]} if "const" in schema else kept


def _faults(error: ValidationError) -> str:
    """Which fields are wrong, without their values."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    named = (f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['type']}" for one in faults)
    return f"The answer is not the JSON that was asked for ({'; '.join(named)})."
