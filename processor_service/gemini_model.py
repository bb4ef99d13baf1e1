"""Gemini through google-genai; only this module and ``gemini_files.py`` know that SDK."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import groupby
from typing import Any

import aiohttp
from google import genai
from google.genai import errors, types

from processor_service.attempts import Usage, received
from processor_service.gemini_access import GeminiAccess
from processor_service.manners import Manner, Tool
from processor_service.ports import Piece, Prompt, Turn
from processor_service.refusals import Refusal, Refusals
from processor_service.research import Research, WebPage
from shared.errors import MechachangError, ModelRefused, ModelRejected, ModelUnavailable
from shared.tracing import traced_session

_FINISHED = frozenset({types.FinishReason.STOP, types.FinishReason.MAX_TOKENS})
# These end an answer because the vendor failed, not because of what was asked.
_FAILED = frozenset(
    {
        types.FinishReason.OTHER,
        types.FinishReason.FINISH_REASON_UNSPECIFIED,
        types.FinishReason.MALFORMED_FUNCTION_CALL,
        types.FinishReason.UNEXPECTED_TOOL_CALL,
        types.FinishReason.TOO_MANY_TOOL_CALLS,
    }
)
_TOOLS = {
    Tool.GOOGLE_SEARCH: types.Tool(google_search=types.GoogleSearch()),
    Tool.URL_CONTEXT: types.Tool(url_context=types.UrlContext()),
}
_TRANSPORT = (aiohttp.ClientError, TimeoutError, ConnectionError, json.JSONDecodeError)


class _Refused(Exception):
    """Gemini did not begin an answer but said why not."""

    def __init__(self, error: errors.APIError) -> None:
        super().__init__(str(error))
        self.error = error
        self.refusal = Refusal(error.code, error.message or "")


class GeminiModel:
    """``ports.Model`` on Gemini. ``idle_timeout_s`` bounds the silence before each piece."""

    def __init__(self, client: genai.Client, idle_timeout_s: float) -> None:
        self.client = client
        self._idle_timeout_s = idle_timeout_s
        self._refusals = Refusals()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
        """The answer piece by piece. Closing the generator closes the connection to Gemini."""
        # Only a cancelled wait for the next chunk closes the SDK's connection at once, so a task
        # of its own does nothing but wait for chunks; leaving this generator cancels it.
        queue: asyncio.Queue[Piece | Exception | None] = asyncio.Queue()
        pump = asyncio.create_task(self._pump(prompt, model, queue), name="gemini-stream")
        try:
            while (item := await self._next(queue)) is not None:
                if isinstance(item, Exception):
                    raise translated(item) from item
                yield item
        finally:
            pump.cancel()
            await asyncio.wait([pump])

    async def _next(
        self, queue: asyncio.Queue[Piece | Exception | None]
    ) -> Piece | Exception | None:
        try:
            async with asyncio.timeout(self._idle_timeout_s):
                return await queue.get()
        except TimeoutError as error:
            raise ModelUnavailable("Gemini fell silent.", reason="model_silent") from error

    async def _pump(
        self, prompt: Prompt, model: str, queue: asyncio.Queue[Piece | Exception | None]
    ) -> None:
        manner = self._refusals.manner(prompt, model)
        while True:
            try:
                await self._ask(prompt, model, manner, queue)
                break
            except _Refused as refused:
                lesser = self._refusals.lesser(manner, refused.refusal, prompt, model)
                if lesser is None:
                    queue.put_nowait(refused.error)
                    break
                manner = lesser
            except Exception as error:
                queue.put_nowait(error)
                break
        queue.put_nowait(None)

    async def _ask(
        self,
        prompt: Prompt,
        model: str,
        manner: Manner,
        queue: asyncio.Queue[Piece | Exception | None],
    ) -> None:
        """Put the answer's pieces into ``queue``. Raises _Refused if there was none before."""
        sources = Research(missing=bool(prompt.manner.tools) and not manner.tools)
        begun = False
        try:
            chunks = await self.client.aio.models.generate_content_stream(
                model=model, contents=_contents(prompt), config=_config(prompt, manner)
            )
            async for chunk in chunks:
                begun = True
                received(usage_of(chunk), text=bool(chunk.text))
                sources = sources.plus(_pages(chunk), _searches(chunk))
                queue.put_nowait(replace(_piece(chunk), sources=sources))
        except errors.APIError as error:
            if begun:
                raise
            raise _Refused(error) from error

    async def check(self, model: str) -> None:
        """Ask for the model's description; raises as ``stream`` does."""
        try:
            async with asyncio.timeout(5.0):
                await self.client.aio.models.get(model=model)
        except Exception as error:
            raise translated(error) from error


