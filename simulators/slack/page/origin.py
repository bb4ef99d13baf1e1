"""Who may use the page's API: only the page itself."""

from aiohttp import web
from yarl import URL


def check_origin(request: web.Request) -> None:
    """Other sites open in the same browser must not act here: what they ask may cost tokens."""
    origin = request.headers.get("Origin")
    if origin is not None and URL(origin).authority != request.host:
        raise web.HTTPForbidden(text="This page may only be used from its own address.")
