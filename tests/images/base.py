"""The base image: the real one where its registry can be reached, else one made of Debian's own.

Debian trixie's Python is 3.13 too. What is built on it proves the Dockerfiles, the lock files'
wheels, the account and the start; it is not the published image.
"""

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.images.buildah import Buildah, BuildahFailed

REAL = "docker.io/library/python:3.13-slim"
STAND_IN = "localhost/mechachang/debian-python:3.13"
_WITHOUT = (
    *("var/cache/apt", "var/lib/apt/lists"),
    *("usr/share/doc", "usr/share/man", "usr/share/locale"),
)


class NoBase(Exception):
    """There is nothing to build on; the text says what is missing."""


def base_image(buildah: Buildah, say: Callable[[str], None]) -> str:
    """The name of a base that is here now; raises NoBase."""
    if buildah.has(REAL):
        return REAL
    with suppress(BuildahFailed):
        buildah.do("pull", "--retry", "0", REAL)
        return REAL
    if buildah.has(STAND_IN):
        return STAND_IN
    if shutil.which("debootstrap") is None:
        raise NoBase(f"{REAL} can't be pulled, and debootstrap is not installed to replace it.")
    say(f"{REAL} can't be pulled; making a stand-in of Debian's Python 3.13 (about a minute).")
    _make(buildah)
    return STAND_IN


def _make(buildah: Buildah) -> None:
    root = buildah.folder / "debian"
    shutil.rmtree(root, ignore_errors=True)
    packages = "ca-certificates,python3,python3-venv,python3-pip"
    ran = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={packages}", "trixie", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise NoBase(f"debootstrap failed:\n{ran.stdout[-1000:]}{ran.stderr[-1000:]}")
    for path in _WITHOUT:
        shutil.rmtree(root / path, ignore_errors=True)
    # As in the published image: pip may install, and python is python3.
    for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    container = buildah.do("from", "scratch")
    buildah.do("add", "-q", container, str(root), "/")
    path = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    buildah.do("config", "--env", path, "--env", "LANG=C.UTF-8", "--cmd", "python3", container)
    buildah.do("commit", "-q", container, STAND_IN)
    buildah.do("rm", container)
    shutil.rmtree(root)


def folder_for(project: Path) -> Path:
    """Where base and images are kept from one run to the next."""
    return project / ".run" / "images"
