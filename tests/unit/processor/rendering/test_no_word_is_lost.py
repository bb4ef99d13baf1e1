"""Every word of the model stands in what is shown: whole, and at every third cut of its stream.

A stream is cut where models cut it: some three letters of English are one of Japanese.
``DOCUMENTS=50000``, with pytest's ``--timeout=0``, tries more of them.
"""

import os

import pytest

from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.rendering.incremental import IncrementalRenderer, first_markdown
from processor_service.rendering.messages import render_answer, render_plain
from tests.support.markdown.judge import read_by
from tests.support.markdown.worded_documents import WordedDocument, worded_document

DOCUMENTS = int(os.environ.get("DOCUMENTS", "2000"))
PARTS = 9


def lost(document: WordedDocument, bodies: list[Body], end: int) -> list[str]:
    shown = "".join(read_by(body.blocks) for body in bodies)
    return [word for word in document.due(end) if word not in shown]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_word_of_the_model_is_shown(part: int) -> None:
    for seed in range(part, DOCUMENTS, PARTS):
        document = worded_document(seed)
        answer = Answer(document.text, "m")
        bodies = render_answer(answer, "ja", 1_000)
        assert lost(document, bodies, len(document.text) + 9) == [], (seed, document.text, bodies)
        plain = "".join(body.text for body in render_plain(answer, "ja", 1_000))
        missing = [word for word, _ in document.words if word not in plain]
        assert missing == [], (seed, document.text, plain)


def streams(seed: int) -> None:
    """Every word of a document is shown once it is due, and what has settled stays."""
    document, draft, settled = worded_document(seed), IncrementalRenderer(), ""
    step = 3 if document.japanese else 9
    for end in range(step, len(document.text) + step, step):
        drawn = draft.draw(document.text[:end])
        bodies = list(drawn.bodies)
        # A table that may grow is held back: one at the very end is due only when whole.
        due = min(end - 1, len(document.text))
        assert lost(document, bodies, due) == [], (seed, document.text[:end], bodies)
        if len(bodies) == 1 and "|" not in document.text:
            shown = first_markdown(bodies[0])
            assert "%E" not in shown, (seed, document.text[:end], shown)
            assert shown.startswith(settled), (seed, document.text[:end], settled, shown)
            settled = max(settled, drawn.settled(), key=len)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_word_is_shown_and_stays_while_it_is_streamed(part: int) -> None:
    for seed in range(part, DOCUMENTS, PARTS):
        streams(seed)


# Tables that a formula held back behind them, and a quote's mark that came before one and went.
@pytest.mark.parametrize("seed", [13750, 14950, 19300, 23250, 36500, 47400])
def test_what_was_late_or_taken_back_among_fifty_thousand_is_not(seed: int) -> None:
    streams(seed)
