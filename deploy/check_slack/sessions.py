"""Sessions of an agent, Slack's own Stop, and the older status."""

from deploy.check_slack.findings import (
    Finding,
    differs,
    refused,
    told_by_people,
    untried,
    works,
)
from deploy.check_slack.people import People
from deploy.check_slack.workspace import Refusal, Thread, Workspace
from deploy.language import words


async def check_sessions(slack: Workspace, thread: Thread, people: People) -> list[Finding]:
    """A session that is at work, with its title, its Stop and a status beside it."""
    try:
        begun = await slack.sessions(
            thread, "processing", title="Mechachang", initiator_user_id=slack.asker
        )
    except Refusal as refusal:
        advice = words(
            "Mechachang goes on without it. After not_agent_app the manifest lacks agent_view.",
            "これがなくても Mechachang は動作します。not_agent_app の場合は、マニフェストに "
            "agent_view がありません。",
        )
        stop = untried("native_stop", words("no session", "セッションなし"))
        return [refused("session", refusal, advice), stop, await _status(slack, thread)]
    status = await _status(slack, thread)
    answer = await people.confirm(
        words(
            f'ASKER: open the thread "Mechachang is being checked" in {thread.channel}. Does '
            "Slack offer a Stop of its own?",
            f"【質問者】{thread.channel} の「Mechachang の動作確認中です」のスレッドを"
            "開いてください。Slack の停止ボタンが表示されていますか？",
        )
    )
    stop = told_by_people("native_stop", answer)
    session = _begun(begun.get("warning"))
    try:
        await slack.sessions(thread, "active")
    except Refusal as refusal:
        session = refused("session", refusal)
    return [session, stop, status]


def _begun(warning: str | None) -> Finding:
    if not warning:
        return works("session")
    return differs(
        "session",
        warning,
        words(
            "The manifest lacks the event agent_session_stopped: without it Slack shows no Stop.",
            "マニフェストに agent_session_stopped イベントがないため、停止ボタンが表示されません。",
        ),
    )


async def _status(slack: Workspace, thread: Thread) -> Finding:
    place = {"channel_id": thread.channel, "thread_ts": thread.ts}
    change = slack.client.assistant_threads_setStatus
    try:
        await slack.ask(change, **place, status="…")
        await slack.ask(change, **place, status="")
    except Refusal as refusal:
        return refused(
            "status",
            refusal,
            words(
                "Delays are told in a message of their own instead.",
                "遅延のお知らせは、代わりにメッセージで表示されます。",
            ),
        )
    return works("status")
