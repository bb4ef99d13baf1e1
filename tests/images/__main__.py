"""``make images-check``: builds both images, looks into them, and lets them answer a question.

Needs buildah, and debootstrap where the registry of the base image can't be reached. Exit codes: 0
as promised, or skipped because buildah is missing; 1 not as promised, or buildah is missing
although IMAGES=1 asked for this check.
"""

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from simulators.processes.environment import PROJECT_ROOT
from tests.images.base import NoBase, base_image, folder_for
from tests.images.buildah import Buildah, BuildahFailed
from tests.images.contents import wrong_contents
from tests.images.trial import UID, NotAsPromised, trial

SERVICES = ("processor", "command")


def main() -> int:
    """Check, and say what was found."""
    if shutil.which("buildah") is None:
        say("buildah is not installed (Debian: apt-get install buildah debootstrap crun).")
        return 1 if os.environ.get("IMAGES") == "1" else 0
    folder = folder_for(PROJECT_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        check(Buildah(folder))
    except (NoBase, NotAsPromised, BuildahFailed) as error:
        say(str(error))
        return 1
    return 0


def check(buildah: Buildah) -> None:
    """Build, look, run; raises what is not as promised."""
    base = base_image(buildah, say)
    say(f"Base: {base}, {buildah.size_mb(base):.0f} MB")
    images = {service: built(buildah, service, base) for service in SERVICES}
    with TemporaryDirectory(prefix="images-") as folder:
        found = asyncio.run(trial(buildah, images, Path(folder)))
    say("A question asked in Slack was answered by both.")
    for service, seconds in found.stopped_after_s.items():
        say(
            f"{service}: ran as {UID}, {found.resident_mb[service]:.0f} MB resident, "
            f"ended {seconds:.1f} s after SIGTERM with code 0"
        )


def built(buildah: Buildah, service: str, base: str) -> str:
    """Build an image twice; raises NotAsPromised unless both are the same and as they should be."""
    began = time.monotonic()
    image = buildah.build(service, base)
    took_s = time.monotonic() - began
    first = buildah.described(image)
    second = buildah.described(buildah.build(service, base))
    if first["FromImageDigest"] != second["FromImageDigest"]:
        raise NotAsPromised(f"{service}: two builds of the same sources differ")
    config = first["OCIv1"]["config"]
    if config["User"] != f"{UID}:{UID}":
        raise NotAsPromised(f"{service}: its user is {config['User']}")
    with buildah.container(image) as (_, files):
        wrong = wrong_contents(files, service)
    if wrong:
        raise NotAsPromised(f"{service}: " + "; ".join(wrong[:10]))
    say(
        f"{service}: {buildah.size_mb(image):.0f} MB, built in {took_s:.0f} s, "
        f"twice with the same digest {first['FromImageDigest'][:19]}"
    )
    return image


def say(text: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
