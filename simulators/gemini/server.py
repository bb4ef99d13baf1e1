"""The simulated Gemini server."""

import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from simulators.faults import FaultPlan
from simulators.gemini.answering.generation import everything, generate, prompt_tokens
from simulators.gemini.answering.replies import Reply, ReplyTo, Script, suffering
from simulators.gemini.config import GeminiConfig
from simulators.gemini.delivery import Delivery
from simulators.gemini.files.api import FilesApi
from simulators.gemini.files.store import FileStore
from simulators.gemini.listening import Listening
from simulators.gemini.protocol import catalogue, model_rules, validation
from simulators.gemini.protocol.errors import (
    ApiError,
    ErrorReply,
    api_key_invalid,
    invalid_argument,
    not_found,
    unregistered_caller,
)
from simulators.gemini.protocol.payload import GenerateContentRequest
from simulators.gemini.recorder import ReceivedRequest, Recorder
from simulators.journal import Journal, trace_key

_VERSION = r"/{version:v1|v1beta|v1beta1|v1alpha}"
_CALL = "/models/{model:[^/:]+}:{method:[A-Za-z]+}"
_CALL_PATHS = (
    _VERSION + _CALL,
    _VERSION + "/publishers/google" + _CALL,
    _VERSION + "/projects/{project:[^/]+}/locations/{location:[^/]+}/publishers/google" + _CALL,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _is_public(uri: str) -> bool:
    """Whether a reference leads out of the Files API: to a film that anybody may watch."""
    return uri.startswith(("https://www.youtube.com/", "https://youtu.be/"))


@dataclass(frozen=True)
class RunningGemini:
    """A server that is listening."""

    base_url: str


class GeminiSimulator:
    """Answers google-genai as Gemini would: strict about requests, deterministic in its answers.

    The same prompt gets the same answer; asked again within one run its wording may vary. Scripts
    (`script`) and faults change what happens to single requests; `requests` tells what was asked.
    """

    def __init__(
        self, *, journal: Journal, faults: FaultPlan, config: GeminiConfig | None = None
    ) -> None:
        self.config = config or GeminiConfig()
        self._journal = journal
        self._faults = faults
        self._scripts: list[Script] = []
        self._recorder = Recorder()
        self.files = FileStore(self.config)
        self._answered: Counter[str] = Counter()
        self._continuations: set[str] = set()
        self._stopping = False
        self._listening: Listening | None = None

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every generation request so far, oldest first, refused ones not included."""
        return self._recorder.requests

    def script(self, match: str | re.Pattern[str], *replies: Reply | ReplyTo) -> Script:
        """Answer prompts that contain ``match`` with ``replies`` in turn; the last one stays.

        A reply may be a function that makes it from the prompt. The newest script that matches
        wins. The prompt is the text of the request's last turn.
        """
        if not replies:
            raise ValueError("a script needs at least one reply")
        script = Script(match, replies)
        self._scripts.insert(0, script)
        return script

    def forget_scripts(self) -> None:
        """Take every script back."""
        self._scripts.clear()

    async def wait_for(self, condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Return once ``condition()`` (about `requests`) holds; raises TimeoutError otherwise."""
        await self._recorder.wait_for(condition, timeout_s)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[RunningGemini]:
        """Listen until the block is left; what still runs then is cut off."""
        runner = web.AppRunner(
            self._app(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await runner.setup()
        listening = Listening(runner, host, port)
        try:
            await listening.open()
            self._listening, self._stopping = listening, False
            yield RunningGemini(listening.url)
        finally:
            self._listening, self._stopping = None, True
            await listening.close()
            await runner.cleanup()

    async def pause(self) -> None:
        """Gemini is away: connections are refused. Requests under way go on to their end."""
        await self._open_port().refuse()

    async def resume(self) -> None:
        """Gemini is back, at the same address. Harmless when it was not away."""
        await self._open_port().open()

    def _open_port(self) -> Listening:
        if self._listening is None:
            raise RuntimeError("The Gemini simulator is not serving.")
        return self._listening

    def _app(self) -> web.Application:
        app = web.Application(
            client_max_size=validation.MAX_BODY_BYTES + 1024 * 1024,
            middlewares=[self._google_errors],
        )
        for path in _CALL_PATHS:
            app.router.add_post(path, self._call)
        FilesApi(self.files, self._faults, self._authenticate).add_routes(app.router, _VERSION)
        app.router.add_get(_VERSION + "/models", self._list_models)
        app.router.add_get(_VERSION + "/models/{model:[^/:]+}", self._get_model)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        owner = self._authenticate(request)
        model, method = request.match_info["model"], request.match_info["method"]
        if model not in catalogue.MODELS or method not in catalogue.METHODS:
            version = request.match_info["version"]
            raise not_found(
                f"models/{model} is not found for API version {version}, or is not supported for "
                f"{method}. Call ListModels to see the list of available models and their "
                "supported methods."
            )
        body = await request.read()
        if method == "countTokens":
            total = prompt_tokens(validation.read_count_tokens(body))
            details = [{"modality": "TEXT", "tokenCount": total}]
            return web.json_response({"totalTokens": total, "promptTokensDetails": details})
        parsed = validation.read_generate(body)
        model_rules.check(parsed, model, older=model in self.config.older)
        if len(body) > catalogue.INPUT_TOKEN_LIMIT:
            # No shorter request has as many tokens.
            model_rules.check_length(prompt_tokens(everything(parsed)))
        if "project" not in request.match_info:
            self._look_up_files(parsed, owner)
        return await self._generate(request, method, parsed, body)

    def _look_up_files(self, parsed: GenerateContentRequest, owner: str) -> None:
        """Refuse references to files that are not there, not the caller's, or not ready."""
        for content in parsed.contents:
            for part in content.parts:
                if part.file_data is not None and not _is_public(part.file_data.file_uri):
                    self.files.usable(part.file_data.file_uri, owner)

    async def _generate(
        self, request: web.Request, method: str, parsed: GenerateContentRequest, body: bytes
    ) -> web.StreamResponse:
        model = request.match_info["model"]
        received = ReceivedRequest(
            model=model,
            method=method,
            body=json.loads(body),
            headers=request.headers.copy(),
            prompt=parsed.contents[-1].text(),
            at=time.monotonic(),
        )
        self._recorder.add(received)
        keys = trace_key(request.headers.get("traceparent"))
        self._journal.record("gemini", "request", keys, model=model, method=method)
        fault = self._faults.take("gemini", method) or self._faults.take(
            "gemini", f"{model}:{method}"
        )
        token = parsed.continuation_token
        if token is not None and token not in self._continuations:
            raise invalid_argument("The continuation token is not valid.")
        reply = suffering(self._reply(received.prompt), fault)
        if reply.continuation is not None:
            self._continuations.add(reply.continuation)
        generation = generate(model, parsed, reply, self.config, self._answered[received.prompt])
        delivery = Delivery(request, received, generation, reply, self._journal)
        try:
            return await delivery.run()
        finally:
            self._account(received)

    def _reply(self, prompt: str) -> Reply:
        script = next((script for script in self._scripts if script.matches(prompt)), None)
        return script.next(prompt) if script is not None else Reply()

    def _account(self, received: ReceivedRequest) -> None:
        if received.outcome == "client_closed" and self._stopping:
            received.outcome = "cut"
        if received.outcome == "answered":
            self._answered[received.prompt] += 1
        self._recorder.notify()

    def _authenticate(self, request: web.Request) -> str:
        """Who asks: the key, or the bearer's token."""
        bearer = request.headers.get("Authorization", "")
        if bearer.startswith("Bearer "):
            return bearer
        key = request.headers.get("x-goog-api-key") or request.query.get("key")
        if not key:
            raise unregistered_caller()
        if self.config.api_keys is not None and key not in self.config.api_keys:
            raise api_key_invalid()
        return key

    async def _list_models(self, request: web.Request) -> web.Response:
        self._authenticate(request)
        return web.json_response({"models": [catalogue.describe(m) for m in catalogue.MODELS]})

    async def _get_model(self, request: web.Request) -> web.Response:
        self._authenticate(request)
        model = request.match_info["model"]
        if model not in catalogue.MODELS:
            raise not_found(f"Model is not found: models/{model} for api version v1")
        return web.json_response(catalogue.describe(model))

    @web.middleware
    async def _google_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return self._refuse(request, error.reply)
        except web.HTTPRequestEntityTooLarge:
            limit = validation.MAX_BODY_BYTES
            message = f"Request payload size exceeds the limit: {limit} bytes."
            return self._refuse(request, ErrorReply(400, message=message))
        except web.HTTPException as error:
            message = f"The requested URL {request.path} was not found on this server."
            return self._refuse(request, ErrorReply(error.status, message=message))

    def _refuse(self, request: web.Request, reply: ErrorReply) -> web.Response:
        keys = trace_key(request.headers.get("traceparent"))
        body = reply.as_json()
        self._journal.record(
            "gemini", "refused", keys, status=reply.code, message=body["error"]["message"]
        )
        return web.json_response(body, status=reply.code, headers=reply.headers())
