"""The images: named by their digests, and built by tools and on bases that are, too."""

import shlex
from datetime import UTC, date, datetime

import pytest

from simulators.processes.environment import PROJECT_ROOT
from tests.support import gcloud
from tests.support.workbenches.build import DIGEST, TOOLS, Workspace, pipeline


async def test_an_image_is_named_by_its_digest_and_built_on_a_pinned_base(
    workspace: Workspace,
) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang"}
    commands = await workspace.run("image", None, "processor")
    (build,) = [shlex.split(each) for each in commands if "buildx' 'build" in each]
    assert "PYTHON_IMAGE=mirror.gcr.io/library/python:3.13-slim@sha256:base" in build
    assert any("rewrite-timestamp=true" in each for each in build)
    named = (workspace.folder / "build" / "processor.image").read_text()
    assert named == f"host/a-project/mechachang/processor@{DIGEST}\n"


async def test_an_image_tells_how_it_was_built_and_is_built_by_pinned_tools(
    workspace: Workspace,
) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang"}
    commands = await workspace.run("image", None, "processor")
    (build,) = [shlex.split(each) for each in commands if "buildx' 'build" in each]
    (builder,) = [shlex.split(each) for each in commands if "buildx' 'create" in each]
    assert "--provenance=mode=max" in build
    assert f"image=buildkit_image@{DIGEST}" in builder


@pytest.mark.parametrize("tool", TOOLS)
async def test_a_tool_that_is_named_by_its_tag_builds_nothing(
    workspace: Workspace, tool: str
) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang", tool: "docker:28-cli"}
    with pytest.raises(AssertionError, match="not named by its digest"):
        await workspace.run("image", None, "processor")
    assert not workspace.record.exists()


async def test_the_digests_of_the_tools_are_told_as_substitutions(workspace: Workspace) -> None:
    path = str(PROJECT_ROOT / "deploy" / "build" / "tools.sh")
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang"}
    ran = await gcloud.run("bash", path, env=workspace.env)
    assert ran.code == 0, ran.err
    told = dict(each.split("=", 1) for each in ran.out.strip().split(","))
    made = told.pop("_TOOLS_DATE")
    assert date.fromisoformat(made) <= datetime.now(UTC).date()
    assert set(told) == {f"_{name}" for name in TOOLS}
    ours = "host/a-project/mechachang/tools/"
    assert all(image.startswith(ours) for image in told.values())
    assert all(image.endswith("@sha256:base") for image in told.values())
    copied = [each for each in workspace.record.read_text().splitlines() if "'create'" in each]
    assert len(copied) == len(TOOLS)
    assert all(f":{made}'" in each for each in copied)
    assert told.keys() <= pipeline()["substitutions"].keys()


async def test_a_build_that_tells_no_digest_is_not_deployed(workspace: Workspace) -> None:
    workspace.env |= {"REPOSITORY": "host/a-project/mechachang", "DIGEST": ""}
    with pytest.raises(AssertionError, match="The build has told no digest"):
        await workspace.run("image", None, "processor")
