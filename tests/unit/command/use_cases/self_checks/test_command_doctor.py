"""``/gemini doctor`` names what stands between a person and an answer, each with its fix."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from command_service.envelope.ack_deadline import ack_deadline
from command_service.payloads.model import AskingReaction
from command_service.payloads.slash_command import DoctorRequest, read_doctor_request
from command_service.ports import ChannelDiagnosis, SocketState
from command_service.scopes import ALL_SCOPES, ASKING_SCOPES, GROUP_SCOPES
from command_service.use_cases.policy import Policy
from command_service.use_cases.self_checks.doctor import (
    DoctorDeps,
    run_checks,
)
from command_service.use_cases.throttle import Cooldown
from shared.errors import SlackDenied, SlackUnavailable
from shared.slack.blocks import section
from shared.slack.findings import Report
from shared.task import Kind, Locale, task_id_of_command
from shared.telemetry.metrics import EVENTS
from tests.support.counted import Counted
from tests.support.fakes.command.lookups import FakeDiagnostics
from tests.support.fakes.command.payloads import IDENTITY, a_command
from tests.support.fakes.command.world import World

CONNECTED = SocketState(connected=True, down_s=0.0, heard_age_s=2.0, kept_age_s=0.2)


class Practice(World):
    """The doctor with fakes all around."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.locales.locale = "en"
        self.diagnostics = FakeDiagnostics()
        self.state: SocketState | None = CONNECTED
        self.cooldown = Cooldown(10.0)

    async def visited(self, locale: Locale = "en") -> str:
        return (await self.report(locale)).text

    async def report(self, locale: Locale = "en") -> Report:
        async def socket_state() -> SocketState | None:
            return self.state

        self.locales.locale = locale
        visit = read_doctor_request(a_command("doctor"))
        assert isinstance(visit, DoctorRequest)
        doctor = DoctorDeps(
            self.submit_deps, IDENTITY, self.diagnostics, socket_state, self.cooldown, "rev-7"
        )
        return await run_checks(visit, doctor)


@pytest.fixture
async def practice() -> AsyncIterator[Practice]:
    practice = Practice()
    yield practice
    await practice.settle()


def failed(report: str) -> list[str]:
    return [line for line in report.splitlines() if line.startswith("⚠️")]


@pytest.mark.parametrize("text", ["doctor", " Doctor ", "ＤＯＣＴＯＲ", "診断"])
def test_the_doctor_is_called_by_its_name(text: str) -> None:
    visit = read_doctor_request(a_command(text))

    assert isinstance(visit, DoctorRequest)
    assert visit.task_id == task_id_of_command("T1", "1.2.abc")


@pytest.mark.parametrize("text", ["", "help", "doctor who is the best one?", "what is a doctor"])
def test_a_question_about_doctors_is_a_question(text: str) -> None:
    assert read_doctor_request(a_command(text)) is None


@pytest.mark.parametrize("locale", ["ja", "en"])
async def test_where_all_is_well_there_is_no_cross(practice: Practice, locale: Locale) -> None:
    report = await practice.visited(locale)

    assert failed(report) == []
    assert report.count("✓") == 11
    assert "(rev-7)" in report


@pytest.mark.parametrize(
    ("locale", "verdict"),
    [
        ("ja", "✅ *質問の受付は正常に動いています。*"),
        ("en", "✅ *Health check, intake: everything works.*"),
    ],
)
async def test_the_verdict_comes_first_and_what_passed_is_small_below_it(
    practice: Practice, locale: Locale, verdict: str
) -> None:
    report = await practice.report(locale)

    assert report.text.startswith(f"{verdict}\n✓ ")
    first, *rest = report.blocks
    assert first == section(verdict)
    assert [block["type"] for block in rest] == ["context", "context"]


async def test_what_does_not_work_comes_first_with_what_to_do(practice: Practice) -> None:
    practice.diagnostics.seen = ChannelDiagnosis(member=False, external=False)
    report = await practice.report("ja")

    fault, fix = report.verdict.split("\n")
    assert fault.startswith("⚠️ *このチャンネルに参加していません。")
    assert fix == "→ `/invite` で <@UBOT> をチャンネルに追加してください。"
    assert "✓" not in str(report.blocks[0])


async def test_the_processor_is_asked_to_report_to_the_same_person(practice: Practice) -> None:
    report = await practice.visited()

    [(task, attributes)] = practice.queue.published
    assert (task.kind, task.user_id, task.channel_id) == (Kind.DOCTOR, "U1", "C1")
    assert task.response_url == "https://hooks.example/response/1"
    assert attributes["kind"] == "doctor"
    assert "The answering service reports next" in report


@pytest.mark.parametrize("scope", sorted(ALL_SCOPES - GROUP_SCOPES - ASKING_SCOPES))
async def test_a_missing_scope_is_named(practice: Practice, scope: str) -> None:
    practice.diagnostics.granted = ALL_SCOPES - {scope}

    [line] = failed(await practice.visited())
    assert line == f"⚠️ *Scopes are missing: `{scope}`*"


async def test_without_the_scopes_of_group_direct_messages_it_says_what_is_left_out(
    practice: Practice,
) -> None:
    practice.diagnostics.granted = ALL_SCOPES - GROUP_SCOPES

    report = await practice.visited()
    [line] = failed(report)
    assert line == (
        "⚠️ *I can't answer in group direct messages (missing scopes: `mpim:history`, `mpim:read`)*"
    )
    assert "Everywhere else I work as before." in report
    assert "All scopes are granted" not in report


