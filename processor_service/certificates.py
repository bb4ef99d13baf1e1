"""aiohttp, imported without reading the system's whole bundle of root certificates.

It makes its TLS context at its import, which reads each certificate of the bundle: 0.02 to 0.04 s
of every cold start for some 140 of them. OpenSSL finds the few that are needed by itself where they
lie one by one, named by their hash (openssl-rehash(1)), as Debian keeps them beside the bundle;
then the bundle is left aside during the import. Imported by ``__main__`` before anything else
imports aiohttp.
"""

import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BY_HASH = re.compile(r"[0-9a-f]{8}\.\d+")
_BEGINNING = b"-----BEGIN CERTIFICATE-----"


@contextmanager
def _bundle_aside() -> Iterator[None]:
    system = ssl.get_default_verify_paths()
    variable = system.openssl_cafile_env
    before = os.environ.get(variable)
    if _kept_singly(system.cafile, system.capath):
        os.environ[variable] = os.devnull
    try:
        yield
    finally:
        os.environ.pop(variable, None)
        if before is not None:
            os.environ[variable] = before


def _kept_singly(bundle: str | None, folder: str | None) -> bool:
    """Whether ``folder`` holds what ``bundle`` holds, for OpenSSL to find one by one.

    The bundle must lie in it, and hold no more: somebody may have added a certificate to the
    bundle alone.
    """
    if bundle is None or folder is None:
        return False
    real = Path(bundle).resolve()
    if real.parent != Path(folder).resolve():
        return False
    singles = sum(1 for path in real.parent.iterdir() if _BY_HASH.fullmatch(path.name))
    return 0 < real.read_bytes().count(_BEGINNING) <= singles


with _bundle_aside():
    import aiohttp  # noqa: F401 - to have it imported
