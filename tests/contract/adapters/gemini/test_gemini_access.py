"""At which addresses Gemini is asked, and as whom. A local server issues the tokens of a service
account, as Google's does.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import GeminiClient, gemini_client
from processor_service.gemini.files import GeminiFiles
from processor_service.gemini.model import GeminiModel
from processor_service.ports.model import MediaFile, Prompt
from shared.errors import MechachangError, ModelRejected, ModelUnavailable
from simulators.gemini import GeminiSimulator

MODEL = "gemini-3.8-flash"
NOWHERE = "http://127.0.0.1:9/token"


@dataclass
class TokenServer:
    """oauth2.googleapis.com/token: each request gets the next token."""

    lifetime_s: int = 3600
    issued: list[str] = field(default_factory=list)

    async def issue(self, request: web.Request) -> web.Response:
        assert (await request.post())["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        self.issued.append(f"token-{len(self.issued) + 1}")
        return web.json_response(
            {"access_token": self.issued[-1], "expires_in": self.lifetime_s, "token_type": "Bearer"}
        )


@pytest.fixture(scope="module")
def private_key() -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@pytest.fixture
def as_account(
    private_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Make a service account, whose tokens come from an address, this machine's credentials."""

    def become(token_uri: str) -> None:
        account = {
            "type": "service_account",
            "client_email": "processor@project.example",
            "private_key": private_key,
            "token_uri": token_uri,
        }
        path = tmp_path / "account.json"
        path.write_text(json.dumps(account))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))

    return become


@asynccontextmanager
async def issuing(server: TokenServer) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/token", server.issue)
    async with TestServer(app) as running:
        yield str(running.make_url("/token"))


@asynccontextmanager
async def vertex(base_url: str) -> AsyncIterator[GeminiModel]:
    access = GeminiAccess(vertex_project="p", vertex_location="eu", base_url=base_url + "/")
    async with gemini_client(access, idle_timeout_s=5) as client:
        yield GeminiModel(client)


async def asked(model: GeminiModel) -> None:
    async with aclosing(model.stream(Prompt("s", "q"), MODEL)) as pieces:
        assert [piece async for piece in pieces][-1].finished


@dataclass
class Nowhere:
    """Notes where requests go, and lets none through."""

    asked: list[str] = field(default_factory=list)

    async def refuse(
        self, request: aiohttp.ClientRequest, _send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        self.asked.append(str(request.url))
        raise aiohttp.ClientConnectionError

    @asynccontextmanager
    async def client(self, access: GeminiAccess) -> AsyncIterator[GeminiClient]:
        async with aiohttp.ClientSession(middlewares=(self.refuse,)) as session:
            client = GeminiClient(access, session)
            yield client
            await client.close()


@pytest.fixture
async def token(as_account: Callable[[str], None]) -> AsyncIterator[None]:
    """Tokens are to be had."""
    async with issuing(TokenServer()) as token_uri:
        as_account(token_uri)
        yield


GOOGLE = "https://generativelanguage.googleapis.com"


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    ("access", "model", "server", "path"),
    [
        (GeminiAccess("key"), "m", GOOGLE, "/v1/models/m"),
        (
            GeminiAccess("key", base_url="http://127.0.0.1:8080/", api_version="v1beta"),
            "m",
            "http://127.0.0.1:8080",
            "/v1beta/models/m",
        ),
        (GeminiAccess("key"), "tunedModels/x", GOOGLE, "/v1/tunedModels/x"),
        (
            GeminiAccess(vertex_project="p"),
            "m",
            "https://aiplatform.googleapis.com",
            "/v1beta1/projects/p/locations/global/publishers/google/models/m",
        ),
        (
            GeminiAccess(vertex_project="p", vertex_location="asia-northeast1", api_version="v1"),
            "m",
            "https://asia-northeast1-aiplatform.googleapis.com",
            "/v1/projects/p/locations/asia-northeast1/publishers/google/models/m",
        ),
        (
            GeminiAccess(vertex_project="p", vertex_location="eu"),
            "m",
            "https://aiplatform.eu.rep.googleapis.com",
            "/v1beta1/projects/p/locations/eu/publishers/google/models/m",
        ),
        (
            GeminiAccess(vertex_project="p", vertex_location="us-central1"),
            "projects/q/locations/us-central1/endpoints/1",
            "https://us-central1-aiplatform.googleapis.com",
            "/v1beta1/projects/q/locations/us-central1/endpoints/1",
        ),
        (
            GeminiAccess(vertex_project="p", base_url="http://127.0.0.1:8080"),
            "m",
            "http://127.0.0.1:8080",
            "/v1beta1/projects/p/locations/global/publishers/google/models/m",
        ),
    ],
)
async def test_a_model_answers_where_google_has_it(
    access: GeminiAccess, model: str, server: str, path: str
) -> None:
    nowhere = Nowhere()
    async with nowhere.client(access) as client:
        with pytest.raises(MechachangError):
            await anext(GeminiModel(client).stream(Prompt("s", "q"), model))
    assert nowhere.asked == [f"{server}{path}:streamGenerateContent?alt=sse"]


