"""What people see when an answer fails: one honest notice, and a way to go on."""

from pathlib import Path
from typing import Any

import aiohttp

from shared.ledger import Mark
from simulators.faults import Fault
from simulators.gemini import ErrorReply, Reply
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK
from tests.support.machine import within

DEADLINE_S = 60.0
ASKED = "@mechachang What is Redis?"


def stack_with(folder: Path, **processor: str) -> LocalStack:
    settings = {"RETRY_COUNT": "0", **processor}
    return LocalStack(StackConfig(folder=folder, delivery=QUICK, processor=settings))


def marked(stack: LocalStack, where: str, role: str, thread_ts: str | None = None) -> list[Any]:
    return [
        message
        for message in stack.slack.messages(where, thread_ts=thread_ts)
        if (mark := Mark.of_message(message)) is not None and mark.role == role
    ]


async def test_an_outage_ends_in_one_notice_with_what_failed_and_what_to_do(
    tmp_path: Path,
) -> None:
    async with stack_with(tmp_path) as stack:
        stack.gemini.script("Redis", Reply(error=ErrorReply(503)))
        asked = stack.slack.people.post("alice", "#general", ASKED)
        await stack.slack.wait_for(
            lambda: marked(stack, "#general", "notice", asked.ts), DEADLINE_S
        )
        [notice] = marked(stack, "#general", "notice", asked.ts)
        said = str(notice["blocks"])
        assert "generating" in said
        assert "Gemini didn't respond" in said.replace("\\'", "'")
        assert "no more retries" in said


async def test_a_notices_button_asks_again_once_however_often_it_is_pressed(
    tmp_path: Path,
) -> None:
    async with stack_with(tmp_path) as stack:
        people = stack.slack.people
        stack.gemini.script("Redis", Reply(text=""))
        asked = people.post("hana", "#general", "@mechachang Redisとは何ですか")
        await stack.slack.wait_for(
            lambda: marked(stack, "#general", "notice", asked.ts), DEADLINE_S
        )
        [notice] = marked(stack, "#general", "notice", asked.ts)
        assert "Gemini の回答が空でした" in str(notice["blocks"])
        stack.gemini.script("Redis", Reply(text="メモリ上のデータストアです。"))
        for who in ("hana", "kenji", "hana"):
            await people.click(who, "#general", notice["ts"], "retry")

        def delivered() -> bool:
            pushes = stack.journal.entries(step="push")
            return len([push for push in pushes if push.detail["status"] == 204]) == 4

        await stack.slack.wait_for(delivered, DEADLINE_S)
        [answer] = marked(stack, "#general", "answer", asked.ts)
        assert "データストア" in str(answer["blocks"])
        assert len(marked(stack, "#general", "notice", asked.ts)) == 1


async def test_while_slack_denies_the_token_no_work_is_taken_and_afterwards_it_is_answered(
    tmp_path: Path,
) -> None:
    async with stack_with(tmp_path) as stack:
        revoked = Fault("error", status=200, error="token_revoked")
        for method in ("conversations.replies", "auth.test"):
            stack.faults.add("slack", method, revoked, times=-1)
        asked = stack.slack.people.post("alice", "#general", ASKED)
        [processor] = stack.processors

        async def readiness() -> int:
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"{processor.url}/readyz") as response,
            ):
                return response.status

        await stack.slack.wait_for(lambda: "slack_denied" in processor.log_text(), DEADLINE_S)
        assert await readiness() == 503
        requests = len(stack.gemini.requests)
        stack.faults.clear()
        await stack.slack.wait_for(
            lambda: (
                marked(stack, "#general", "answer", asked.ts)
                or marked(stack, "#general", "notice", asked.ts)
            ),
            DEADLINE_S,
        )
        assert requests == 0
        assert await readiness() == 200


async def test_a_channel_that_was_archived_meanwhile_gets_its_asker_a_direct_message(
    tmp_path: Path,
) -> None:
    async with stack_with(tmp_path) as stack:
        stack.slack.people.post("alice", "#general", ASKED)
        stack.slack.people.channel("#general").is_archived = True
        where = stack.slack.people.dm("alice").id
        await stack.slack.wait_for(lambda: marked(stack, where, "notice"), DEADLINE_S)
        [notice] = marked(stack, where, "notice")
        assert "t post where you asked" in str(notice["blocks"])