def _config(prompt: Prompt, manner: Manner) -> types.GenerateContentConfig:
    level = manner.thinking
    return types.GenerateContentConfig(
        system_instruction=prompt.system,
        automatic_continuation=False,
        response_mime_type="application/json" if prompt.form else None,
        response_json_schema=prompt.form.schema if prompt.form else None,
        temperature=manner.temperature,
        thinking_config=(
            types.ThinkingConfig(thinking_level=types.ThinkingLevel(level.upper()))
            if level is not None
            else None
        ),
        tools=[_TOOLS[tool] for tool in manner.tools] or None,
    )


def _contents(prompt: Prompt) -> list[types.ContentUnionDict]:
    """The turns and the question; what one side says in a row is one content in several parts."""
    contents: list[types.ContentUnionDict] = []
    for role, turns in groupby((*prompt.turns, Turn("user", prompt.text)), lambda one: one.role):
        parts = [part for turn in turns for part in _parts(turn)]
        contents.append(types.Content(role=role, parts=parts))
    return contents


def _parts(turn: Turn) -> list[types.Part]:
    text, file = types.Part(text=turn.text), turn.file
    if file is None:
        return [text]
    if file.uri is not None:
        return [text, types.Part.from_uri(file_uri=file.uri, mime_type=file.mimetype)]
    return [text, types.Part.from_bytes(data=file.content, mime_type=file.mimetype)]


def usage_of(chunk: types.GenerateContentResponse) -> Usage | None:
    """What a chunk says was used so far, if it does."""
    usage = chunk.usage_metadata
    if usage is None:
        return None
    cached = usage.cached_content_token_count or 0
    return Usage(
        input=_prompt_tokens(usage) - cached,
        cached=cached,
        output=usage.candidates_token_count or 0,
        thoughts=usage.thoughts_token_count or 0,
    )


def _piece(chunk: types.GenerateContentResponse) -> Piece:
    feedback = chunk.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        blocked = feedback.block_reason.value
        raise ModelRefused(f"Gemini blocked the question ({blocked}).", reason="question_blocked")
    candidate = chunk.candidates[0] if chunk.candidates else None
    reason = candidate.finish_reason if candidate else None
    if reason in _FAILED:
        raise ModelUnavailable(f"Gemini broke off ({reason}).", reason="answer_broken_off")
    if reason is not None and reason not in _FINISHED:
        why = "answer_recited" if reason is types.FinishReason.RECITATION else "answer_blocked"
        raise ModelRefused(f"Gemini stopped the answer ({reason.value}).", reason=why)
    usage = chunk.usage_metadata
    return Piece(
        text=chunk.text or "",
        finished=reason is not None,
        truncated=reason is types.FinishReason.MAX_TOKENS,
        prompt_tokens=_prompt_tokens(usage) if usage else 0,
        output_tokens=_output_tokens(usage) if usage else 0,
    )


