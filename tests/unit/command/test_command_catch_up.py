"""What was asked while nobody listened is found in Slack's history and accepted once."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from command_service.backfill.paced_history import BackfillLimits
from command_service.backfill.schedule import Backfill
from command_service.backfill.sweep import BackfillDeps, Sweep, SweepReport, SweepWindow
from command_service.envelope.ack_deadline import ack_deadline
from command_service.use_cases.policy import Policy
from command_service.use_cases.throttle import PerUserThrottle
from shared.errors import OutcomeUnknown, SlackDenied, SlackUnavailable
from shared.ledger import Mark, Role
from shared.task import Source, task_id_of_message
from tests.support import signed
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import IDENTITY
from tests.support.fakes.command.world import World

WINDOW = SweepWindow(since=1000.0, until=2000.0)


def said(ts: str, text: str, thread_ts: str | None = None, **more: Any) -> dict[str, Any]:
    thread = {"thread_ts": thread_ts} if thread_ts else {}
    return {"type": "message", "user": "U1", "ts": ts, "text": text, **thread, **more}


def answered(ts: str, thread_ts: str, task_of: str, role: Role = "answer") -> dict[str, Any]:
    """Our reply for the question of one message in C1."""
    mark = Mark(task_id_of_message("T1", "C1", task_of), role)
    ours = {"user": "UBOT", "bot_id": "BBOT", "metadata": signed.metadata(mark, "C1")}
    return said(ts, "answer", thread_ts, **ours)


class Clock:
    """Sleeps without time passing, and remembers for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Found:
    """A sweep over one fake history."""

    def __init__(self) -> None:
        self.world = World()
        self.history = FakeHistory()
        self.sleep = Clock()
        self.limits = BackfillLimits()
        self.pages = 0

    def deps(self, *bounds: Any) -> BackfillDeps:
        return BackfillDeps(self.history, self.world.submit_deps, IDENTITY, signed.LEDGER, *bounds)

    async def sweep(self) -> SweepReport:
        report = await Sweep(self.deps(self.limits, self.sleep)).run(WINDOW, set())
        self.pages = report.pages
        await asyncio.sleep(0)
        return report

    @property
    def texts(self) -> list[str]:
        return [task.text for task, _ in self.world.queue.published]


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


async def until(condition: Any) -> None:
    async with asyncio.timeout(5.0):
        while True:
            if condition():
                return
            await asyncio.sleep(0)


async def test_gaps_told_during_a_sweep_become_one_more_as_far_back_as_the_longest(
    found: Found,
) -> None:
    found.history.failures = [SlackUnavailable("Wait.", retry_after_s=1.0)]
    gate = asyncio.Event()
    waiting: list[float] = []

    async def wait(seconds: float) -> None:
        waiting.append(seconds)
        await gate.wait()

    catch_up = Backfill(found.deps(found.limits, wait))
    with capture_logs() as lines:
        catch_up.after_silence(None)
        await until(lambda: waiting)
        for silent_s in (20.0, 300.0, 40.0):
            catch_up.after_silence(silent_s)
        gate.set()
        await until(lambda: catch_up.sweeps == 2)
    await catch_up.close()

    windows = [line["window_s"] for line in lines if line["action"] == "caught_up"]
    assert windows == [1800, 360], "a minute more than the silence, and half an hour at most"


def caught_up(lines: list[Any]) -> list[tuple[str, str | None, bool]]:
    return [
        (line["log_level"], line["cut_short_by"], line["goes_on"])
        for line in lines
        if line["action"] == "caught_up"
    ]


def asked_lately(number: int) -> list[dict[str, Any]]:
    now = time.time()
    return [said(f"{now - 60 + each:.6f}", f"question {each}") for each in range(number)]


async def swept(found: Found, sweeps: int, *, outage_s: float | None = None) -> list[Any]:
    """The log of a catch-up with so many sweeps."""
    catch_up = Backfill(found.deps(found.limits, found.sleep))
    with capture_logs() as lines:
        if outage_s is None:
            catch_up.after_silence(None)
        else:
            catch_up.after_outage(outage_s)
        await until(lambda: catch_up.sweeps == sweeps)
        await asyncio.sleep(0)
    await catch_up.close()
    return lines


