"""What users are told of failures: a table of texts."""

import tomllib
from pathlib import Path

import pytest

from processor_service.texts.failures import FILE_REASONS, OTHER, WORDS
from shared.task import Texts

ROOT = Path(__file__).parents[4]
PARTS = ("phase", "what", "advice")
TOLD = {
    **{f"{reason}: {part}": getattr(WORDS[reason], part) for reason in WORDS for part in PARTS},
    **{f"other: {part}": getattr(OTHER, part) for part in PARTS},
    **FILE_REASONS,
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_each_text_of_a_failure_is_there_in_both_languages(told: Texts) -> None:
    assert sorted(told) == ["en", "ja"]
    assert all(text.strip() for text in told.values())


def test_every_file_the_processor_reads_comes_with_its_package() -> None:
    package = ROOT / "processor_service"
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    globs = shipped["tool"]["setuptools"]["package-data"]["processor_service"]
    covered = {file for each in globs for file in package.glob(each)}
    read = {
        file
        for file in package.rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc", ".md"}
    }
    assert read == covered
