"""From a request to the pieces of its answer."""

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from simulators.gemini.answering import documents, grounding, tokens
from simulators.gemini.answering.conversation import question_of
from simulators.gemini.answering.replies import Reply
from simulators.gemini.config import GeminiConfig
from simulators.gemini.demo_answers import Answer, compose, natural_mode
from simulators.gemini.protocol.payload import Content, GenerateContentRequest, Part

_IMAGE_TOKENS = 258


@dataclass(frozen=True)
class Generation:
    """An answer ready to be sent, with its pace."""

    model: str
    response_id: str
    chunks: Sequence[str]
    thought: str
    finish_reason: str | None
    block_reason: str | None
    prompt_tokens: int
    thought_tokens: int
    lookups: Mapping[str, Any]
    continuation: str | None
    first_token_s: float
    between_s: float

    def chunk_json(self, number: int) -> dict[str, Any]:
        """Piece ``number`` of the stream; the last one carries the finish reason."""
        if self.block_reason:
            return self._envelope(0, {"promptFeedback": {"blockReason": self.block_reason}})
        parts: list[dict[str, Any]] = [{"text": self.chunks[number]}] if self.chunks else []
        if number == 0 and self.thought:
            parts.insert(0, {"text": self.thought, "thought": True})
        last = number >= len(self.chunks) - 1
        count = self._tokens_sent[number] if self.chunks else 0
        return self._with_candidate(parts, count, finished=last)

    def whole_json(self) -> dict[str, Any]:
        """The whole answer as ``generateContent`` gives it."""
        if self.block_reason:
            return self.chunk_json(0)
        text = "".join(self.chunks)
        thought: dict[str, Any] = {"text": self.thought, "thought": True}
        parts = [thought] if self.thought else []
        parts += [{"text": text}] if text else []
        return self._with_candidate(parts, tokens.count(text), finished=True)

    @cached_property
    def _tokens_sent(self) -> list[int]:
        """The tokens of the answer up to and with each piece; counted once, because an answer of
        100,000 characters has hundreds of pieces.
        """
        return list(accumulate(map(tokens.count, self.chunks)))

    @property
    def count(self) -> int:
        """How many pieces a stream has; an empty or blocked answer has one, without text."""
        return 1 if self.block_reason else max(1, len(self.chunks))

    @property
    def duration_s(self) -> float:
        """How long the whole answer takes."""
        return self.first_token_s + self.between_s * (self.count - 1)

    def _with_candidate(
        self, parts: Sequence[dict[str, Any]], count: int, *, finished: bool
    ) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
        if not parts:
            candidate["content"] = {"role": "model"}
        if finished and self.finish_reason:
            candidate["finishReason"] = self.finish_reason
        if finished:
            candidate |= self.lookups
        if finished and self.continuation:
            candidate["continuationToken"] = self.continuation
        return self._envelope(count, {"candidates": [candidate]})

    def _envelope(self, answer_tokens: int, content: dict[str, Any]) -> dict[str, Any]:
        tool_tokens = grounding.TOKENS_A_LOOKUP * grounding.lookups(self.lookups)
        thought = self.prompt_tokens + tool_tokens + self.thought_tokens
        usage: dict[str, Any] = {
            "promptTokenCount": self.prompt_tokens,
            "totalTokenCount": thought + answer_tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": self.prompt_tokens}],
        }
        if answer_tokens:
            usage["candidatesTokenCount"] = answer_tokens
        if self.thought_tokens:
            usage["thoughtsTokenCount"] = self.thought_tokens
        if tool_tokens:
            usage["toolUsePromptTokenCount"] = tool_tokens
        return {
            **content,
            "usageMetadata": usage,
            "modelVersion": self.model,
            "responseId": self.response_id,
        }


