"""Lists in pages, as every List method of Google's APIs returns them."""

from collections.abc import Sequence
from typing import TypeVar

from simulators.pubsub.errors import invalid
from simulators.pubsub.wire import Proto

MAX_PAGE_SIZE = 1000

Item = TypeVar("Item")


def page_of(items: Sequence[Item], request: Proto) -> tuple[Sequence[Item], str]:
    """The page that ``page_size`` and ``page_token`` ask for, and the token of the next one."""
    if request.page_size < 0:
        raise invalid(f"page_size must not be negative, got {request.page_size}.")
    token = request.page_token or "0"
    if not token.isdecimal():
        raise invalid(f"Invalid page token given (page_token={token}).")
    start = int(token)
    end = start + (min(request.page_size, MAX_PAGE_SIZE) or MAX_PAGE_SIZE)
    return items[start:end], str(end) if end < len(items) else ""
