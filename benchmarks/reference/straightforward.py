"""A processor's imports as one would write them at first: every library whole, at the top.

It serves ``/readyz`` as soon as it can; how long that takes is what the cold start is held against.
google-genai is among them, as it is in every service that somebody writes for Gemini; ours imports
it behind a service that listens (decision 31).
"""

import os

import aiohttp
import google.auth.transport.requests
import google.oauth2.id_token
import httptools
import markdown_it
import opentelemetry.sdk.trace
import pydantic_settings
import redis.asyncio
import slack_sdk.web.async_client
import structlog
import tenacity
import uvicorn
import uvloop
from fastapi import FastAPI
from google import genai

LIBRARIES = (
    aiohttp,
    genai,
    google.auth.transport.requests,
    google.oauth2.id_token,
    httptools,
    markdown_it,
    opentelemetry.sdk.trace,
    pydantic_settings,
    redis.asyncio,
    slack_sdk.web.async_client,
    structlog,
    tenacity,
    uvloop,
)

app = FastAPI()


@app.get("/readyz")
def ready() -> dict[str, int]:
    """It is ready once everything is imported."""
    return {"libraries": len(LIBRARIES)}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
