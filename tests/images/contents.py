"""What is in an image, and what must not be."""

import stat
from collections.abc import Iterator
from pathlib import Path

_PACKAGES = {"command": {"shared", "command_service"}, "processor": {"shared", "processor_service"}}
_NO_TOOL = ("pip", "pip3", "gcc", "cc", "make", "git", "curl")
_NO_MODULE = ("pip", "setuptools", "wheel", "ensurepip")


def wrong_contents(files: Path, service: str) -> list[str]:
    """Everything that should not be there, or is missing."""
    return [
        *_wrong_code(files / "app", service),
        *_tools(files),
        *_without_bytecode(files),
        *_writable(files),
    ]


def _wrong_code(app: Path, service: str) -> Iterator[str]:
    there = {path.name for path in app.iterdir()}
    if there != _PACKAGES[service]:
        yield f"/app holds {sorted(there)}"


def _tools(files: Path) -> Iterator[str]:
    for folder in ("usr/bin", "usr/local/bin", "bin", "opt/mechachang/bin"):
        yield from (f"/{folder}/{t} is there" for t in _NO_TOOL if (files / folder / t).exists())
    for module in _NO_MODULE:
        found = [*files.glob(f"opt/mechachang/lib/python3*/site-packages/{module}")]
        found += files.glob(f"usr/local/lib/python3*/site-packages/{module}")
        found += files.glob(f"usr/lib/python3*/{module}")
        found += files.glob(f"usr/lib/python3/dist-packages/{module}")
        yield from (f"/{path.relative_to(files)} is there" for path in found)


def _without_bytecode(files: Path) -> Iterator[str]:
    for source in (files / "app").rglob("*.py"):
        if not [*(source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")]:
            yield f"/{source.relative_to(files)} is not compiled"


def _writable(files: Path) -> Iterator[str]:
    """What the service could change of itself: nothing."""
    for folder in ("app", "opt/mechachang"):
        for path in (files / folder).rglob("*"):
            found = path.lstat()
            open_to_all = found.st_mode & stat.S_IWOTH and not path.is_symlink()
            if found.st_uid != 0 or open_to_all:
                yield f"/{path.relative_to(files)} can be changed ({found.st_uid})"
