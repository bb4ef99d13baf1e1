"""The drill of the pipeline, each act in a project of its own."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.drills.pipeline.acts import ACTS
from tests.drills.pipeline.build import Project, project


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
async def test_a_bad_version_goes_back_and_a_hotfix_goes_out(
    tmp_path: Path, act: Callable[[Project], Awaitable[list[str]]]
) -> None:
    lines: list[str] = []
    async with project(tmp_path, lines.append) as running:
        assert await act(running) == [], lines
