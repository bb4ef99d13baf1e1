"""Slack's signatures of requests (docs.slack.dev, verifying requests from Slack)."""

import re
from typing import Final

from aiohttp import web
from slack_sdk.signature import SignatureVerifier

_TIMESTAMP: Final = "X-Slack-Request-Timestamp"
_SIGNATURE: Final = "X-Slack-Signature"
# The SDK takes both as they come: int() raises on most texts, compare_digest on non-ASCII ones.
_SHAPES: Final = {
    _TIMESTAMP: re.compile(r"[0-9]{1,12}"),
    _SIGNATURE: re.compile(r"v0=[0-9a-f]{64}"),
}


class Signatures:
    """Verifies Slack's signatures by the app's signing secret."""

    def __init__(self, secret: str) -> None:
        self._verifier = SignatureVerifier(secret)

    def look_right(self, request: web.Request) -> bool:
        """Whether both headers are there, once, in Slack's form: known before the body is."""
        return all(
            len(request.headers.getall(name, ())) == 1
            and shape.fullmatch(request.headers[name]) is not None
            for name, shape in _SHAPES.items()
        )

    def valid(self, request: web.Request, body: str) -> bool:
        """Whether Slack signed ``body`` in the last five minutes; the headers must look right."""
        headers = request.headers
        return self._verifier.is_valid(body, headers[_TIMESTAMP], headers[_SIGNATURE])
