"""Files too large for a request: uploaded to Gemini's store, and deleted whatever happens."""

import asyncio

import pytest

from processor_service.ports.model import MediaFile
from processor_service.resilience.run_leased import Outcome
from shared.errors import FileUnusable, ModelRejected, ModelUnavailable
from tests.support.fakes.processor.files import FakeUploads
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.questions_with_files import FILM, asking, media, notes_below, world
from tests.support.tasks import a_task


class Processing(FakeUploads):
    """A store that never gets ready."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    async def until_ready(self, file: MediaFile) -> None:
        self.begun.set()
        await asyncio.Event().wait()


async def test_a_large_file_is_uploaded_once_for_all_attempts_and_deleted_afterwards() -> None:
    here = world()
    here.model = FakeModel([[ModelUnavailable("503")], saying("映像です。")])
    assert await here.answer(asking(FILM)) is Outcome.ANSWERED
    (first, _), (second, _) = here.model.asked
    [film] = media(first)
    assert (film.uri, film.content) == ("https://gemini.test/files/1", b"")
    assert media(second) == [film]
    assert (here.uploads.taken, here.uploads.kept) == (1, [])


async def test_an_upload_is_deleted_after_a_failure_too() -> None:
    here = world()
    here.model = FakeModel([[ModelRejected("400")]])
    assert await here.answer(asking(FILM)) is Outcome.TOLD_FAILURE
    assert (here.uploads.taken, here.uploads.kept) == (1, [])


async def test_an_upload_is_deleted_when_the_work_is_cancelled() -> None:
    here = world()
    here.uploads = processing = Processing()
    answering = asyncio.create_task(here.answer(asking(FILM)))
    async with asyncio.timeout(5):
        await processing.begun.wait()
    assert processing.kept
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert processing.kept == []


async def test_a_stop_ends_the_waiting_for_a_file_and_the_upload_is_deleted() -> None:
    here = world()
    here.uploads = processing = Processing()
    answering = asyncio.create_task(here.answer(asking(FILM)))
    async with asyncio.timeout(5):
        await processing.begun.wait()
        await here.cancellations.request(a_task().task_id)
        assert await answering is Outcome.STOPPED
    assert processing.kept == []
    assert here.model.asked == []
    assert here.conversation.texts("notice") == ["回答を始める前に停止しました。"]


@pytest.mark.parametrize(
    ("failing", "error", "words"),
    [
        ("failure", ModelUnavailable("503"), "Gemini に渡せませんでした"),
        ("failure", ModelRejected("400"), "Gemini に渡せませんでした"),
        ("unready", FileUnusable("slow", reason="file_too_slow"), "時間内に終わりませんでした"),
        ("unready", FileUnusable("failed", reason="file_unreadable"), "読み取れませんでした"),
    ],
)
async def test_what_the_store_does_not_take_is_told(
    failing: str, error: Exception, words: str
) -> None:
    here = world()
    setattr(here.uploads, failing, error)
    assert await here.answer(asking(FILM)) is Outcome.ANSWERED
    assert words in notes_below(here)[0]
    assert here.uploads.kept == []


async def test_denied_credentials_are_no_matter_of_a_file() -> None:
    here = world()
    here.uploads.failure = ModelRejected("401", reason="model_denied")
    assert await here.answer(asking(FILM)) is Outcome.TOLD_FAILURE
    assert "model_denied" in str(here.conversation.messages)


async def test_without_a_store_a_large_file_is_told() -> None:
    here = world()
    here.uploads.takes_uploads = False
    await here.answer(asking(FILM))
    assert here.files.fetched == []
    assert "film.mp4" in notes_below(here)[0]
