"""google-genai, by which the simulated Gemini and our own requests are judged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from google import genai
from google.genai import types


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
