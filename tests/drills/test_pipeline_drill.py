"""The first act of the drill of the pipeline; the others are played by hand (``make drill``)."""

from pathlib import Path

import pytest

from tests.drills.pipeline.acts import bad_processor
from tests.drills.pipeline.build import project


@pytest.mark.timeout(300)
async def test_a_bad_version_that_the_build_brings_out_is_taken_back_and_told(
    tmp_path: Path,
) -> None:
    lines: list[str] = []
    async with project(tmp_path, lines.append) as running:
        assert await bad_processor(running) == [], lines
