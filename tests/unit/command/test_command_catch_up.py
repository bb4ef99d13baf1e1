"""What was asked while nobody listened is found in Slack's history and accepted once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from command_service.backfill.paced_history import BackfillLimits
from command_service.backfill.schedule import Backfill
from command_service.use_cases.policy import Policy
from shared.errors import OutcomeUnknown, SlackDenied, SlackUnavailable
from shared.ledger import Role
from shared.task import Source, task_id_of_message
from tests.support.fakes.command.sweeping import Found, answered, said, until


@pytest.fixture
async def found() -> AsyncIterator[Found]:
    found = Found()
    yield found
    await found.world.settle()


async def test_in_a_group_direct_message_only_mentions_were_missed(found: Found) -> None:
    found.history.channel(
        "C3",
        said("1200.0", "lunch, anybody?"),
        said("1300.0", "<@UBOT> where is good?"),
        said("500.0", "an old thread"),
        said("1500.0", "<@UBOT> and in a thread", "500.0"),
        said("1600.0", "see you there", "500.0"),
        kind="mpim",
    )

    await found.sweep()

    asked = {task.text: task for task, _ in found.world.queue.published}
    assert sorted(asked) == ["and in a thread", "where is good?"]
    assert {task.source for task in asked.values()} == {Source.MENTION}
    assert asked["where is good?"].thread_ts == "1300.0"


async def test_direct_messages_mentions_and_mentions_in_threads_are_all_found(
    found: Found,
) -> None:
    found.history.channel("D1", said("1500.0", "in a dm"), kind="im")
    found.history.channel("C1", said("1500.0", "<@UBOT> mentioned"), kind="public_channel")
    found.history.channel(
        "C2",
        said("500.0", "an old thread"),
        said("1500.0", "<@UBOT|mechachang> in a thread", "500.0"),
        kind="private_channel",
    )

    report = await found.sweep()

    assert sorted(found.texts) == ["in a dm", "in a thread", "mentioned"]
    assert (report.published, report.conversations, report.unread) == (3, 3, 0)
    tasks = {task.text: task for task, _ in found.world.queue.published}
    assert tasks["in a dm"].source is Source.DM
    assert tasks["in a thread"].thread_ts == "500.0"
    assert tasks["mentioned"].task_id == task_id_of_message("T1", "C1", "1500.0")


async def test_a_reply_in_a_direct_message_is_a_question_too(found: Found) -> None:
    found.history.channel(
        "D1", said("500.0", "old"), said("1500.0", "and now?", "500.0"), kind="im"
    )

    await found.sweep()

    assert found.texts == ["and now?"]


async def test_a_question_that_was_edited_at_once_is_found_as_it_reads_now(found: Found) -> None:
    edited = {"user": "U1", "ts": "1103.0"}
    found.history.channel("C1", said("1102.0", "<@UBOT> mended", edited=edited), kind="im")

    await found.sweep()

    assert found.texts == ["mended"]


async def test_only_new_messages_of_people_that_ask_us_are_questions(found: Found) -> None:
    found.history.channel(
        "C1",
        said("900.0", "<@UBOT> before the window"),
        said("1100.0", "nobody is asked"),
        said("1101.0", "<@UOTHER> somebody else is asked"),
        said("1102.0", "<@UBOT> edited late", edited={"user": "U1", "ts": "1403.0"}),
        said("1104.0", "<@UBOT> joined", subtype="channel_join"),
        said("1105.0", "<@UBOT> by a bot", bot_id="B9"),
        said("1106.0", "<@UBOT> by us", user="UBOT", bot_id="BBOT"),
        said("2100.0", "<@UBOT> after the window"),
        kind="public_channel",
    )

    report = await found.sweep()

    assert found.texts == []
    assert report.refused == 0


@pytest.mark.parametrize("role", ["answer", "notice"])
async def test_what_has_an_answer_or_a_notice_is_left_alone(found: Found, role: Role) -> None:
    found.history.channel(
        "C1",
        said("1100.0", "<@UBOT> first"),
        said("1101.0", "<@UBOT> second", "1100.0"),
        answered("1102.0", "1100.0", task_of="1100.0", role=role),
        kind="public_channel",
    )

    report = await found.sweep()

    assert found.texts == ["second"]
    assert (report.published, report.answered_before) == (1, 1)


async def test_a_thread_with_our_replies_alone_is_not_even_read(found: Found) -> None:
    found.history.channel(
        "C1",
        said("1100.0", "<@UBOT> first"),
        answered("1102.0", "1100.0", task_of="1100.0"),
        kind="public_channel",
    )

    await found.sweep()

    assert found.texts == []
    assert found.history.threads_read == []


async def test_a_question_that_only_another_bot_replied_to_is_unanswered(found: Found) -> None:
    found.history.channel(
        "C1",
        said("1100.0", "<@UBOT> first"),
        said("1102.0", "I am another bot", "1100.0", user="UOTHER", bot_id="B9"),
        kind="public_channel",
    )

    await found.sweep()

    assert found.texts == ["first"]


async def test_a_reply_also_sent_to_the_channel_is_one_question(found: Found) -> None:
    found.history.channel(
        "C1",
        said("500.0", "an old thread"),
        said("1100.0", "<@UBOT> both", "500.0", subtype="thread_broadcast"),
        kind="public_channel",
    )

    await found.sweep()

    assert found.texts == ["both"]


async def test_a_refusal_found_by_a_sweep_is_not_told_and_no_status_is_shown(
    found: Found,
) -> None:
    found.world.policy = Policy(channel_ids=frozenset({"D1"}))
    found.history.channel("C1", said("1500.0", "<@UBOT> refused"), kind="public_channel")
    found.history.channel("D1", said("1500.0", "accepted"), kind="im")

    report = await found.sweep()
    await found.world.settle()

    assert (report.published, report.refused) == (1, 1)
    assert found.world.replies.told == []
    assert found.world.replies.thinking == []


@pytest.mark.parametrize(
    ("limits", "published", "limit"),
    [
        (BackfillLimits(questions=2), 2, "questions"),
        (BackfillLimits(pages=7), 3, "pages"),
    ],
)
async def test_a_limit_ends_the_sweep_and_is_named(
    found: Found, limits: BackfillLimits, published: int, limit: str
) -> None:
    found.limits = limits
    messages = [said(f"15{number:02}.0", f"question {number}") for number in range(5)]
    found.history.channel("D1", *messages, kind="im")

    report = await found.sweep()

    assert (report.published, report.cut_short_by) == (published, limit)
    assert found.history.calls <= limits.pages


async def test_a_sweep_ends_in_time_whatever_it_waits_for(found: Found) -> None:
    found.limits = BackfillLimits(within_s=0.05)
    found.world.queue.down = True
    found.history.channel("D1", said("1500.0", "hello"), kind="im")

    report = await found.sweep()

    assert (report.published, report.cut_short_by) == (0, "time")


async def test_after_the_first_pages_reading_is_paced(found: Found) -> None:
    found.limits = BackfillLimits(free_pages=4, pause_s=1.5)
    messages = [said(f"15{number:02}.0", f"question {number}") for number in range(5)]
    found.history.channel("D1", *messages, kind="im")

    await found.sweep()

    assert found.pages == 9, "four lists of conversations and a message each"
    assert found.sleep.slept == [1.5] * 5


async def test_a_rate_limit_is_waited_for_as_long_as_slack_asks(found: Found) -> None:
    found.history.failures = [SlackUnavailable("Wait.", retry_after_s=7.0) for _ in range(5)]
    found.history.channel("D1", said("1500.0", "hello"), kind="im")

    report = await found.sweep()

    assert found.sleep.slept == [7.0] * 5
    assert (report.published, report.unread) == (1, 0)


async def test_a_conversation_that_cannot_be_read_keeps_no_other_from_being(found: Found) -> None:
    found.history.channel("D1", said("1500.0", "hello"), kind="im")
    found.history.failures = [OutcomeUnknown("The connection ended.")] * 3
    found.history.channel("C1", said("1500.0", "<@UBOT> hello"), kind="public_channel")

    report = await found.sweep()

    assert found.texts == ["hello"]
    assert (report.published, report.unread) == (1, 1)


async def test_a_missing_scope_leaves_out_its_kind_and_is_warned_of_once(found: Found) -> None:
    found.history.channel("D1", said("1500.0", "hello"), kind="im")
    found.history.refused = {"public_channel", "private_channel"}
    catch_up = Backfill(found.deps())

    with capture_logs() as lines:
        for number in (1, 2):
            catch_up.after_silence(None)
            await until(lambda number=number: catch_up.sweeps == number)
    await catch_up.close()

    warned = [line["kind"] for line in lines if line["action"] == "catch_up_refused"]
    assert warned == ["public_channel", "private_channel"]
    assert len([line for line in lines if line["action"] == "caught_up"]) == 2


async def test_a_queue_that_is_down_is_waited_for(found: Found) -> None:
    found.history.channel("D1", said("1500.0", "hello"), kind="im")
    found.world.queue.down = True
    sweeping = asyncio.create_task(found.sweep())
    await until(lambda: len(found.sleep.slept) >= 3)
    assert found.texts == []

    found.world.queue.down = False
    report = await sweeping

    assert found.texts == ["hello"]
    assert report.published == 1
    assert found.sleep.slept[:3] == [1.0, 2.0, 4.0]


async def test_a_denied_token_is_waited_for(found: Found) -> None:
    denied = SlackDenied("Denied.", slack_error="token_revoked")
    found.history.failures = [denied] * 5
    found.history.channel("D1", said("1500.0", "hello"), kind="im")

    report = await found.sweep()

    assert (report.published, report.unread) == (1, 0)
