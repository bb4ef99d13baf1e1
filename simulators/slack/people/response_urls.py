"""Response URLs, and the same messages given along with an ack.

Rules: docs.slack.dev/interactivity/handling-user-interaction (five uses within 30 minutes).
Refusals are plain text.
"""

import json
import time
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from aiohttp import web

from simulators.faults import FaultPlan
from simulators.journal import Journal, trace_key
from simulators.slack.content.arguments import Arg, check_arguments
from simulators.slack.content.message import CONTENT_ARGUMENTS, read_content
from simulators.slack.errors import Refusal
from simulators.slack.faulting import lose_answer, suffer
from simulators.slack.state.model import Message
from simulators.slack.state.timestamps import is_ts
from simulators.slack.state.workspace import Workspace

_ARGUMENTS = {
    **CONTENT_ARGUMENTS,
    "response_type": Arg(),
    "replace_original": Arg("boolean"),
    "delete_original": Arg("boolean"),
    "unfurl_links": Arg("boolean"),
    "unfurl_media": Arg("boolean"),
    "mrkdwn": Arg("boolean"),
    "thread_ts": Arg(),
}


@dataclass
class Grant:
    """Leave to answer an interaction. ``original`` is the message it came from, if any."""

    url: str
    user: str
    channel: str
    expires_at: float
    original: Message | None = None
    uses: int = 0


class ResponseUrls:
    """Every response URL handed out."""

    def __init__(self, workspace: Workspace, *, journal: Journal, faults: FaultPlan) -> None:
        self._workspace = workspace
        self._journal = journal
        self._faults = faults
        self._grants: dict[str, Grant] = {}
        self.base_url = ""

    def grant(self, kind: str, user: str, channel: str, original: Message | None = None) -> Grant:
        """A new URL; ``kind`` is ``commands`` or ``actions``."""
        workspace = self._workspace
        now = workspace.now()
        path = f"{kind}/{workspace.team_id}/{workspace.ids.pick(10**13)}/{workspace.ids.secret()}"
        lifetime_s = workspace.config.response_url_lifetime_s
        url = f"{self.base_url}/response/{path}"
        grant = Grant(url, user, channel, now + lifetime_s, original)
        self._grants[path] = grant
        return grant

    def forget_expired(self) -> None:
        """Drop what expired long ago, so that memory stays bounded."""
        long_ago = self._workspace.now() - self._workspace.config.response_url_lifetime_s
        # The oldest are the first: what is kept is not looked at.
        gone = takewhile(lambda each: each[1].expires_at <= long_ago, self._grants.items())
        for path, _ in list(gone):
            del self._grants[path]

    async def handle(self, request: web.Request) -> web.Response:
        """Take one post to a response URL."""
        started = time.perf_counter()
        grant = self._grants.get(request.match_info["path"])
        fault = self._faults.take("slack", "response_url")
        response = await suffer(fault, request)
        if fault is not None and fault.kind == "error" and fault.error:
            response = web.Response(status=fault.status, text=fault.error)
        if response is None:
            error = self._use(grant, await request.text())
            status = 200 if error is None else 404 if error.endswith("_url") else 400
            response = web.Response(status=status, text=error or "ok")
        keys = [*trace_key(request.headers.get("traceparent"))]
        if grant is not None:
            keys.append(f"response_url:{grant.url}")
        ok = response.status == 200
        ms = (time.perf_counter() - started) * 1000
        self._journal.record(
            "slack",
            "api",
            keys,
            ms=ms,
            method="response_url",
            ok=ok,
            error=None if ok else response.text,
        )
        if fault is not None and fault.kind == "drop_after":
            return await lose_answer(fault, request)
        return response

    def _use(self, grant: Grant | None, body: str) -> str | None:
        if grant is None:
            return "invalid_url"
        if grant.expires_at < self._workspace.now():
            return "expired_url"
        if grant.uses >= self._workspace.config.response_url_uses:
            return "used_url"
        try:
            payload = json.loads(body)
        except ValueError:
            return "invalid_payload"
        error = self.respond(grant, payload)
        if error is None:
            grant.uses += 1
        return error

    def respond(self, grant: Grant, payload: Any) -> str | None:
        """Do what a response says; returns the error, or None."""
        if not isinstance(payload, dict):
            return "invalid_payload"
        try:
            arguments = check_arguments(payload, _ARGUMENTS, strict=False)
            self._respond(grant, arguments)
        except Refusal as refusal:
            return refusal.code
        return None

    def _require_there(self, original: Message) -> None:
        """What was deleted meanwhile can't be changed any more; the error's name is assumed."""
        workspace = self._workspace
        if original.ephemeral_for is not None:
            there = original.ts in workspace.ephemerals
        else:
            there = workspace.message(original.channel, original.ts) is not None
        if not there or original.subtype == "tombstone":
            raise Refusal("message_not_found")

    def _respond(self, grant: Grant, arguments: dict[str, Any]) -> None:
        original = grant.original
        if arguments.get("delete_original"):
            if original is None:
                raise Refusal("no_original")
            self._require_there(original)
            self._workspace.delete(original)
            return
        content = read_content(arguments, lambda: self._workspace.ids.new("", 5))
        if original is not None and arguments.get("replace_original"):
            self._require_there(original)

            def change(message: Message) -> None:
                message.text, message.blocks = content.text, content.blocks
                message.attachments, message.stream = content.attachments, None

            self._workspace.edit(original, change)
            return
        thread_ts = arguments.get("thread_ts")
        if thread_ts is None and original is not None and original.is_reply:
            thread_ts = original.thread_ts
        if thread_ts is not None and not is_ts(thread_ts):
            raise Refusal("invalid_thread_ts")
        public = arguments.get("response_type") == "in_channel"
        message = Message(
            grant.channel,
            self._workspace.timestamps.next(),
            self._workspace.bot.id,
            content.text,
            thread_ts,
            content.blocks,
            content.attachments,
            content.metadata if public else None,
            bot_id=self._workspace.bot_id,
            ephemeral_for=None if public else grant.user,
            unfurls=bool(arguments.get("unfurl_links"))
            or arguments.get("unfurl_media") is not False,
        )
        self._workspace.post(message)
