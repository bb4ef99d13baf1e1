"""What Gemini says against files: the question is answered without those it is about."""

import pytest

from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelRefused, ModelRejected
from tests.support.fakes.processor.model import FakeModel
from tests.support.questions_with_files import (
    FILM,
    IMAGE,
    NOTES,
    PNG,
    a_file,
    asking,
    media,
    notes_below,
    refusing,
    world,
)

TWO = {"two_png": PNG, "plan_pdf": b"%PDF-1.7"}

PLAN = a_file("plan.pdf", "application/pdf")

SECOND = a_file("two.png", "image/png")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Unable to process input image.", ["application/pdf"]),
        ("The document has no pages.", ["image/png", "image/png"]),
        ("Request contains an invalid argument.", []),
    ],
)
async def test_gemini_is_asked_once_more_without_the_files_that_its_words_are_about(
    words: str, kept: list[str]
) -> None:
    here = world(**TWO)
    here.model = model = refusing(ModelRejected("400", said=words))
    assert await here.answer(asking(IMAGE, SECOND, PLAN)) is Outcome.ANSWERED
    assert [len(media(prompt)) for prompt, _ in model.asked] == [3, len(kept)]
    assert [file.mimetype for file in media(model.asked[-1][0])] == kept
    [note] = notes_below(here)
    assert ("plan.pdf" in note) == ("application/pdf" not in kept)
    assert ("図.png" in note) == ("image/png" not in kept)


async def test_a_file_that_gemini_names_is_the_only_one_left_out() -> None:
    here = world()
    here.model = model = refusing(ModelRejected("400", said="The File 1 is broken."))
    assert await here.answer(asking(IMAGE, FILM)) is Outcome.ANSWERED
    assert [file.mimetype for file in media(model.asked[-1][0])] == ["image/png"]


async def test_what_is_refused_without_files_too_is_told_without_blaming_them() -> None:
    here = world(**TWO)
    here.model = model = FakeModel([[ModelRejected("400", said="The document has no pages.")]])
    assert await here.answer(asking(IMAGE, PLAN)) is Outcome.TOLD_FAILURE
    assert [len(media(prompt)) for prompt, _ in model.asked] == [2, 1, 0]


async def test_files_too_long_for_gemini_are_left_out_texts_among_them() -> None:
    here = world()
    here.model = model = refusing(ModelRejected("400", reason="question_too_long"))
    assert await here.answer(asking(NOTES)) is Outcome.ANSWERED
    assert "メモの本文" not in str(model.asked[-1][0].turns)
    [note] = notes_below(here)
    assert "長さ" in note


async def test_a_picture_that_gemini_blocks_does_not_block_the_question() -> None:
    here = world()
    blocked = ModelRefused("blocked", reason="question_blocked", said="IMAGE_SAFETY")
    here.model = refusing(blocked)
    assert await here.answer(asking(IMAGE)) is Outcome.ANSWERED
    assert "安全基準" in notes_below(here)[0]


async def test_a_key_that_gemini_denies_is_no_matter_of_a_file() -> None:
    here = world()
    here.model = model = refusing(ModelRejected("403", reason="model_denied"))
    assert await here.answer(asking(IMAGE)) is Outcome.TOLD_FAILURE
    assert len(model.asked) == 1