def generate(
    model: str,
    request: GenerateContentRequest,
    reply: Reply,
    config: GeminiConfig,
    variation: int,
) -> Generation:
    """The answer to ``request`` as ``reply`` scripts it."""
    thinks = _thinking_tokens(request)
    text, chunks = _text(request, reply, variation)
    text, cut = _limited(text, request, thinks)
    if cut or chunks is None or "".join(chunks) != text:
        chunks = tokens.chunks(text, config.chunk_tokens)
    lookups = reply.lookups
    if lookups is None:
        lookups = grounding.looked_up(request, question_of(request), text)
    first_token_s = config.first_token_s if reply.first_token_s is None else reply.first_token_s
    return Generation(
        model=model,
        response_id=secrets.token_urlsafe(16),
        chunks=chunks,
        thought=reply.thought or "",
        finish_reason="MAX_TOKENS" if cut else reply.finish_reason,
        block_reason=reply.block_reason,
        prompt_tokens=prompt_tokens(everything(request)),
        thought_tokens=thinks,
        lookups=lookups,
        continuation=reply.continuation,
        first_token_s=first_token_s,
        between_s=_between_s(reply, config, first_token_s, len(chunks)),
    )


def _between_s(reply: Reply, config: GeminiConfig, first_token_s: float, chunks: int) -> float:
    if reply.between_s is not None:
        return reply.between_s
    if config.total_s is not None:
        return max(0.0, config.total_s - first_token_s) / max(1, chunks - 1)
    return config.chunk_tokens / config.tokens_per_s if config.tokens_per_s else 0.0


def _text(
    request: GenerateContentRequest, reply: Reply, variation: int
) -> tuple[str, Sequence[str] | None]:
    if reply.chunks is not None:
        return "".join(reply.chunks), list(reply.chunks)
    if reply.text is not None:
        return reply.text, None
    return _composed(request, variation), None


def _composed(request: GenerateContentRequest, variation: int) -> str:
    config = request.generation_config
    question = question_of(request, 0 if config.seed is not None else variation)
    schema = config.response_schema or config.response_json_schema
    if schema is None:
        answer = compose(question)
        return (
            _plain_json(answer)
            if config.response_mime_type == "application/json"
            else (answer.markdown)
        )
    answer = compose(question, documents.wanted_mode(schema, natural_mode(question)))
    if config.response_mime_type == "text/x.enum":
        return documents.pick_enum(schema, answer)
    return documents.write(schema, answer)


def _plain_json(answer: Answer) -> str:
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    return documents.write({**schema, "required": ["answer"]}, answer)


def _limited(text: str, request: GenerateContentRequest, thinks: int) -> tuple[str, bool]:
    config = request.generation_config
    for stop in config.stop_sequences or ():
        text = text.split(stop, 1)[0] if stop else text
    if config.max_output_tokens is None:
        return text, False
    return tokens.truncate(text, max(0, config.max_output_tokens - thinks))


def _thinking_tokens(request: GenerateContentRequest) -> int:
    thinking = request.generation_config.thinking_config
    if thinking is None or thinking.thinking_budget == 0:
        return 0
    levels = {"MINIMAL": 0, "LOW": 24, "MEDIUM": 64, "HIGH": 160, "XHIGH": 320}
    return levels.get(thinking.thinking_level or "", 64)


def everything(request: GenerateContentRequest) -> list[Content]:
    """All that counts as prompt: the system instruction and every turn."""
    system = [request.system_instruction] if request.system_instruction is not None else []
    return [*system, *request.contents]


def prompt_tokens(contents: Sequence[Content]) -> int:
    """What the prompt counts; an image counts as much as Gemini's smallest tile."""
    return sum(_part_tokens(part) for content in contents for part in content.parts)


def _part_tokens(part: Part) -> int:
    if part.text is not None:
        return tokens.count(part.text)
    blob = part.inline_data
    if blob is not None and blob.mime_type.startswith("text/"):
        try:
            return tokens.count(base64.urlsafe_b64decode(blob.data).decode(errors="replace"))
        except binascii.Error:
            return 0
    return _IMAGE_TOKENS