def _pages(chunk: types.GenerateContentResponse) -> list[WebPage]:
    """What Google Search found and what was read of the pages that the question names."""
    candidate = chunk.candidates[0] if chunk.candidates else types.Candidate()
    grounding = candidate.grounding_metadata or types.GroundingMetadata()
    found = [one.web for one in grounding.grounding_chunks or () if one.web is not None]
    reading = candidate.url_context_metadata or types.UrlContextMetadata()
    read = [
        one.retrieved_url
        for one in reading.url_metadata or ()
        if one.url_retrieval_status is types.UrlRetrievalStatus.URL_RETRIEVAL_STATUS_SUCCESS
    ]
    pages = [WebPage(web.uri, web.title or web.domain or "") for web in found if web.uri]
    return [*pages, *(WebPage(url) for url in read if url)]


def _searches(chunk: types.GenerateContentResponse) -> list[str]:
    candidate = chunk.candidates[0] if chunk.candidates else types.Candidate()
    grounding = candidate.grounding_metadata or types.GroundingMetadata()
    return grounding.web_search_queries or []


def _prompt_tokens(usage: types.GenerateContentResponseUsageMetadata) -> int:
    """What was asked and what tools brought in: both are paid for."""
    return (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)


def _output_tokens(usage: types.GenerateContentResponseUsageMetadata) -> int:
    """What was written and what was thought: both are paid for."""
    return (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)


def translated(error: Exception) -> Exception:
    """What a failure of the SDK means to us; for ``raise translated(error) from error``."""
    if isinstance(error, MechachangError):
        return error
    if isinstance(error, errors.APIError):
        return _of_api_error(error)
    if isinstance(error, (*_TRANSPORT, errors.UnknownApiResponseError)):
        return ModelUnavailable(f"Gemini could not be reached ({type(error).__name__}).")
    return error


def _of_api_error(error: errors.APIError) -> MechachangError:
    summary = f"Gemini answered {error.code} {error.status}."
    if error.code in {408, 429} or error.code >= 500:
        reason = "model_rate_limited" if error.code == 429 else None
        return ModelUnavailable(summary, reason=reason, retry_after_s=_retry_after(error))
    return ModelRejected(summary, reason=_rejection(error))


def _rejection(error: errors.APIError) -> str | None:
    if error.code in {401, 403} or _has_reason(error, "API_KEY_INVALID"):
        return "model_denied"
    return "model_not_found" if error.code == 404 else None


def _has_reason(error: errors.APIError, reason: str) -> bool:
    """Whether a google.rpc.ErrorInfo of the answer names ``reason``."""
    return any(detail.get("reason") == reason for detail in _details(error))


def _details(error: errors.APIError) -> list[Mapping[str, Any]]:
    body: Any = error.details
    found = body.get("error", {}).get("details", []) if isinstance(body, Mapping) else []
    return [detail for detail in found if isinstance(detail, Mapping)]


def _retry_after(error: errors.APIError) -> float | None:
    """Seconds Gemini asks us to wait: google.rpc.RetryInfo in the body, or the header."""
    for detail in _details(error):
        if str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
            return _seconds(str(detail.get("retryDelay", "")).removesuffix("s"))
    headers = getattr(error.response, "headers", None) or {}
    return _seconds(headers.get("Retry-After"))


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


@asynccontextmanager
async def gemini_model(access: GeminiAccess, idle_timeout_s: float) -> AsyncIterator[GeminiModel]:
    """A model on one kept-alive session; closed at the end."""
    timeout = aiohttp.ClientTimeout(total=None, connect=5.0)
    async with traced_session(timeout=timeout) as session:
        options = types.HttpOptions(
            base_url=access.base_url,
            api_version=access.api_version,
            aiohttp_client=session,
            # One attempt: without this the SDK repeats a dropped request after up to 10 s.
            retry_options=types.HttpRetryOptions(attempts=1),
        )
        client = (
            genai.Client(api_key=access.api_key, http_options=options)
            if access.vertex_project is None
            else genai.Client(
                vertexai=True,
                project=access.vertex_project,
                location=access.vertex_location,
                http_options=options,
            )
        )
        try:
            yield GeminiModel(client, idle_timeout_s)
        finally:
            await client.aio.aclose()
            client.close()
