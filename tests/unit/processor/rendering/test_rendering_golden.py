"""What becomes of realistic answers, side by side with them in ``golden/``.

``GOLDEN=write`` writes down what is rendered now; look at the difference before you commit it, and
at all of them with ``make preview``.
"""

import os
from typing import Any

import pytest

from processor_service.rendering.messages import PART_BYTES
from simulators.slack.content.block_kit import MESSAGE_TEXT, block_errors, text_length
from tests.support.markdown.golden_answers import FOLDER, NAMES, rendered, source_of, written
from tests.support.markdown.judge import meant, shown_by, types

# Long tables repeat their heads, and an image without a description is named by its address.
SAYING_MORE = {"ja-table-long", "ja-images"}
# Definitions that are used are links, and footnotes have numbers.
REFERRING = {"en-footnotes", "ja-reference-links"}


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_rendered_as_written_down(name: str) -> None:
    expected = FOLDER / f"{name}.json"
    now = written(rendered(name))
    if os.environ.get("GOLDEN") == "write":
        expected.write_text(now)
    assert now == expected.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_slack_takes_every_message(name: str) -> None:
    for body in rendered(name):
        blocks: list[dict[str, Any]] = list(body.blocks)
        assert block_errors(blocks) == []
        assert text_length(blocks) <= MESSAGE_TEXT
        assert sum(len(each.get("text", "").encode()) for each in blocks) <= PART_BYTES


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SAYING_MORE | REFERRING])
def test_a_strict_reader_sees_all_words_in_their_order(name: str) -> None:
    words = "".join(shown_by(body.blocks) for body in rendered(name))
    assert words.replace("<br>", "") == meant(source_of(name)).replace("<br>", "")


@pytest.mark.parametrize("name", NAMES)
def test_no_html_and_no_image_is_left_for_slack_to_drop(name: str) -> None:
    markdown = [b["text"] for body in rendered(name) for b in body.blocks if "text" in b]
    found = {each for text in markdown for each in types(text)}
    assert not found & {"html_block", "html_inline", "image"}


def test_the_corpus_is_large_and_every_file_has_its_pair() -> None:
    assert len(NAMES) >= 60
    assert {path.stem for path in FOLDER.glob("*.json")} == set(NAMES)
