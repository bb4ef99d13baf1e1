"""Every form of a wrong token, at the verifier and at the routes: 401 or 403, and no work."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from processor_service.api.dependencies import Dependencies
from processor_service.api.push_auth import Certs, OidcVerifier
from processor_service.api.push_request import PushDenied
from processor_service.app import create_app
from tests.support.fakes.processor.world import World
from tests.support.push_tokens import ACCOUNT, AUDIENCE, Signer
from tests.support.tasks import a_task

SIGNER = Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))
STRANGER = Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))
LATER = int(time.time()) + 7_200


class GoogleCerts(Certs):
    """Google's certificates without a network: ours is the only one."""

    async def of_key(self, key_id: str) -> str | None:
        return SIGNER.certificate if key_id == SIGNER.key_id else None


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def headed(header: object, signature: str = "") -> str:
    """The genuine claims below another header, with a signature of the caller's."""
    claims = SIGNER.token().split(".")[1]
    return f"Bearer {b64(json.dumps(header).encode())}.{claims}.{signature}"


def hs256(secret: bytes) -> str:
    header, claims, _ = headed({"alg": "HS256", "kid": SIGNER.key_id}).split(".")
    section = f"{header.removeprefix('Bearer ')}.{claims}"
    return f"Bearer {section}.{b64(hmac.digest(secret, section.encode(), hashlib.sha256))}"


def signed_as(signer: Signer, **changes: object) -> str:
    return f"Bearer {signer.token(**changes)}"


def without(*names: str) -> str:
    payload = SIGNER.token().split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return f"Bearer {SIGNER.signed({k: v for k, v in claims.items() if k not in names})}"


def spliced() -> str:
    """The signature of one token of ours below the claims of another."""
    genuine, other = SIGNER.token(), SIGNER.token(email="other@project.example", sub="2")
    return f"Bearer {'.'.join([*other.split('.')[:2], genuine.split('.')[2]])}"


GENUINE = SIGNER.token()
HEAD, CLAIMS, SIGNATURE = GENUINE.split(".")

FORMS: dict[str, str | None] = {
    "no header": None,
    "an empty header": "",
    "a scheme alone": "Bearer",
    "a scheme and blanks": "Bearer    ",
    "a token alone": GENUINE,
    "another scheme": f"Basic {GENUINE}",
    "a scheme of more letters": f"Bearers {GENUINE}",
    "a tab behind the scheme": f"Bearer\t{GENUINE}",
    "a no-break space behind the scheme": f"Bearer\xa0{GENUINE}",
    "the scheme twice": f"Bearer Bearer {GENUINE}",
    "quotes": f'Bearer "{GENUINE}"',
    "two tokens": f"Bearer {GENUINE} {GENUINE}",
    "two tokens with a comma": f"Bearer {GENUINE}, Bearer {GENUINE}",
    "alg none without a signature": headed({"alg": "none", "kid": SIGNER.key_id}),
    "alg None": headed({"alg": "None", "kid": SIGNER.key_id}, SIGNATURE),
    "alg missing": headed({"kid": SIGNER.key_id}, SIGNATURE),
    "alg null": headed({"alg": None, "kid": SIGNER.key_id}, SIGNATURE),
    "alg of another letter case": headed({"alg": "rs256", "kid": SIGNER.key_id}, SIGNATURE),
    "alg of another family": headed({"alg": "ES256", "kid": SIGNER.key_id}, b64(b"s" * 64)),
    "HS256 with the certificate as secret": hs256(SIGNER.certificate.encode()),
    "HS256 without a secret": hs256(b""),
    "no key id": headed({"alg": "RS256"}, SIGNATURE),
    "a key id that is a number": headed({"alg": "RS256", "kid": 1}, SIGNATURE),
    "a key id that is a list": headed({"alg": "RS256", "kid": [SIGNER.key_id]}, SIGNATURE),
    "a key id that is a path": headed({"alg": "RS256", "kid": "../../dev/null"}, SIGNATURE),
    "a key id of a NUL": headed({"alg": "RS256", "kid": "\0"}, SIGNATURE),
    "an address of keys in the header": headed(
        {"alg": "RS256", "kid": "theirs", "jku": "https://evil.example/k", "x5u": "https://e"},
        SIGNATURE,
    ),
    "a header that is a text": headed("RS256", SIGNATURE),
    "no signature": f"Bearer {HEAD}.{CLAIMS}",
    "an empty signature": f"Bearer {HEAD}.{CLAIMS}.",
    "a signature cut short": f"Bearer {GENUINE[:-8]}",
    "a signature of zeros": f"Bearer {HEAD}.{CLAIMS}.{b64(bytes(256))}",
    "a signature of other claims": spliced(),
    "a signature of another key": signed_as(STRANGER),
    "a fourth segment": f"Bearer {GENUINE}.{SIGNATURE}",
    "five segments, as if encrypted": f"Bearer {HEAD}.{CLAIMS}.{SIGNATURE}.{CLAIMS}.{SIGNATURE}",
    "dots": "Bearer ..",
    "the header cut short": f"Bearer {HEAD[:-3]}.{CLAIMS}.{SIGNATURE}",
    "the claims cut short": f"Bearer {HEAD}.{CLAIMS[:-3]}.{SIGNATURE}",
    "letters of Latin-1": f"Bearer {HEAD}.{CLAIMS}.é{SIGNATURE[1:]}",
    "bytes that are no UTF-8": f"Bearer {b64(bytes([0xFF, 0xFE]))}.{CLAIMS}.{SIGNATURE}",
    "a token that is huge": f"Bearer {GENUINE}{'A' * 9_000}",
    "claims that are a list": f"Bearer {SIGNER.signed(['iat', 'exp'])}",
    "claims that are null": f"Bearer {SIGNER.signed(None)}",
    "no claims": f"Bearer {SIGNER.signed({})}",
    "exp missing": without("exp"),
    "exp in the past": signed_as(SIGNER, iat=1, exp=2),
    "exp that is a text": signed_as(SIGNER, exp="tomorrow"),
    "exp null": signed_as(SIGNER, exp=None),
    "exp not a number": signed_as(SIGNER, exp=float("nan")),
    "iat missing": without("iat"),
    "iat in the future": signed_as(SIGNER, iat=LATER, exp=LATER + 3_600),
    "iat that is a list": signed_as(SIGNER, iat=[1]),
    "nbf in the future": signed_as(SIGNER, nbf=LATER),
    "nbf that is a text": signed_as(SIGNER, nbf="now"),
    "iss missing": without("iss"),
    "iss of somebody else": signed_as(SIGNER, iss="https://accounts.google.com.evil.example"),
    "iss that is a list": signed_as(SIGNER, iss=["https://accounts.google.com"]),
    "aud missing": without("aud"),
    "aud null": signed_as(SIGNER, aud=None),
    "aud of another service": signed_as(SIGNER, aud="https://other.example"),
    "aud that is a list with ours in it": signed_as(SIGNER, aud=[AUDIENCE]),
    "aud with a slash more": signed_as(SIGNER, aud=f"{AUDIENCE}/"),
    "aud in capitals": signed_as(SIGNER, aud=AUDIENCE.upper()),
    "email missing": without("email"),
    "email of another account": signed_as(SIGNER, email="other@project.example"),
    "email that is a list with ours in it": signed_as(SIGNER, email=[ACCOUNT]),
    "email that begins like ours": signed_as(SIGNER, email=f"{ACCOUNT}.evil.example"),
    "email in capitals": signed_as(SIGNER, email=ACCOUNT.upper()),
    "email not verified": signed_as(SIGNER, email_verified=False),
    "email verified as a text": signed_as(SIGNER, email_verified="true"),
    "email verified as a number": signed_as(SIGNER, email_verified=1),
    "email verified missing": without("email_verified"),
}

