"""``make preview``: each golden answer's source beside the messages it becomes."""

import subprocess
import sys
from html import escape
from urllib.request import urlopen

from simulators.processes.environment import PROJECT_ROOT, inherited
from tests.support.markdown.golden_answers import NAMES, source_of


def read(url: str) -> str:
    with urlopen(url) as response:
        return str(response.read().decode())


def test_each_answer_stands_beside_its_source_with_an_index() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.preview", "--port", "0"],
        cwd=PROJECT_ROOT,
        env=inherited(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            base = process.stdout.readline().partition("rendered: ")[2].split(" ")[0]
            shown = read(base)
            styled = read(f"{base}/static/content.css")
        finally:
            process.terminate()
        assert process.wait() == 0

    assert ".message" in styled
    for name in NAMES:
        section = shown.partition(f'<section id="{name}">')[2].partition("</section>")[0]
        assert f'href="#{name}"' in shown
        assert escape(source_of(name)) in section
        assert "<article><" in section.partition('<div class="result">')[2]
    heading = shown.partition('<section id="en-headings-and-lists">')[2].partition("</section>")[0]
    assert "<ul" in heading.partition('<div class="result">')[2]
