"""The findings: each fact, what Mechachang assumes of it, and what the workspace does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from deploy.check_slack.workspace import Refusal
from deploy.language import columns, padded, words

Verdict = Literal["as assumed", "differs", "missing", "unknown"]
Fact = Literal[
    "post",
    "edit",
    "reading",
    "direct",
    "stream_in_direct",
    "stream_in_channel",
    "growing_text",
    "growing_for_others",
    "stream_mark",
    "cards",
    "session",
    "session_status",
    "native_stop",
    "session_after_stream",
    "status",
    "upload",
    "download",
]
_BAD: Final = frozenset({"differs", "missing"})


@dataclass(frozen=True)
class Finding:
    """One fact as it is in this workspace. ``seen`` is reported, and ``advice`` says what to do."""

    fact: Fact
    verdict: Verdict
    seen: str = ""
    advice: str = ""


def works(fact: Fact, seen: str = "") -> Finding:
    """It is as assumed."""
    return Finding(fact, "as assumed", seen or words("yes", "はい"))


def refused(fact: Fact, refusal: Refusal, advice: str = "") -> Finding:
    """Slack said no, or nothing that decides it."""
    if not refusal.decided:
        return untried(fact, refusal.code)
    return Finding(fact, "missing", refusal.code, advice or _left_out())


def differs(fact: Fact, seen: str, advice: str = "") -> Finding:
    """It is there, but other than assumed."""
    return Finding(fact, "differs", seen, advice)


def untried(fact: Fact, why: str) -> Finding:
    """Nothing is known of it."""
    return Finding(fact, "unknown", why)


def told_by_people(fact: Fact, answer: bool | None, advice: str = "") -> Finding:
    """What somebody who looked has said; None is that nobody did."""
    if answer is None:
        return untried(fact, words("nobody looked", "未確認"))
    return works(fact) if answer else differs(fact, words("no", "いいえ"), advice)


def _left_out() -> str:
    return words(
        'Mechachang goes on without it. After "missing_scope" add the scope and install the app '
        "again.",
        "これがなくても Mechachang は動作します。missing_scope の場合は、スコープを追加して"
        "アプリを再インストールしてください。",
    )


def exit_code_of(findings: Iterable[Finding]) -> int:
    """0 if nothing is other than Mechachang assumes it, else 3."""
    return 3 if any(finding.verdict in _BAD for finding in findings) else 0


def stream_in(findings: Iterable[Finding]) -> str:
    """The value of STREAM_IN that follows, and why."""
    found = {finding.fact: finding.verdict for finding in findings}
    if found.get("stream_in_direct") == "missing":
        why = words("no stream in direct messages", "DM でストリーミングできないため")
        return f"STREAM_IN=never ({why})"
    if found.get("stream_in_channel") == "missing":
        return f"STREAM_IN=dm ({words('no stream in channels', 'チャンネルでは使えないため')})"
    if found.get("growing_for_others") == "differs":
        why = words(
            "in channels only the asker sees it grow",
            "チャンネルでは質問者にしか途中の文が見えないため",
        )
        return f"STREAM_IN=dm ({why})"
    if found.get("growing_for_others") == "as assumed":
        return "STREAM_IN=everywhere"
    why = words(
        "nobody looked: with two people it is known",
        "見え方は未確認です。2 人で実行すると分かります",
    )
    return f"STREAM_IN=everywhere ({why})"


def report(findings: Iterable[Finding]) -> list[str]:
    """The table, what to do about each, and the setting that follows."""
    listed = list(findings)
    told = _facts()
    rows = [(_verdict(each.verdict), *told[each.fact], each.seen or "") for each in listed]
    heads = (
        "",
        words("fact", "項目"),
        words("assumed", "想定"),
        words("here", "このワークスペース"),
    )
    colon = words(": ", "：")
    advice = [f"* {told[each.fact][0]}{colon}{each.advice}" for each in listed if each.advice]
    setting = words("What follows: ", "設定：") + stream_in(listed)
    return [*_table([heads, *rows]), "", *advice, *([""] if advice else []), setting]


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(columns(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(padded(cell, w) for cell, w in zip(row, widths, strict=True)) for row in rows
    ]
    return [line.rstrip() for line in lines]


def _verdict(verdict: Verdict) -> str:
    return {
        "as assumed": words("as assumed", "想定どおり"),
        "differs": words("differs", "想定と異なる"),
        "missing": words("missing", "使えない"),
        "unknown": words("unknown", "不明"),
    }[verdict]


def _facts() -> Mapping[Fact, tuple[str, str]]:
    """The name of each fact and what is assumed, in the order of the table."""
    whole = words("whole", "すべて")
    able = words("works", "使える")
    return {
        "post": (words("a post's metadata, read back", "投稿のメタデータ（読み返し）"), whole),
        "edit": (
            words("its metadata after an edit", "編集後のメタデータ"),
            words("the new one", "新しい値"),
        ),
        "reading": (
            words("three reads of a thread at once", "スレッドの連続読み取り（3 回）"),
            words("not limited", "制限なし"),
        ),
        "direct": (words("direct messages", "DM の送信"), able),
        "stream_in_direct": (words("a stream in direct messages", "DM でのストリーミング"), able),
        "stream_in_channel": (
            words("a stream in a channel", "チャンネルでのストリーミング"),
            able,
        ),
        "growing_text": (
            words("a running stream, read back", "実行中のストリームの読み返し"),
            words("its words so far", "それまでの全文"),
        ),
        "growing_for_others": (
            words("a running stream, for bystanders", "実行中のストリーム（ほかの人の画面）"),
            words("its words so far", "それまでの全文"),
        ),
        "stream_mark": (
            words("metadata at a stream's end, read back", "終了時のメタデータ（読み返し）"),
            whole,
        ),
        "cards": (words("task cards in a stream", "ストリームのタスクカード"), able),
        "session": (words("sessions of an agent", "エージェントのセッション"), able),
        "session_status": (
            words("session_status at a stream's end", "終了時の session_status"),
            able,
        ),
        "native_stop": (
            words("Slack's own Stop during a session", "セッション中の Slack の停止ボタン"),
            words("shown", "表示される"),
        ),
        "session_after_stream": (
            words("a session after a stream's plain end", "状態指定なしで終えた後のセッション"),
            words("goes on", "続く"),
        ),
        "status": (words("the status beside a session", "セッション中のステータス表示"), able),
        "upload": (words("a file in a thread", "スレッドへのファイル共有"), able),
        "download": (words("the file, downloaded again", "ファイルの再ダウンロード"), whole),
    }