async def test_who_asks_too_often_is_told_when_it_goes_on(tmp_path: Path) -> None:
    async with stack_with(tmp_path, USER_REQUESTS_PER_MINUTE="2") as stack:
        asked = [
            stack.slack.people.post("alice", "#general", f"{ASKED} ({number})")
            for number in range(3)
        ]
        other = stack.slack.people.post("hana", "#general", ASKED)

        def settled() -> bool:
            return all(
                marked(stack, "#general", "answer", one.ts)
                or marked(stack, "#general", "notice", one.ts)
                for one in (*asked, other)
            )

        await stack.slack.wait_for(settled, DEADLINE_S)
        notices = [n for one in asked for n in marked(stack, "#general", "notice", one.ts)]
        assert len(notices) == 1
        assert "user_rate_limited" in str(notices[0]["blocks"])
        assert "<!date^" in str(notices[0]["blocks"])
        assert marked(stack, "#general", "answer", other.ts)


async def test_an_answer_that_gemini_spoils_each_time_is_not_told_as_a_safety_matter(
    tmp_path: Path,
) -> None:
    async with stack_with(tmp_path) as stack:
        spoiled = Reply(chunks=["半分"], finish_reason="MALFORMED_RESPONSE")
        stack.gemini.script("Redis", spoiled)
        asked = stack.slack.people.post("hana", "#general", "@mechachang Redisとは何ですか")
        await stack.slack.wait_for(
            lambda: marked(stack, "#general", "notice", asked.ts), DEADLINE_S
        )
        [notice] = marked(stack, "#general", "notice", asked.ts)
        assert "Gemini の不具合" in str(notice["blocks"])
        assert "安全" not in str(notice["blocks"])


async def test_a_model_that_hangs_is_answered_for_by_the_fallback_beside_it(tmp_path: Path) -> None:
    hedging = {"RETRY_COUNT": "3", "GEMINI_HEDGE_SECONDS": '{"default": 0.5}'}
    async with stack_with(tmp_path, **hedging) as stack:
        stack.gemini.script("Redis", Reply(hang_after=0), Reply(text="An in-memory store."))
        asked = stack.slack.people.post("alice", "#general", ASKED)
        await stack.slack.wait_for(
            lambda: marked(stack, "#general", "answer", asked.ts), DEADLINE_S
        )
        [answer] = marked(stack, "#general", "answer", asked.ts)
        assert "in-memory" in str(answer["blocks"])
        first, second = stack.gemini.requests
        assert first.model != second.model
        await stack.gemini.wait_for(lambda: first.client_closed)


async def test_while_gemini_is_away_its_asker_reads_that_the_question_is_kept(
    tmp_path: Path,
) -> None:
    async with stack_with(tmp_path, RETRY_COUNT="3") as stack:
        stack.gemini.script("Redis", Reply(error=ErrorReply(503)))
        general = stack.slack.people.channel("#general").id

        def said() -> str:
            return str(stack.slack.workspace.statuses.get((general, asked.ts), ""))

        with within(15.0):
            asked = stack.slack.people.post("alice", "#general", ASKED)
            await stack.slack.wait_for(lambda: "keeping your question" in said(), DEADLINE_S)
        stack.gemini.script("Redis", Reply(text="An in-memory store."))
        await stack.slack.wait_for(
            lambda: marked(stack, "#general", "answer", asked.ts), DEADLINE_S
        )
        await stack.slack.wait_for(lambda: not said(), DEADLINE_S)
        assert marked(stack, "#general", "notice", asked.ts) == []


async def test_where_slack_shows_no_status_one_message_says_so_until_the_answer_comes(
    tmp_path: Path,
) -> None:
    async with stack_with(tmp_path, RETRY_COUNT="3") as stack:
        refused = Fault("error", status=200, error="feature_disabled")
        stack.faults.add("slack", "assistant.threads.setStatus", refused, times=-1)
        stack.gemini.script("Redis", Reply(error=ErrorReply(503)))
        with within(15.0):
            asked = stack.slack.people.post("alice", "#general", ASKED)
            await stack.slack.wait_for(
                lambda: marked(stack, "#general", "delay", asked.ts), DEADLINE_S
            )
        [delay] = marked(stack, "#general", "delay", asked.ts)
        assert "keeping your question" in delay["text"]
        stack.gemini.script("Redis", Reply(text="An in-memory store."))
        await stack.slack.wait_for(
            lambda: marked(stack, "#general", "answer", asked.ts), DEADLINE_S
        )
        assert marked(stack, "#general", "delay", asked.ts) == []
