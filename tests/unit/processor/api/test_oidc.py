import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from processor_service.api.push_auth import (
    FRESH_FOR_S,
    GOOD_FOR_S,
    PAUSE_S,
    UNKNOWN_FOR_S,
    Certs,
    CertsUnavailable,
    OidcVerifier,
)
from processor_service.api.push_request import PushDenied
from tests.support.push_tokens import ACCOUNT, AUDIENCE, Signer


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))


class Clock:
    """A clock that only the test moves."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class CertsServer:
    reader: Certs

    def __init__(self) -> None:
        self.certs: dict[str, str] = {}
        self.reads = 0
        self.waiting = 0
        self.status = 200
        self.clock = Clock()
        self.held = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    async def handle(self, _request: web.Request) -> web.Response:
        self.reads += 1
        if not self._free.is_set():
            self.held.set()
        self.waiting += 1
        await self._free.wait()
        self.waiting -= 1
        return web.json_response(self.certs, status=self.status)

    async def settled(self) -> None:
        """Until nothing is being read."""
        async with asyncio.timeout(5):
            while self.reader._reading is not None:
                await asyncio.wait({self.reader._reading})


@pytest.fixture
async def server(signer: Signer) -> AsyncIterator[tuple[CertsServer, OidcVerifier]]:
    certs = CertsServer()
    certs.certs = {signer.key_id: signer.certificate}
    app = web.Application()
    app.router.add_get("/certs", certs.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/certs"
        certs.reader = Certs(session, url, certs.clock)
        yield certs, OidcVerifier(certs.reader, AUDIENCE, ACCOUNT)
        await certs.reader.close()
    await runner.cleanup()


async def test_our_subscriptions_token_is_accepted_and_certificates_are_read_once(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, verifier = server
    await asyncio.gather(*(verifier.verify(f"Bearer {signer.token()}") for _ in range(5)))
    assert certs.reads == 1


@pytest.mark.parametrize(
    ("claims", "reason", "status"),
    [
        ({"aud": "https://other.example"}, "audience_wrong", 403),
        ({"email": "other@project.example"}, "service_account_wrong", 403),
        ({"email_verified": False}, "service_account_wrong", 403),
        ({"iss": "https://issuer.example"}, "issuer_wrong", 401),
        ({"exp": 1, "iat": 0}, "token_invalid", 401),
    ],
)
async def test_a_token_that_is_not_our_subscriptions_is_denied(
    server: tuple[CertsServer, OidcVerifier],
    signer: Signer,
    claims: dict[str, Any],
    reason: str,
    status: int,
) -> None:
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {signer.token(**claims)}")
    assert (denied.value.reason, denied.value.status) == (reason, status)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Basic abc", "token_missing"),
        ("Bearer ", "token_missing"),
        ("Bearer nonsense", "token_invalid"),
        ("Bearer a.b.c", "token_invalid"),
    ],
)
async def test_a_push_without_a_token_is_denied(
    server: tuple[CertsServer, OidcVerifier], header: str | None, reason: str
) -> None:
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(header)
    assert (denied.value.reason, denied.value.status) == (reason, 401)


async def test_a_token_signed_with_another_key_is_denied(
    server: tuple[CertsServer, OidcVerifier],
) -> None:
    stranger = Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {stranger.token()}")
    assert denied.value.status == 401
    stranger.key_id = "key-9"
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {stranger.token()}")
    assert denied.value.reason == "signature_invalid"


async def test_without_certificates_a_push_is_neither_trusted_nor_rejected(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    server[0].status = 500
    with pytest.raises(CertsUnavailable):
        await server[1].verify(f"Bearer {signer.token()}")
    server[0].status = 200
    await server[1].verify(f"Bearer {signer.token()}")


async def test_forged_key_ids_hold_no_genuine_push_back_while_certificates_are_slow(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, verifier = server
    genuine = f"Bearer {signer.token()}"
    await verifier.verify(genuine)
    certs.hold()
    certs.clock.now += PAUSE_S
    forged = [
        asyncio.create_task(verifier.verify(f"Bearer {Signer(signer.key, f'forged-{n}').token()}"))
        for n in range(20)
    ]
    await certs.held.wait()
    await verifier.verify(genuine)
    assert not any(task.done() for task in forged)
    certs.release()
    denied = await asyncio.gather(*forged, return_exceptions=True)
    assert {getattr(error, "reason", None) for error in denied} == {"signature_invalid"}
    assert certs.reads == 2


async def test_forged_key_ids_give_up_on_slow_certificates_long_before_their_read_does(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, verifier = server
    await verifier.verify(f"Bearer {signer.token()}")
    certs.hold()
    certs.clock.now += PAUSE_S
    certs.reader._wait_s = 0.01
    with pytest.raises(CertsUnavailable):
        await verifier.verify(f"Bearer {Signer(signer.key, 'forged').token()}")
    assert certs.waiting
    certs.release()


async def test_an_unknown_key_id_is_remembered_and_a_new_key_is_still_found(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, verifier = server
    forged, new = Signer(signer.key, "forged"), Signer(signer.key, "key-2")
    for _ in range(5):
        with pytest.raises(PushDenied):
            await verifier.verify(f"Bearer {forged.token()}")
        certs.clock.now += PAUSE_S
    assert certs.reads == 1
    certs.certs[new.key_id] = new.certificate
    await verifier.verify(f"Bearer {new.token()}")
    assert certs.reads == 2
    certs.clock.now += UNKNOWN_FOR_S
    with pytest.raises(PushDenied):
        await verifier.verify(f"Bearer {forged.token()}")
    assert certs.reads == 3


async def test_ever_new_forged_key_ids_cause_no_read_each_and_use_no_memory_without_bound(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, _ = server
    for number in range(3_000):
        assert await certs.reader.of_key(f"forged-{number}") is None
    assert certs.reads == 1
    assert len(certs.reader._unknown) == 1_000
    assert await certs.reader.of_key(signer.key_id) == signer.certificate


async def test_known_keys_stay_good_for_a_bounded_time_when_certificates_cannot_be_read_again(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, _ = server
    assert await certs.reader.of_key(signer.key_id) == signer.certificate
    certs.status = 500
    certs.clock.now += FRESH_FOR_S + 1
    for _ in range(10):
        assert await certs.reader.of_key(signer.key_id) == signer.certificate
        await certs.settled()
    assert certs.reads == 2
    certs.clock.now += GOOD_FOR_S - FRESH_FOR_S
    with pytest.raises(CertsUnavailable):
        await certs.reader.of_key(signer.key_id)


async def test_certificates_an_hour_old_are_read_again_behind_the_push(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, _ = server
    await certs.reader.of_key(signer.key_id)
    certs.certs = {"key-2": "new"}
    certs.clock.now += FRESH_FOR_S + 1
    assert await certs.reader.of_key(signer.key_id) == signer.certificate
    await certs.settled()
    assert await certs.reader.of_key("key-2") == "new"
    assert await certs.reader.of_key(signer.key_id) is None


async def test_many_pushes_that_wait_for_certificates_share_one_read_and_its_failure(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, verifier = server
    certs.status = 500
    certs.hold()
    pushes = [asyncio.create_task(verifier.verify(f"Bearer {signer.token()}")) for _ in range(20)]
    await certs.held.wait()
    certs.release()
    outcomes = await asyncio.gather(*pushes, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {CertsUnavailable}
    assert certs.reads == 1


@pytest.mark.parametrize("body", [[], {}, "certificates", None])
async def test_what_is_no_certificates_by_their_key_is_not_trusted(
    server: tuple[CertsServer, OidcVerifier], signer: Signer, body: Any
) -> None:
    server[0].certs = body
    with pytest.raises(CertsUnavailable):
        await server[1].verify(f"Bearer {signer.token()}")


def segment(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"kid":['])
@pytest.mark.parametrize("depth", [900, 1_200, 5_000, 100_000])
@pytest.mark.parametrize("place", ["header", "claims"])
async def test_a_json_bomb_in_a_token_is_denied(
    server: tuple[CertsServer, OidcVerifier], opening: str, depth: int, place: str
) -> None:
    bomb = segment(opening * depth)
    plain, signature = segment("{}"), segment("signature")
    token = ".".join([bomb, plain, signature] if place == "header" else [plain, bomb, signature])
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {token}")
    assert denied.value.status == 401
    assert server[0].reads == 0


@pytest.mark.parametrize(
    "header",
    [
        '{"kid": "key-1", "alg": ["RS256"]}',
        '{"kid": "key-1", "alg": "none"}',
        '{"kid": "key-1", "alg": "ES256"}',
        '{"kid": ["key-1"], "alg": "RS256"}',
        '{"kid": {"a": 1}, "alg": "RS256"}',
        '{"kid": 1e999, "alg": "RS256"}',
        f'{{"kid": {"9" * 5_000}, "alg": "RS256"}}',
        "[]",
        "NaN",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
async def test_an_odd_token_header_is_denied_and_is_not_quoted_in_the_log(
    server: tuple[CertsServer, OidcVerifier], header: str
) -> None:
    token = f"{segment(header)}.{segment('{}')}.{segment('signature')}"
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {token}")
    assert denied.value.status == 401
    assert segment(header) not in str(denied.value)
    assert header not in str(denied.value)
