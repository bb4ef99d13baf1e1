"""Streams, in direct messages and channels, with task cards, and the sessions that they begin."""

from typing import Final

from deploy.check_slack.findings import (
    Fact,
    Finding,
    differs,
    refused,
    told_by_people,
    untried,
    works,
)
from deploy.check_slack.people import People
from deploy.check_slack.posts import check_stream_mark
from deploy.check_slack.workspace import Refusal, Thread, Workspace
from deploy.language import words

_FIRST, _NEXT, _LAST = "Mechachang: one ", "two ", "three"
_CARD: Final = {"type": "task_update", "id": "check", "title": "Mechachang"}


async def check_stream_in_channel(
    slack: Workspace, thread: Thread, people: People
) -> list[Finding]:
    """A stream in a channel: whether it runs, for whom, and what reading it back returns."""
    try:
        ts = await slack.start_stream(thread, markdown_text=_FIRST)
        await _append(slack, thread, ts, _NEXT)
        growing = await _growing(slack, thread, ts)
        others = told_by_people(
            "growing_for_others",
            await people.confirm(
                words(
                    f'BYSTANDER (not the asker): open the thread "Mechachang is being checked" in '
                    f"{thread.channel}. Does it say one AND two?",
                    f"【質問者以外の方】{thread.channel} の「Mechachang の動作確認中です」の"
                    "スレッドを開いてください。one と two の両方が見えますか？",
                )
            ),
        )
        ended = await _end(slack, thread, ts)
    except Refusal as refusal:
        why = words("no stream", "ストリームなし")
        facts: tuple[Fact, ...] = (
            "growing_text",
            "growing_for_others",
            "session_status",
            "stream_mark",
        )
        return [refused("stream_in_channel", refusal), *(untried(fact, why) for fact in facts)]
    mark = (
        await check_stream_mark(slack, thread, ts)
        if ended.verdict != "unknown"
        else untried("stream_mark", ended.seen)
    )
    return [works("stream_in_channel"), growing, others, ended, mark]


async def check_stream_in_direct(slack: Workspace, thread: Thread, people: People) -> list[Finding]:
    """A stream in direct messages, and whether its plain end leaves the session at work."""
    try:
        ts = await slack.start_stream(thread, markdown_text=_FIRST)
        await _append(slack, thread, ts, _NEXT)
        await slack.end_stream(thread, ts, markdown_text=_LAST)
    except Refusal as refusal:
        why = words("no stream", "ストリームなし")
        return [refused("stream_in_direct", refusal), untried("session_after_stream", why)]
    answer = await people.confirm(
        words(
            "ASKER: the words in the direct message with Mechachang are complete. Does Slack "
            "still offer Stop there?",
            "【質問者】Mechachang との DM の文は完成しました。Slack の停止ボタンは"
            "まだ表示されていますか？",
        )
    )
    return [works("stream_in_direct"), told_by_people("session_after_stream", answer)]


async def check_cards(slack: Workspace, thread: Thread) -> Finding:
    """A task card in a stream, from its beginning to its end."""
    begun = [{**_CARD, "status": "in_progress", "details": "one"}]
    over = [{**_CARD, "status": "complete", "output": "two"}]
    try:
        ts = await slack.start_stream(thread, chunks=begun)
        await slack.ask(slack.client.chat_appendStream, channel=thread.channel, ts=ts, chunks=over)
        await slack.end_stream(thread, ts, chunks=[{"type": "markdown_text", "text": _LAST}])
    except Refusal as refusal:
        return refused("cards", refusal)
    return works("cards")


async def _append(slack: Workspace, thread: Thread, ts: str, text: str) -> None:
    append = slack.client.chat_appendStream
    await slack.ask(append, channel=thread.channel, ts=ts, markdown_text=text)


async def _growing(slack: Workspace, thread: Thread, ts: str) -> Finding:
    try:
        text = str((await slack.message(thread, ts)).get("text", ""))
    except Refusal as refusal:
        return refused("growing_text", refusal)
    if _NEXT.strip() in text:
        return works("growing_text")
    seen = (
        words("its first words", "最初の文のみ")
        if _FIRST.strip() in text
        else words("no word", "文なし")
    )
    return differs(
        "growing_text",
        seen,
        words(
            "A stream whose start Slack did not confirm may be found only at its end.",
            "開始が確認できなかったストリームは、終了時まで見つからないことがあります。",
        ),
    )


async def _end(slack: Workspace, thread: Thread, ts: str) -> Finding:
    """End it with a status for its session, or without."""
    try:
        await slack.end_stream(thread, ts, markdown_text=_LAST, session_status="active")
    except Refusal as refusal:
        if refusal.code == "message_not_in_streaming_state":
            # It has ended by itself after some five minutes.
            return untried("session_status", words("ended by itself", "自動終了"))
        await slack.end_stream(thread, ts, markdown_text=_LAST)
        return refused("session_status", refusal)
    return works("session_status")
