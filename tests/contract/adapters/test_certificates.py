"""Which root certificates aiohttp reads at its import, and whom it trusts, over real TLS."""

import asyncio
import hashlib
import ssl
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from simulators.processes.environment import inherited, without_proxies
from tests.support.authority import Files, authority, named

END_WITHIN_S = 60.0
HERE = "127.0.0.1"
# In lower case and one word, so that it is its own canonical form.
NAME = "authority"
# Prints how many certificates were read at the import, and then what the server says.
ASKING = """
import asyncio, os, sys
before = dict(os.environ)
import processor_service.__main__
import aiohttp
assert dict(os.environ) == before
print(aiohttp.connector._SSL_CONTEXT_VERIFIED.cert_store_stats()["x509"])
async def ask():
    async with aiohttp.ClientSession() as session, session.get(sys.argv[1]) as response:
        print(await response.text())
asyncio.run(ask())
"""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return authority(tmp_path, name=NAME, address=HERE)


@pytest.fixture
async def url(files: Files) -> AsyncIterator[str]:
    """A server whose certificate the test's own authority signed."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="trusted")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server, files.server_key)
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, HERE, 0, ssl_context=context)
    await site.start()
    try:
        yield f"https://{HERE}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_certificates_that_lie_one_by_one_are_read_when_they_are_needed(
    url: str, files: Files, tmp_path: Path
) -> None:
    folder = singles(tmp_path, files)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(files.authority.read_bytes())

    assert await ask(url, bundle, folder) == ["0", "trusted"]


async def test_a_certificate_added_to_the_bundle_alone_is_trusted(
    url: str, files: Files, tmp_path: Path
) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "0a1b2c3d.0").write_bytes(another(tmp_path))
    bundle = folder / "bundle.pem"
    bundle.write_bytes(another(tmp_path) + files.authority.read_bytes())

    assert await ask(url, bundle, folder) == ["2", "trusted"]


async def test_a_bundle_of_its_own_is_read(url: str, files: Files, tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "0a1b2c3d.0").write_bytes(another(tmp_path))

    assert await ask(url, files.authority, folder) == ["1", "trusted"]


async def test_an_authority_that_lies_nowhere_is_not_trusted(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "0a1b2c3d.0").write_bytes(another(tmp_path))
    bundle = folder / "bundle.pem"
    bundle.write_bytes(another(tmp_path))

    assert await ask(url, bundle, folder) == ["0"]


def singles(tmp_path: Path, files: Files) -> Path:
    """A folder with the authority under the name by which OpenSSL finds it."""
    folder = tmp_path / "certs"
    folder.mkdir()
    # X509_NAME_hash: SHA-1 of the canonical name without its outermost header of two bytes, of
    # which the first four, the last of them first (openssl-x509(1), -subject_hash).
    digest = hashlib.sha1(named(NAME).public_bytes()[2:], usedforsecurity=False).digest()
    name = f"{int.from_bytes(digest[:4], 'little'):08x}.0"
    (folder / name).write_bytes(files.authority.read_bytes())
    return folder


def another(tmp_path: Path) -> bytes:
    """The certificate of an authority that signed nothing here."""
    folder = tmp_path / "another"
    folder.mkdir(exist_ok=True)
    return authority(folder, name="another").authority.read_bytes()


async def ask(url: str, bundle: Path, folder: Path) -> list[str]:
    """What a process prints whose certificates are in ``bundle`` and ``folder``."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ASKING, url),
        env={
            **without_proxies(inherited()),
            "SSL_CERT_FILE": str(bundle),
            "SSL_CERT_DIR": str(folder),
        },
        stdout=PIPE,
        stderr=PIPE,
    )
    async with asyncio.timeout(END_WITHIN_S):
        out, err = await process.communicate()
    assert process.returncode == 0 or b"CERTIFICATE_VERIFY_FAILED" in err, err.decode()
    return out.decode().split()
