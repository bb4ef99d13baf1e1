"""What is imported while the service takes pushes already: what only an answer needs.

It is a tenth of a cold start. Whoever needs it earlier imports it where it is needed, and waits for
what is left of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from shared import gc_tuning
from shared.background import Background

_CLOSED_WITHIN_S = 1.0


@asynccontextmanager
async def loading(*modules: str) -> AsyncIterator[None]:
    """Import ``modules`` beside the event loop, one after the other, from now on."""
    background = Background()
    background.start(_load(modules), "load-modules")
    try:
        yield
    finally:
        await background.close(_CLOSED_WITHIN_S)


async def _load(modules: tuple[str, ...]) -> None:
    gc_tuning.pause()
    try:
        for module in modules:
            await asyncio.to_thread(import_module, module)
    finally:
        gc_tuning.resume()