PUSHED = json.dumps(
    {
        "subscription": "projects/p/subscriptions/s",
        "message": {
            "data": base64.b64encode(a_task().encode()).decode(),
            "messageId": "m1",
            "attributes": {},
        },
    }
).encode()

wrong = pytest.mark.parametrize("header", FORMS.values(), ids=FORMS)


@pytest.fixture
async def verifier() -> AsyncIterator[OidcVerifier]:
    async with aiohttp.ClientSession() as session:
        yield OidcVerifier(GoogleCerts(session, "http://127.0.0.1:9"), AUDIENCE, ACCOUNT)


@wrong
async def test_a_wrong_token_is_denied(verifier: OidcVerifier, header: str | None) -> None:
    with pytest.raises(PushDenied) as denied:
        await verifier.verify(header)
    assert denied.value.status in {401, 403}
    assert not header or header not in str(denied.value)


@pytest.fixture(scope="module")
def world_and_http() -> Iterator[tuple[World, TestClient]]:
    world = World()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Dependencies]:
        async with aiohttp.ClientSession() as session:
            certs = GoogleCerts(session, "http://127.0.0.1:9")
            yield world.dependencies(OidcVerifier(certs, AUDIENCE, ACCOUNT))

    # What nobody caught becomes a 500, as with uvicorn, and not the test's own error.
    with TestClient(create_app(opened), raise_server_exceptions=False) as http:
        yield world, http


@wrong
def test_a_push_with_a_wrong_token_is_denied_on_each_route_and_causes_no_work(
    world_and_http: tuple[World, TestClient], header: str | None
) -> None:
    world, http = world_and_http
    before = len(world.model.asked), len(world.conversation.messages)
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    with capture_logs() as logs:
        for path in ("/pubsub/push", "/pubsub/dead-letter", "/smoke"):
            answer = http.post(path, content=PUSHED, headers=headers)
            assert answer.status_code in {401, 403}
            assert answer.content == b""
    assert {line["action"] for line in logs} == {"push_rejected"}
    assert GENUINE not in str(logs)
    assert "Traceback" not in str(logs)
    assert (len(world.model.asked), len(world.conversation.messages)) == before


@pytest.mark.parametrize("header", [f"Bearer {GENUINE}", f"bearer {GENUINE}", f"BEARER {GENUINE}"])
async def test_the_schemes_letter_case_makes_no_genuine_token_wrong(
    verifier: OidcVerifier, header: str
) -> None:
    await verifier.verify(header)
