"""Measures for a short cold start; each saves 0.02 to 0.1 s of it (decision 24). The import of this
module does nothing: ``__main__`` and the composition root call it.
"""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

from shared import gc_tuning
from shared.background import Background

_BY_HASH = re.compile(r"[0-9a-f]{8}\.\d+")
_BEGINNING = b"-----BEGIN CERTIFICATE-----"
_CLOSED_WITHIN_S = 1.0


def import_lean() -> None:
    """Import aiohttp and FastAPI without their unneeded parts, before any other import of them."""
    with _bundle_aside():
        import aiohttp
    with _models_unbuilt():
        import fastapi


@contextmanager
def _bundle_aside() -> Iterator[None]:
    """Skip the system's bundle of root certificates, some 140 of them.

    aiohttp makes its TLS context at its import. OpenSSL finds the few that are needed by itself if
    they are single files, named by their hash (openssl-rehash(1)), as Debian keeps them beside the
    bundle.
    """
    system = ssl.get_default_verify_paths()
    variable = system.openssl_cafile_env
    before = os.environ.get(variable)
    if _kept_singly(system.cafile, system.capath):
        os.environ[variable] = os.devnull
    try:
        yield
    finally:
        os.environ.pop(variable, None)
        if before is not None:
            os.environ[variable] = before


def _kept_singly(bundle: str | None, folder: str | None) -> bool:
    """Whether ``folder`` has the certificates of ``bundle`` as single files that OpenSSL finds.

    The bundle must be in it, and hold no more: an operator may have added a certificate to the
    bundle alone.
    """
    if bundle is None or folder is None:
        return False
    real = Path(bundle).resolve()
    if real.parent != Path(folder).resolve():
        return False
    singles = sum(1 for path in real.parent.iterdir() if _BY_HASH.fullmatch(path.name))
    return 0 < real.read_bytes().count(_BEGINNING) <= singles


@contextmanager
def _models_unbuilt() -> Iterator[None]:
    """Let FastAPI's models of OpenAPI build when ``make docs``, which alone needs them, asks for
    them. Models of ours are defined afterwards, and built at once.
    """
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True
    try:
        yield
    finally:
        del BaseModel.model_config["defer_build"]


@asynccontextmanager
async def meanwhile(*steps: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Run the steps beside the event loop, one after the other: the service takes pushes already.
    Code that needs an import earlier makes it itself, and waits for the rest of it.
    """
    background = Background()
    background.start(_take(steps), "import-the-rest")
    try:
        yield
    finally:
        await background.close(_CLOSED_WITHIN_S)


async def _take(steps: tuple[Callable[[], Awaitable[object]], ...]) -> None:
    gc_tuning.pause()
    try:
        for step in steps:
            await step()
    finally:
        gc_tuning.resume()


# The imports that only questions need: the use case, rendering, Markdown.
import_answering: Final = partial(
    asyncio.to_thread, import_module, "processor_service.answering.answer"
)
# Those that only reading a push's token needs.
import_token_reader: Final = partial(asyncio.to_thread, import_module, "google.auth.jwt")
