"""``python -m deploy.check_slack`` in simulated workspaces: whole ones, and each with a gap."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deploy.check_slack.__main__ import main
from simulators.faults import Fault
from simulators.slack.config import SCOPES, SlackConfig
from tests.support.workbenches.slack import FAST, Workbench, workbench

AS_ASSUMED, NOT_CHECKED, DIFFERS = 0, 1, 3


@dataclass(frozen=True)
class Checked:
    """What the command said, and how it ended."""

    code: int
    out: str
    err: str

    def row(self, fact: str) -> str:
        """The line of the table that tells of a fact."""
        return next(line for line in self.out.splitlines() if f"  {fact}  " in line)


@dataclass(frozen=True)
class Operator:
    """Runs the command in a workspace, and says what the two people see."""

    bench: Workbench
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    async def check(self, *answers: str, channel: str | None = None) -> Checked:
        """With answers somebody is at the terminal; without, the check is unattended."""
        self.monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-local")
        self.monkeypatch.setenv("SLACK_API_URL", self.bench.running.api_url)
        words = ["--channel", channel or self.bench.general]
        words += ["--asker", self.bench.slack.people.user("hana").id]
        reading, writing = os.pipe()
        try:
            os.write(writing, "".join(f"{answer}\n" for answer in answers).encode())
            os.close(writing)
            code = await asyncio.to_thread(
                main, [*words, *(() if answers else ("--unattended",))], reading
            )
        finally:
            os.close(reading)
        return Checked(code, *self.capsys.readouterr())

    @property
    def left_behind(self) -> list[object]:
        """What still stands in the workspace."""
        workspace = self.bench.slack.workspace
        logs = [message for id_ in workspace.channels for message in workspace.log(id_).all()]
        files = [file.id for file in workspace.files.values() if file.mode != "tombstone"]
        return [*logs, *files, *workspace.sessions.processing(), *workspace.live_streams()]


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)


@asynccontextmanager
async def operator(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: SlackConfig = FAST,
) -> AsyncIterator[Operator]:
    async with workbench(config) as bench:
        yield Operator(bench, monkeypatch, capsys)


async def test_a_workspace_that_is_as_assumed_is_told_so_and_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with operator(monkeypatch, capsys) as here:
        checked = await here.check()
        assert checked.code == AS_ASSUMED, checked
        assert "differs" not in checked.out
        assert "missing" not in checked.out
        # What only people can see stays open, and is not called good.
        assert checked.row("a running stream, for bystanders").startswith("unknown")
        assert "STREAM_IN=everywhere (nobody looked" in checked.out
        assert here.left_behind == []


async def test_what_two_people_see_decides_where_answers_are_streamed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with operator(monkeypatch, capsys) as here:
        # The session after a stream, then the bystander's view, then Slack's own Stop.
        checked = await here.check("y", "n", "y")
        assert "BYSTANDER" in checked.out
        assert checked.code == DIFFERS
        assert checked.row("Slack's own Stop during a session").startswith("as assumed")
        assert checked.row("a running stream, for bystanders").startswith("differs")
        assert "STREAM_IN=dm (in channels only the asker sees it grow)" in checked.out
        assert (await here.check("y", "y", "y")).out.endswith("STREAM_IN=everywhere\n")
        # An empty line, and nobody at the terminal, are no answers.
        assert (await here.check("", "")).code == AS_ASSUMED


@pytest.mark.parametrize(
    ("config", "row", "seen"),
    [
        (replace(FAST, agent_app=False), "sessions of an agent", "not_agent_app"),
        (replace(FAST, scopes=SCOPES - {"files:write"}), "a file in a thread", "files:write"),
        (replace(FAST, scopes=SCOPES - {"files:read"}), "the file, downloaded again", "another"),
        (replace(FAST, scopes=SCOPES - {"im:write"}), "direct messages", "im:write"),
        (
            replace(FAST, scopes=SCOPES - {"channels:history"}),
            "a post's metadata, read back",
            "channels:history",
        ),
    ],
)
async def test_what_a_workspace_lacks_is_told_and_the_rest_is_checked(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    config: SlackConfig,
    row: str,
    seen: str,
) -> None:
    async with operator(monkeypatch, capsys, config) as here:
        checked = await here.check()
        assert checked.code == DIFFERS, checked
        assert seen in checked.row(row)
        assert checked.row("task cards in a stream").startswith("as assumed")


@pytest.mark.parametrize(
    ("method", "row"),
    [
        ("chat.startStream", "a stream in a channel"),
        ("chat.update", "its metadata after an edit"),
        ("agents.sessions.setStatus", "sessions of an agent"),
        ("assistant.threads.setStatus", "the status beside a session"),
        ("chat.appendStream", "task cards in a stream"),
        ("files.getUploadURLExternal", "a file in a thread"),
    ],
)
async def test_a_method_that_an_old_server_lacks_is_told_and_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], method: str, row: str
) -> None:
    async with operator(monkeypatch, capsys) as here:
        unknown = Fault("error", status=200, error="unknown_method")
        here.bench.faults.add("slack", method, unknown, times=-1)
        checked = await here.check()
        assert checked.code == DIFFERS, checked
        assert "unknown_method" in checked.row(row)
        here.bench.faults.clear()
        # What a server without sessions cannot end, Slack itself ends after an hour.
        sessions = here.bench.slack.workspace.sessions.processing()
        assert [each for each in here.left_behind if each not in sessions] == []


async def test_an_app_that_may_read_once_a_minute_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with operator(monkeypatch, capsys) as here:
        # The limit meets the second of the three reads in a row, behind those of the metadata.
        limited = Fault("error", status=429, error="ratelimited", detail={"retry_after": 60})
        passed = Fault("delay")
        here.bench.faults.add("slack", "conversations.replies", passed, times=3)
        here.bench.faults.add("slack", "conversations.replies", limited)
        checked = await here.check()
        assert "wait 60 s" in checked.row("three reads of a thread at once")
        assert "install Mechachang as an internal app" in checked.out
        assert here.left_behind == []


async def test_what_cannot_be_removed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with operator(monkeypatch, capsys) as here:
        forbidden = Fault("error", status=200, error="cant_delete_message")
        here.bench.faults.add("slack", "chat.delete", forbidden)
        checked = await here.check()
        assert checked.code == NOT_CHECKED
        [left] = [line for line in checked.out.splitlines() if "cant_delete_message" in line]
        assert here.bench.general in left


async def test_without_a_place_or_a_good_token_nothing_is_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    async with operator(monkeypatch, capsys) as here:
        checked = await here.check(channel=here.bench.humans_only)
        assert checked.code == NOT_CHECKED
        assert "not_in_channel" in checked.err
        assert "ボットを招待してください" in checked.err
        denied = Fault("error", status=200, error="token_revoked")
        here.bench.faults.add("slack", "auth.test", denied)
        checked = await here.check()
        assert (checked.code, checked.out) == (NOT_CHECKED, "")
        assert "token_revoked" in checked.err


async def test_it_speaks_the_operators_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOY_LANG", "ja")
    async with operator(monkeypatch, capsys) as here:
        checked = await here.check("はい", "いいえ", "はい")
        assert "【質問者以外の方】" in checked.out
        assert "設定：STREAM_IN=dm" in checked.out
        assert "想定どおり" in checked.row("ストリームのタスクカード")
