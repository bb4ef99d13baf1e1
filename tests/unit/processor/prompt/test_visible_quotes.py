"""Nobody learns by a thread what they may not read where it was written."""

from processor_service.ports.conversations import ThreadMessage
from processor_service.prompt.visible_quotes import visible_to_asker
from shared.task import Purpose, QuotedMessage, Source, Subject, TaskFile
from tests.support.fakes.processor.people import FakeChannels
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

TASK = a_task(thread_ts="100.000001", message_ts="100.000009")


def a_preview(channel_id: str, text: str = "the salary is 42") -> QuotedMessage:
    return QuotedMessage(text=text, by="U9", channel_id=channel_id, preview=True)


def by(user: str, *quoted: QuotedMessage, files: tuple[TaskFile, ...] = ()) -> ThreadMessage:
    return ThreadMessage("person", user, "see", files, quoted)


async def seen(said: ThreadMessage, **changes: object) -> list[str]:
    channels = FakeChannels(hidden={"C8", "D9"}, unknown={"C0"})
    [found] = await visible_to_asker(TASK.model_copy(update=changes), [said], channels)
    return [one.channel_id for one in found.quoted]


async def test_a_preview_by_somebody_else_is_told_only_of_here_and_of_public_channels() -> None:
    places = ("C1", "C7", "C8", "C0", "D9", "")
    assert await seen(by("U2", *map(a_preview, places))) == ["C1", "C7"]
    assert await seen(by("U1", *map(a_preview, places))) == list(places)


async def test_a_guest_is_told_of_no_preview_from_another_channel_public_or_not() -> None:
    channels = FakeChannels(guests={"U1"})
    said = by("U2", a_preview("C1"), a_preview("C7"))
    [found] = await visible_to_asker(TASK, [said], channels)
    assert [one.channel_id for one in found.quoted] == ["C1"]


async def test_of_very_many_places_the_last_ones_are_looked_up_and_no_other_is_told() -> None:
    places = [f"C7{number:02}" for number in range(12)]
    assert await seen(by("U2", *map(a_preview, places))) == places[2:]


async def test_a_forward_is_told_wherever_it_is_from() -> None:
    forward = QuotedMessage(text="a", by="U9", channel_id="C8")
    assert await seen(by("U2", forward)) == ["C8"]


async def test_beside_a_shortcut_it_is_the_messages_own_channel_that_counts() -> None:
    subject = Subject(purpose=Purpose.EXPLAIN, channel_id="C8", message_ts="1.0")
    assert await seen(by("U2", a_preview("C8")), channel_id="D1", subject=subject) == ["C8"]


async def test_files_that_others_forwarded_are_not_fetched_with_our_rights() -> None:
    here = World()
    here.channels.hidden = {"C8"}
    secret = {"mimetype": "image/png", "size": 9, "url": "https://e.com", "forwarded": True}
    theirs = TaskFile(id="F1", name="theirs.png", **secret)
    mine = TaskFile(id="F2", name="mine.png", **secret)
    here.files.contents = dict.fromkeys(("F1", "F2"), b"\x89PNG\r\n\x1a\n.")
    forward = QuotedMessage(text="a", by="U9", channel_id="C8", file_names=("theirs.png",))
    here.conversation.said = [
        by("U2", forward, a_preview("C8"), files=(theirs,)),
        by("U1", files=(mine,)),
    ]
    await here.answer(TASK)
    assert here.files.fetched == ["F2"]
    [(prompt, _)] = here.model.asked
    assert "salary" not in "".join(turn.text for turn in prompt.turns)


async def test_a_button_below_another_persons_question_shows_no_preview_from_elsewhere() -> None:
    for by, told in (("U2", False), ("U1", True), ("", True)):
        here = World()
        here.channels.hidden = {"C8"}
        here.conversation.sent_along = (a_preview("C8"), a_preview("C1", "it is sunny"))
        here.conversation.sent_by = by
        await here.answer(a_task(source=Source.BUTTON))
        [(prompt, _)] = here.model.asked
        words = "".join(turn.text for turn in prompt.turns)
        assert "it is sunny" in words
        assert ("salary" in words) is told
