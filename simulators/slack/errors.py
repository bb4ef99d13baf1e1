"""What the Web API answers when it refuses."""

from typing import Any


class Refusal(Exception):
    """A call Slack answers with ``{"ok": false, "error": code}``.

    ``messages`` go to ``response_metadata.messages``; ``extra`` joins the top level.
    """

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages
        self.extra = extra

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body