async def test_what_a_limit_left_is_asked_in_later_sweeps_and_nothing_twice(found: Found) -> None:
    found.limits = BackfillLimits(questions=3, rest_s=60.0)
    found.history.channel("D1", *asked_lately(4), kind="im")
    found.history.channel("D2", *asked_lately(4), kind="im")

    lines = await swept(found, sweeps=3)

    assert sorted(found.texts) == sorted(f"question {each}" for each in range(4) for _ in "12")
    assert caught_up(lines) == [
        ("warning", "questions", True),
        ("warning", "questions", True),
        ("info", None, False),
    ]
    assert found.sleep.slept.count(60.0) == 2


async def test_threads_that_a_limit_left_are_read_in_a_later_sweep_and_none_twice(
    found: Found,
) -> None:
    old, now = time.time() - 3600, time.time()
    threads = [f"{old + each:.6f}" for each in range(6)]
    found.limits = BackfillLimits(pages=12)
    found.history.channel(
        "C1",
        *(said(ts, "an old thread") for ts in threads),
        *(said(f"{now - 9 + n:.6f}", f"<@UBOT> {n}", ts) for n, ts in enumerate(threads)),
        kind="public_channel",
    )

    await swept(found, sweeps=3)

    assert sorted(found.texts) == ["0", "1", "2", "3", "4", "5"]
    whole = [ts for ts in threads if found.history.threads_read.count(ts) == 2]
    assert len(whole) >= 4, "each thread is read once, in two pages, but for one cut in the middle"


async def test_a_conversation_that_slack_did_not_show_is_read_in_the_next_sweep(
    found: Found,
) -> None:
    found.history.channel("D1", *asked_lately(1), kind="im")
    found.history.failures = [OutcomeUnknown("The connection ended.")] * 3

    lines = await swept(found, sweeps=2)

    assert found.texts == ["question 0"]
    assert [goes_on for _, _, goes_on in caught_up(lines)] == [True, False]


async def test_operators_are_told_when_no_further_sweep_goes_on(found: Found) -> None:
    found.limits = BackfillLimits(questions=1, sweeps=2)
    found.history.channel("D1", *asked_lately(3), kind="im")

    lines = await swept(found, sweeps=2)

    assert caught_up(lines) == [("warning", "questions", True), ("error", "questions", False)]


async def test_a_user_with_more_questions_than_pass_at_once_is_not_left_without_the_rest(
    found: Found,
) -> None:
    now = 0.0
    found.world.throttle = PerUserThrottle(2, lambda: now)

    async def rest(seconds: float) -> None:
        nonlocal now
        now += seconds
        await asyncio.sleep(0)

    found.history.channel("D1", *asked_lately(5), kind="im")
    catch_up = Backfill(found.deps(found.limits, rest))
    catch_up.after_silence(None)
    await until(lambda: catch_up.sweeps == 3)
    await catch_up.close()

    assert sorted(found.texts) == [f"question {each}" for each in range(5)]


async def test_after_an_outage_even_questions_of_its_first_minute_are_found(found: Found) -> None:
    began = time.time() - 2 * 3600
    found.history.channel("D1", said(f"{began + 1:.6f}", "kept for you"), kind="im")

    await swept(found, sweeps=1, outage_s=2 * 3600)

    assert found.texts == ["kept for you"]


async def test_a_sweep_has_its_own_time_whoever_told_of_the_silence(found: Found) -> None:
    found.history.channel("D1", said(f"{time.time() - 1:.6f}", "hello"), kind="im")
    catch_up = Backfill(found.deps())

    with ack_deadline(within_s=0.0):
        catch_up.after_silence(None)
    await until(lambda: catch_up.sweeps)
    await catch_up.close()

    assert found.texts == ["hello"]


async def test_closing_ends_a_sweep_at_once(found: Found) -> None:
    found.world.queue.hangs = True
    found.history.channel("D1", said(f"{time.time() - 1:.6f}", "hello"), kind="im")
    catch_up = Backfill(found.deps())
    catch_up.after_silence(None)
    await until(lambda: found.history.calls == 5)

    async with asyncio.timeout(1.0):
        await catch_up.close()

    assert catch_up.sweeps == 0
