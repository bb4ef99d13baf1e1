"""Redis over TLS with AUTH, as Memorystore offers it, with certificates made for the test."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from processor_service.redis_connection import redis_connection
from tests.redis_workbench import PATIENCE_S, tls_redis

pytestmark = pytest.mark.redis_server

PASSWORD = "as-random-as-it-gets"


def authority(folder: Path) -> tuple[Path, Path, Path]:
    """A new authority, and a key and certificate of its own for a server that is named nowhere.

    Memorystore's certificates name the instance's address only as the common name.
    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An instance's authority")])
    ca = certificate(ca_name, ca_key, ca_name, ca_key, ca=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "10.0.0.3")])
    server = certificate(name, key, ca_name, ca_key, ca=False)
    paths = folder / "ca.pem", folder / "server.key", folder / "server.pem"
    paths[0].write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[2].write_bytes(server.public_bytes(serialization.Encoding.PEM))
    return paths


def certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def memorystore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Where it is, as ``host:port``, and its authority."""
    folder = tmp_path_factory.mktemp("tls")
    ca_file, key_file, certificate_file = authority(folder)
    with tls_redis(folder, key_file, certificate_file, PASSWORD) as address:
        yield address, ca_file


async def test_the_server_s_own_authority_and_the_password_open_it(
    memorystore: tuple[str, Path],
) -> None:
    address, ca_file = memorystore
    url = f"rediss://:{PASSWORD}@{address}/0"
    async with redis_connection(url, PATIENCE_S, ca_file) as opened:
        await opened.run(opened.redis.set("key", "value"))
        assert await opened.run(opened.redis.get("key")) == "value"


async def test_a_server_of_another_authority_is_not_talked_to(
    memorystore: tuple[str, Path], tmp_path: Path
) -> None:
    address, _ = memorystore
    other_ca_file, _, _ = authority(tmp_path)
    url = f"rediss://:{PASSWORD}@{address}/0"
    async with redis_connection(url, PATIENCE_S, other_ca_file) as opened:
        assert not await opened.alive()


async def test_without_the_authority_nobody_is_trusted(memorystore: tuple[str, Path]) -> None:
    address, _ = memorystore
    async with redis_connection(f"rediss://:{PASSWORD}@{address}/0", PATIENCE_S) as opened:
        assert not await opened.alive()


async def test_a_wrong_password_opens_nothing(memorystore: tuple[str, Path]) -> None:
    address, ca_file = memorystore
    async with redis_connection(f"rediss://:guessed@{address}/0", PATIENCE_S, ca_file) as opened:
        assert not await opened.alive()
