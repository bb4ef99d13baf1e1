"""Images built and run without a daemon and without a virtual machine, by buildah."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.processes.environment import PROJECT_ROOT

_BUILD_WITHIN_S = 600
# The machine's own authorities: a build behind a proxy that replaces certificates can install too.
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


class BuildahFailed(Exception):
    """buildah did not do it; the text ends with what it said."""


@dataclass(frozen=True)
class Buildah:
    """buildah with images and containers of its own under ``folder``."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        """The command line, for whoever runs it."""
        # The plain storage driver needs neither overlayfs nor FUSE from the machine.
        storage = ("--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run"))
        return ["buildah", *storage, "--storage-driver", "vfs", *arguments]

    def do(self, *arguments: str) -> str:
        """What it says; raises BuildahFailed."""
        ran = subprocess.run(
            self.command(*arguments),
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=_BUILD_WITHIN_S,
            check=False,
        )
        if ran.returncode != 0:
            said = "\n".join((ran.stdout + ran.stderr).splitlines()[-15:])
            raise BuildahFailed(f"buildah {' '.join(arguments)} failed:\n{said}")
        return ran.stdout.strip()

    def has(self, image: str) -> bool:
        """Whether the image is here."""
        try:
            self.do("inspect", "--type", "image", image)
        except BuildahFailed:
            return False
        return True

    def build(self, service: str, base: str) -> str:
        """Build Dockerfile.SERVICE from nothing on ``base``; the image's name."""
        image = f"localhost/mechachang/{service}:checked"
        # With chroot a build needs no rights that a container in CI does not have.
        self.do(
            *("bud", "--isolation", "chroot", "--network", "host", "--no-cache", "--pull-never"),
            *("--timestamp", "0", "--build-arg", f"PYTHON_IMAGE={base}"),
            *("--volume", f"{_AUTHORITIES}:{_AUTHORITIES}:ro"),
            *("--file", f"Dockerfile.{service}", "--tag", image, "."),
        )
        return image

    def described(self, image: str) -> dict[str, Any]:
        """The image's own description of how it is run."""
        found: dict[str, Any] = json.loads(self.do("inspect", "--type", "image", image))
        return found

    def size_mb(self, image: str) -> float:
        """What the image takes up unpacked."""
        with self.container(image) as (_, files):
            total = sum(path.lstat().st_size for path in files.rglob("*") if not path.is_symlink())
        return total / 1e6

    @contextmanager
    def container(self, image: str) -> Iterator[tuple[str, Path]]:
        """A container of the image and its files as seen from outside; removed at the end."""
        name = self.do("from", "--pull-never", image)
        try:
            yield name, Path(self.do("mount", name))
        finally:
            self.do("rm", name)

    def running(
        self, container: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> list[str]:
        """The command line that runs ``command`` in the container with these settings only."""
        told = [
            word for name, value in environment.items() for word in ("--env", f"{name}={value}")
        ]
        return self.command("run", "--isolation", "chroot", *told, container, "--", *command)
