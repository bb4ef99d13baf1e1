"""google-genai, by which the simulated Gemini and our own requests are judged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from google import genai
from google.genai import types

MODEL = "gemini-3.8-flash"


@asynccontextmanager
async def sdk(base_url: str, **options: Any) -> AsyncIterator[genai.client.AsyncClient]:
    """google-genai over an aiohttp session of ours, without any retry of its own."""
    options = {"retry_options": types.HttpRetryOptions(attempts=1), **options}
    key = options.pop("api_key", "local")
    async with aiohttp.ClientSession() as session:
        http = types.HttpOptions(base_url=base_url, aiohttp_client=session, **options)
        client = genai.Client(api_key=key, http_options=http)
        try:
            yield client.aio
        finally:
            await client.aio.aclose()
            client.close()


async def read(
    client: genai.client.AsyncClient,
    prompt: str,
    into: list[types.GenerateContentResponse],
    **config: Any,
) -> None:
    """Put every piece into ``into`` as it comes, so that those before an error can be seen."""
    chunks = await client.models.generate_content_stream(
        model=MODEL, contents=prompt, config=types.GenerateContentConfig(**config)
    )
    async for chunk in chunks:
        into.append(chunk)  # noqa: PERF401 - extend() would show nothing after an error


async def stream(
    client: genai.client.AsyncClient, prompt: str, **config: Any
) -> list[types.GenerateContentResponse]:
    chunks: list[types.GenerateContentResponse] = []
    await read(client, prompt, chunks, **config)
    return chunks
