"""``/api/<method>``: token, arguments, limits, effect and answer of every Web API call."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from simulators.faults import Fault, FaultPlan
from simulators.journal import Journal, trace_key
from simulators.slack.content.arguments import check_arguments, read_arguments
from simulators.slack.content.views import Views
from simulators.slack.errors import Refusal
from simulators.slack.faulting import lose_answer, suffer
from simulators.slack.state.model import JSON
from simulators.slack.state.workspace import Workspace
from simulators.slack.web_api.methods import METHODS, Call, Method
from simulators.slack.web_api.rate_limits import RateLimits


class RateLimited(Exception):
    """One call too many; ``retry_after_s`` goes into the header."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Come again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class WebApi:
    """The Web API of one app in one workspace."""

    def __init__(
        self, workspace: Workspace, views: Views, *, journal: Journal, faults: FaultPlan
    ) -> None:
        self._workspace = workspace
        self._views = views
        self._journal = journal
        self._faults = faults
        self.limits = RateLimits(workspace.config)
        self.base_url = ""
        self.open_socket_url: Callable[[], str] = str

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        started = time.perf_counter()
        name = request.match_info["method"]
        fault = self._faults.take("slack", name)
        arguments: dict[str, Any] = {}
        try:
            arguments = await read_arguments(request)
            response = await suffer(fault, request)
            body: JSON = {"ok": False, "error": f"fault_{fault.kind}"} if fault else {}
            if response is None:
                body, response = self._answer(name, request, arguments, fault)
        except Refusal as refusal:
            body = refusal.as_json()
            response = web.json_response(body)
        self._record(name, request, arguments, body, started, fault)
        if fault is not None and fault.kind == "drop_after":
            if fault.error:
                # docs.slack.dev, internal_error: "some aspect of the operation may have succeeded".
                return web.json_response({"ok": False, "error": fault.error})
            return await lose_answer(fault, request)
        return response

    def _answer(
        self,
        name: str,
        request: web.Request,
        arguments: dict[str, Any],
        fault: Fault | None,
    ) -> tuple[JSON, web.Response]:
        try:
            body = {"ok": True, **self._call(name, request, arguments)}
            for left_out in fault.detail.get("without", ()) if fault else ():
                body.pop(left_out, None)
        except Refusal as refusal:
            body = refusal.as_json()
        except RateLimited as limited:
            body = {"ok": False, "error": "ratelimited"}
            headers = {"Retry-After": str(limited.retry_after_s)}
            return body, web.json_response(body, status=429, headers=headers)
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._workspace.config.scopes))}
        return body, web.json_response(body, headers=headers)

    def _call(self, name: str, request: web.Request, arguments: dict[str, Any]) -> JSON:
        method = METHODS.get(name)
        if method is None:
            raise Refusal("unknown_method", req_method=name)
        self._authorize(method, request, arguments)
        channel = arguments.get("channel")
        retry_after_s = self.limits.admit(
            name, method.tier, channel if isinstance(channel, str) else None
        )
        if retry_after_s is not None:
            raise RateLimited(retry_after_s)
        strict = self._workspace.config.strict_arguments
        checked = check_arguments(arguments, method.arguments, strict=strict)
        call = Call(self._workspace, self._views, checked, self.base_url, self.open_socket_url)
        return method.handler(call)

    def _authorize(
        self, method: Method, request: web.Request, arguments: Mapping[str, Any]
    ) -> None:
        if method.caller is None:
            return
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        token = bearer.strip() if scheme.lower() == "bearer" else arguments.get("token")
        if not token:
            raise Refusal("not_authed")
        config = self._workspace.config
        kinds = {config.bot_token: "bot", config.app_token: "app"}
        if token not in kinds:
            raise Refusal("invalid_auth")
        if kinds[token] != method.caller:
            raise Refusal("not_allowed_token_type")
        if method.scopes and not config.scopes.intersection(method.scopes):
            raise Refusal(
                "missing_scope",
                needed=",".join(method.scopes),
                provided=",".join(sorted(config.scopes)),
            )

    def _record(
        self,
        name: str,
        request: web.Request,
        arguments: Mapping[str, Any],
        body: Mapping[str, Any],
        started: float,
        fault: Fault | None,
    ) -> None:
        keys = [*trace_key(request.headers.get("traceparent")), *task_key(arguments)]
        detail = {"method": name, "ok": body.get("ok", False), "error": body.get("error")}
        channel = body.get("channel") or arguments.get("channel") or arguments.get("channel_id")
        ts = body.get("ts") or arguments.get("ts")
        places = {"channel": channel, "ts": ts, "thread_ts": arguments.get("thread_ts")}
        detail |= {place: value for place, value in places.items() if isinstance(value, str)}
        detail |= said(arguments)
        if name == "assistant.threads.setStatus":
            detail["clears"] = not arguments.get("status")
        if name in {"chat.startStream", "chat.appendStream"} and _shows_no_words(arguments):
            detail["steps"] = True
        if fault is not None:
            detail["fault"] = fault.kind
        ms = (time.perf_counter() - started) * 1000
        self._journal.record("slack", "api", keys, ms=ms, **detail)


def _shows_no_words(arguments: Mapping[str, Any]) -> bool:
    """Whether a stream's call brings task cards alone."""
    chunks = arguments.get("chunks")
    kinds = {each.get("type") for each in chunks or () if isinstance(each, dict)}
    return bool(kinds) and kinds <= {"task_update", "plan_update"}


def said(arguments: Mapping[str, Any]) -> dict[str, str | int]:
    """What a call's metadata says the message is: of which task, in which role, which part."""
    metadata = arguments.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    if not isinstance(payload, dict):
        return {}
    named = {"task": "task_id", "role": "role", "part": "part", "parts": "parts"}
    found = {name: payload.get(field) for name, field in named.items()}
    return {name: value for name, value in found.items() if isinstance(value, str | int)}


def task_key(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The journal's key of the task named in a call's metadata, if any."""
    task_id = said(arguments).get("task")
    return (f"task:{task_id}",) if isinstance(task_id, str) else ()
