"""``--help`` of every script that an operator types, in both languages."""

import re
from pathlib import Path

import pytest

from simulators.processes.environment import PROJECT_ROOT, inherited
from tests.support import gcloud

DEPLOY = PROJECT_ROOT / "deploy"


def of_the_environment(path: Path) -> set[str]:
    """What the script reads there."""
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Z_]{4,})=\$\{\1:-", text, re.MULTILINE))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("script", ["bootstrap.sh", "backup.sh", "build/tools.sh"])
async def test_a_script_explains_itself_without_a_project(script: str, language: str) -> None:
    path = DEPLOY / script
    ran = await gcloud.run(str(path), "--help", env=inherited() | {"DEPLOY_LANG": language})
    assert (ran.code, ran.err) == (0, "")
    assert "PROJECT_ID=" in ran.out
    assert script in ran.out
    assert "set -e" not in ran.out
    assert bool(re.search("[ぁ-ん]", ran.out)) is (language == "ja")
    assert {name for name in of_the_environment(path) if name not in ran.out} == set()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("everything",), "everything という部分はありません"),
        (("oncall",), "当番のグループを指定してください"),
        (("budget",), "請求先アカウントを指定してください"),
    ],
)
async def test_what_is_wrong_is_told_in_the_operators_language(
    words: tuple[str, ...], told: str
) -> None:
    env = inherited() | {"DEPLOY_LANG": "ja", "PROJECT_ID": "a-project"}
    ran = await gcloud.run(str(DEPLOY / "bootstrap.sh"), *words, env=env)
    assert ran.code == 1
    assert told in ran.err
