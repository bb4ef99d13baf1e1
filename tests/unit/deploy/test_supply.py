"""What our dependencies and images are made of, as the files say it."""

import re
from pathlib import Path

import pytest

from processor_service.ports.generation_options import Tool

ROOT = Path(__file__).parents[3]
LOCKS = sorted(ROOT.glob("*.lock"))
IMAGES = sorted(ROOT.glob("Dockerfile.*"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_pins_every_package_by_its_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    loose = [
        line
        for line in lines
        if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]
    assert loose == []


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_an_image_installs_only_wheels_with_the_hashes_of_its_lock_file(image: Path) -> None:
    installs = re.findall(r"pip\b[^\n]* install(.*?)(?:\n\n|\Z)", image.read_text(), re.DOTALL)
    assert installs
    for options in installs:
        assert "--require-hashes" in options
        assert "--only-binary :all:" in options
        assert "--no-deps" in options


def test_the_model_is_given_no_tool_but_to_search_and_to_read_pages() -> None:
    assert {tool.value for tool in Tool} == {"google_search", "url_context"}