@pytest.mark.parametrize(
    ("asking", "lines"),
    [
        (None, []),
        (
            AskingReaction("gemini"),
            ["⚠️ *I can't answer reactions (missing scope: `reactions:read`)*"],
        ),
    ],
    ids=["off", "on"],
)
async def test_without_the_scope_of_reactions_it_says_so_where_one_is_to_ask(
    practice: Practice, asking: AskingReaction | None, lines: list[str]
) -> None:
    practice.asking = asking
    practice.diagnostics.granted = ALL_SCOPES - ASKING_SCOPES

    report = await practice.visited()
    assert failed(report) == lines
    assert ("Everything else works as before." in report) is bool(lines)


async def test_scopes_that_slack_does_not_tell_are_no_finding(practice: Practice) -> None:
    practice.diagnostics.granted = None

    assert "scopes" not in (await practice.visited()).lower()


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        (Policy(team_ids=frozenset({"T9"})), "add `T1` to `ALLOWED_TEAM_IDS`"),
        (Policy(channel_ids=frozenset({"C9"})), "add `C1` to `ALLOWED_CHANNEL_IDS`"),
        (Policy(user_ids=frozenset({"U9"})), "add `U1` to `ALLOWED_USER_IDS`"),
        (Policy(rollout_percent=0), "add `U1` to `ROLLOUT_USER_IDS`"),
    ],
)
async def test_a_rule_that_keeps_the_person_out_is_named(policy: Policy, named: str) -> None:
    report = await Practice(policy).visited()

    assert len(failed(report)) == 1
    assert named in report


async def test_where_we_are_no_member_we_say_how_to_invite_us(practice: Practice) -> None:
    practice.diagnostics.seen = ChannelDiagnosis(member=False, external=False)
    report = await practice.visited()

    assert len(failed(report)) == 1
    assert "Add <@UBOT> to the channel" in report


async def test_a_shared_channel_is_a_fault_unless_it_is_allowed() -> None:
    outside = ChannelDiagnosis(member=True, external=True)
    strict, open_minded = Practice(), Practice(Policy(external_channels=True))
    strict.diagnostics.seen = open_minded.diagnostics.seen = outside

    assert "ALLOW_EXTERNAL_CHANNELS" in await strict.visited()
    report = await open_minded.visited()
    assert failed(report) == []
    assert "which is allowed" in report


async def test_a_socket_that_is_down_is_told_and_http_mode_has_none(practice: Practice) -> None:
    practice.state = replace(CONNECTED, connected=False, down_s=42.0)
    assert "has been down for 42 s" in await practice.visited()

    practice.state = None
    assert "socket" not in await practice.visited()


async def test_a_denied_token_is_named_and_the_other_findings_stand(practice: Practice) -> None:
    practice.diagnostics.failure = SlackDenied("denied", slack_error="token_revoked")
    report = await practice.visited()

    assert "couldn't confirm the bot token (`token_revoked`)" in report
    assert "✓ This workspace is allowed" in report


async def test_a_queue_that_does_not_confirm_means_no_report(practice: Practice) -> None:
    practice.queue.down = True
    report = await practice.visited()

    assert failed(report) == ["⚠️ *The queue (Pub/Sub) didn't confirm (`queue_unavailable`)*"]
    assert "couldn't check" in report
    assert "reports next" not in report


async def test_nothing_is_examined_more_often_than_every_ten_seconds(practice: Practice) -> None:
    await practice.visited()
    report = await practice.visited()

    assert len(practice.queue.published) == 1
    assert "at most once every 10 s" in report
    assert practice.diagnostics.looks == 2
    assert failed(report) == []


@pytest.mark.parametrize(
    ("down", "became"),
    [(False, ("accepted", "none")), (True, ("handed_back", "queue_unavailable"))],
)
async def test_each_visit_is_counted_once_and_as_no_question(
    practice: Practice, down: bool, became: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(EVENTS, monkeypatch)
    practice.queue.down = down
    await practice.visited()
    await practice.visited()

    told = [(each["outcome"], each["reason"]) for _, each in counted.series()]
    assert told == [became, ("refused", "too_soon")]
    assert {(n, each["source"], each["kind"]) for n, each in counted.series()} == {
        (1, "slash_command", "doctor")
    }


async def test_however_slow_slack_and_the_queue_are_the_ack_comes_in_time(
    practice: Practice,
) -> None:
    practice.diagnostics.hangs = practice.queue.hangs = True
    with ack_deadline(0.05):
        async with asyncio.timeout(1.0):
            report = await practice.visited()

    assert len(failed(report)) == 3
    assert "`timeout`" in report


async def test_slack_being_away_is_no_denial(practice: Practice) -> None:
    practice.diagnostics.failure = SlackUnavailable("away")

    assert "(`slack_unavailable`)" in await practice.visited()


async def test_who_may_not_ask_sees_which_rule_and_has_nothing_examined() -> None:
    practice = Practice(policy=Policy(user_ids=frozenset({"U9"})))
    report = await practice.visited()
    assert "ALLOWED_USER_IDS" in report
    assert "Ask your admin if you need it" in report
    assert practice.diagnostics.looks == 0
    assert practice.queue.published == []
    await practice.settle()