@pytest.mark.usefixtures("token")
async def test_a_description_of_vertexs_models_belongs_to_no_project() -> None:
    nowhere = Nowhere()
    for access in (GeminiAccess("key"), GeminiAccess(vertex_project="p")):
        async with nowhere.client(access) as client:
            with pytest.raises(MechachangError):
                await GeminiModel(client).check("m")
    assert nowhere.asked == [
        f"{GOOGLE}/v1/models/m",
        "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/m",
    ]


async def test_files_are_uploaded_and_found_under_the_same_version() -> None:
    nowhere = Nowhere()
    async with nowhere.client(GeminiAccess("key")) as client:
        files = GeminiFiles(client)
        with pytest.raises(MechachangError):
            await files.upload(MediaFile("image/png", b"x"))
        await files.forget(MediaFile("image/png", upload="files/abc"))
    assert nowhere.asked == [f"{GOOGLE}/upload/v1/files", f"{GOOGLE}/v1/files/abc"]


async def test_one_token_serves_many_questions(
    base_url: str, simulator: GeminiSimulator, as_account: Callable[[str], None]
) -> None:
    server = TokenServer()
    async with issuing(server) as token_uri, vertex(base_url) as model:
        as_account(token_uri)
        await asyncio.gather(*(asked(model) for _ in range(5)))
    assert server.issued == ["token-1"]
    for received in simulator.requests:
        assert received.headers["Authorization"] == "Bearer token-1"
        assert "x-goog-api-key" not in received.headers
        assert "x-goog-user-project" not in received.headers


async def test_a_token_that_expires_is_renewed(
    base_url: str, simulator: GeminiSimulator, as_account: Callable[[str], None]
) -> None:
    server = TokenServer(lifetime_s=1)
    async with issuing(server) as token_uri, vertex(base_url) as model:
        as_account(token_uri)
        for _ in range(2):
            await asked(model)
    sent = [received.headers["Authorization"] for received in simulator.requests]
    assert sent == ["Bearer token-1", "Bearer token-2"]


async def test_the_project_that_pays_is_named(
    base_url: str,
    simulator: GeminiSimulator,
    as_account: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "payer")
    async with issuing(TokenServer()) as token_uri, vertex(base_url) as model:
        as_account(token_uri)
        await asked(model)
    assert simulator.requests[0].headers["x-goog-user-project"] == "payer"


async def test_missing_credentials_are_told_from_a_server_that_is_away(
    base_url: str,
    tmp_path: Path,
    as_account: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    async with vertex(base_url) as model:
        with pytest.raises(ModelRejected) as denied:
            await asked(model)
    assert denied.value.reason == "model_denied"
    as_account(NOWHERE)
    async with vertex(base_url) as model:
        with pytest.raises(ModelUnavailable):
            await asked(model)
