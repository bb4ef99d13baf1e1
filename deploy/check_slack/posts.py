"""Posts, their content when it is read back, and files."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from deploy.check_slack.findings import Fact, Finding, differs, refused, untried, works
from deploy.check_slack.workspace import Refusal, Thread, Workspace
from deploy.language import words

_READS: Final = 3
_CONTENT: Final = "Mechachang 確認\n".encode()
_LOOKS: Final = 20
_LOOK_EVERY_S: Final = 0.5


async def check_posts(slack: Workspace, thread: Thread) -> list[Finding]:
    """The metadata of a post, before and after an edit, and how often may be read."""
    try:
        posted = await slack.message(thread, thread.ts)
    except Refusal as refusal:
        advice = words(
            "Mechachang recognises its answers by reading them back: without it a crash may "
            "double one.",
            "Mechachang は読み返しで自分の回答を見分けます。できない場合、障害時に回答が"
            "重複することがあります。",
        )
        why = words("nothing can be read", "読み取り不可")
        return [refused("post", refusal, advice), untried("edit", why), untried("reading", why)]
    found = [_whole("post", posted, slack.metadata)]
    return [*found, await _edit(slack, thread), await _reading(slack, thread)]


def _whole(fact: Fact, message: Mapping[str, Any], metadata: Mapping[str, Any]) -> Finding:
    there = message.get("metadata") or {}
    if all(there.get(name) == value for name, value in metadata.items()):
        return works(fact)
    seen = words("only a part of it", "一部のみ") if there else words("nothing", "なし")
    advice = words(
        "Mechachang recognises its answers by it: without it a crash may double one.",
        "Mechachang はこれで自分の回答を見分けます。ない場合、障害時に回答が"
        "重複することがあります。",
    )
    return differs(fact, seen, advice)


async def _edit(slack: Workspace, thread: Thread) -> Finding:
    metadata = slack.metadata
    metadata["event_payload"] |= {"edited": "yes"}
    place = {"channel": thread.channel, "ts": thread.ts}
    text = words(
        "Mechachang is being checked; this goes away by itself (edited).",
        "Mechachang の動作確認中です。このメッセージは自動で削除されます（編集済み）。",
    )
    try:
        await slack.ask(slack.client.chat_update, **place, text=text, metadata=metadata)
        return _whole("edit", await slack.message(thread, thread.ts), metadata)
    except Refusal as refusal:
        return refused("edit", refusal)


async def _reading(slack: Workspace, thread: Thread) -> Finding:
    place = {"channel": thread.channel, "ts": thread.ts, "limit": 1000}
    for _ in range(_READS):
        try:
            await slack.ask_once(slack.client.conversations_replies, **place)
        except Refusal as refusal:
            if refusal.retry_after_s is None:
                return refused("reading", refusal)
            seconds = round(refusal.retry_after_s)
            advice = words(
                "Slack limits apps that are distributed commercially to one read a minute: "
                "install Mechachang as an internal app of your own.",
                "Slack は商用配布アプリの読み取りを 1 分に 1 回までに制限しています。"
                "自社の内部アプリとしてインストールしてください。",
            )
            return differs("reading", words(f"wait {seconds} s", f"{seconds} 秒待ち"), advice)
    return works("reading")


async def check_stream_mark(slack: Workspace, thread: Thread, ts: str) -> Finding:
    """The metadata that a stream was ended with."""
    try:
        return _whole("stream_mark", await slack.message(thread, ts), slack.metadata)
    except Refusal as refusal:
        return refused("stream_mark", refusal)


async def check_files(
    slack: Workspace, thread: Thread, http: aiohttp.ClientSession
) -> list[Finding]:
    """A file into the thread, and back."""
    try:
        await _upload(slack, thread, http)
    except Refusal as refusal:
        advice = words(
            "Long answers are posted whole instead of as a file.",
            "長い回答は、ファイルではなく投稿に分けて表示されます。",
        )
        why = words("no file", "ファイルなし")
        return [refused("upload", refusal, advice), untried("download", why)]
    file, looks = await _shared(slack, thread)
    if file is None:
        why = words("not seen in the thread", "スレッドに表示されず")
        return [differs("upload", why), untried("download", why)]
    seconds = looks * _LOOK_EVERY_S
    seen = words(f"yes, seen after {seconds:g} s", f"はい（{seconds:g} 秒後に表示）")
    return [works("upload", seen), await _download(slack, str(file.get("url_private")), http)]


async def _upload(slack: Workspace, thread: Thread, http: aiohttp.ClientSession) -> None:
    client = slack.client
    announced = await slack.ask(
        client.files_getUploadURLExternal, filename="mechachang-check.txt", length=len(_CONTENT)
    )
    slack.files.append(announced["file_id"])
    try:
        async with http.post(announced["upload_url"], data=_CONTENT) as taken:
            if taken.status != 200:
                raise Refusal(f"HTTP {taken.status}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refusal(words("no answer", "応答なし"), decided=False) from error
    await slack.ask(
        client.files_completeUploadExternal,
        files=[{"id": announced["file_id"], "title": "Mechachang"}],
        channel_id=thread.channel,
        thread_ts=thread.ts,
    )


async def _shared(slack: Workspace, thread: Thread) -> tuple[Mapping[str, Any] | None, int]:
    """The file as the thread shows it, and how many looks that took: Slack shares it later."""
    for looks in range(_LOOKS):
        try:
            messages = await slack.replies(thread)
        except Refusal:
            break
        for file in (file for each in messages for file in each.get("files", ())):
            if file["id"] in slack.files:
                return file, looks
        await asyncio.sleep(_LOOK_EVERY_S)
    return None, _LOOKS


async def _download(slack: Workspace, url: str, http: aiohttp.ClientSession) -> Finding:
    # The token goes to the address that Slack names, and not along with a redirect.
    bearer = {"Authorization": f"Bearer {slack.client.token}"}
    try:
        async with http.get(url, headers=bearer, allow_redirects=False) as given:
            content, status = await given.read(), given.status
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return untried("download", words("no answer", "応答なし"))
    if content == _CONTENT and status == 200:
        return works("download")
    if status in {301, 302, 303, 307, 308}:
        return works("download", words("redirected, as on Enterprise Grid", "リダイレクトあり"))
    advice = words(
        "Files of questions cannot be read: files:read is missing, or Slack asks to sign in.",
        "質問に添付されたファイルを読めません。files:read がないか、サインインを求められています。",
    )
    return differs("download", words("another content", "別の内容"), advice)
