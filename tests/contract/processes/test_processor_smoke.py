"""What is asked of a new revision before it gets any traffic, asked of a real processor process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from processor_service.smoke import check_processor, main
from simulators.faults import Fault, FaultPlan
from simulators.gemini import GeminiSimulator
from simulators.journal import Journal
from simulators.processes.tcp_ports import free_port
from simulators.pubsub.delivery.oidc import TokenIssuer
from tests.support.workbenches.service_process import service_process
from tests.support.workbenches.slack import workbench

AUDIENCE = "mechachang-processor"
ACCOUNT = "mechachang-push@local.iam.gserviceaccount.com"
START_WITHIN_S = 60.0


@pytest.fixture
async def issuer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TokenIssuer]:
    """Who signs in Google's name, with a metadata server that hands out the account's tokens."""
    issuer = TokenIssuer()

    async def identity(request: web.Request) -> web.Response:
        if request.headers.get("Metadata-Flavor") != "Google":
            raise web.HTTPForbidden
        return web.Response(text=issuer.token(ACCOUNT, request.query["audience"]))

    app = web.Application()
    app.router.add_get("/computeMetadata/v1/instance/service-accounts/default/identity", identity)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{runner.addresses[0][1]}")
    yield issuer
    await runner.cleanup()


@asynccontextmanager
async def processor(
    issuer: TokenIssuer, folder: Path, redis_url: str, faults: FaultPlan | None = None
) -> AsyncIterator[str]:
    """A candidate as Cloud Run runs it: pushes must be authenticated; gives its URL."""
    port = free_port()
    gemini = GeminiSimulator(journal=Journal(), faults=faults or FaultPlan())
    async with (
        workbench() as bench,
        gemini.serve() as model,
        issuer.serve_certs("127.0.0.1") as certs_url,
        service_process(
            "processor_service",
            folder,
            SLACK_BOT_TOKEN=bench.slack.config.bot_token,
            SLACK_API_URL=bench.running.api_url,
            GEMINI_API_KEY="local",
            GOOGLE_GEMINI_BASE_URL=model.base_url,
            REDIS_URL=redis_url,
            PUBSUB_PUSH_AUDIENCE=AUDIENCE,
            PUBSUB_PUSH_SERVICE_ACCOUNT=ACCOUNT,
            PUBSUB_PUSH_CERTS_URL=certs_url,
            PORT=str(port),
        ),
    ):
        url = f"http://127.0.0.1:{port}"
        await _until_alive(url)
        yield url


async def _until_alive(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(START_WITHIN_S):
        while True:
            try:
                async with session.get(f"{url}/healthz"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def test_a_processor_that_reaches_everything_passes(
    issuer: TokenIssuer, tmp_path: Path, fake_server_url: str
) -> None:
    async with processor(issuer, tmp_path, fake_server_url) as url:
        assert await check_processor(url, AUDIENCE, give_up_after_s=0) == []


async def test_one_that_cannot_reach_redis_or_was_told_another_audience_does_not(
    issuer: TokenIssuer, tmp_path: Path
) -> None:
    async with processor(issuer, tmp_path, f"redis://127.0.0.1:{free_port()}/0") as url:
        faults = await check_processor(url, "somebody-else", give_up_after_s=0)
    assert faults == [
        "redis is unavailable (redis_lost)",
        "a push with our token got 403 instead of 400",
    ]


async def test_a_hotfix_passes_while_redis_and_the_models_are_away_and_only_if_it_takes_pushes(
    issuer: TokenIssuer, tmp_path: Path
) -> None:
    faults = FaultPlan()
    denied = Fault("error", detail={"google": "permission"})
    faults.add("gemini", "streamGenerateContent", denied, times=9)
    no_redis = f"redis://127.0.0.1:{free_port()}/0"
    async with processor(issuer, tmp_path, no_redis, faults) as url:
        assert await check_processor(url, AUDIENCE, give_up_after_s=0) == [
            "redis is unavailable (redis_lost)"
        ]
        assert await check_processor(url, AUDIENCE, give_up_after_s=0, startable=True) == []
        assert await asyncio.to_thread(main, [url, AUDIENCE, "--startable"]) == 0
        found = await check_processor(url, "somebody-else", give_up_after_s=0, startable=True)
    assert found == ["a push with our token got 403 instead of 400"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("region", "model_misconfigured"),
        ("unknown name", "model_misconfigured"),
        ("permission", "model_denied"),
    ],
)
async def test_one_whose_models_are_described_to_it_but_do_not_answer_does_not(
    issuer: TokenIssuer, tmp_path: Path, fake_server_url: str, error: str, reason: str
) -> None:
    faults = FaultPlan()
    faults.add("gemini", "streamGenerateContent", Fault("error", detail={"google": error}), times=9)
    async with processor(issuer, tmp_path, fake_server_url, faults) as url:
        found = await check_processor(url, AUDIENCE, give_up_after_s=0)
    models = ("gemini-3.8-flash", "gemini-3.5-flash-lite")
    assert found == [f"{name} does not answer: {reason}" for name in models]


async def test_strangers_ask_no_model(
    issuer: TokenIssuer, tmp_path: Path, fake_server_url: str
) -> None:
    async with (
        processor(issuer, tmp_path, fake_server_url) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/smoke") as response,
    ):
        assert response.status == 401


async def test_one_that_is_not_there_does_not(issuer: TokenIssuer) -> None:
    (fault,) = await check_processor(f"http://127.0.0.1:{free_port()}", AUDIENCE, give_up_after_s=0)
    assert "could not be asked" in fault


def test_it_wants_an_address_and_an_audience(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["https://only.example"]) == 2
    assert "URL AUDIENCE" in capsys.readouterr().err
