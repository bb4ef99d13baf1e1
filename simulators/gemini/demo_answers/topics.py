"""The few subjects the simulated model really knows something about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TopicText:
    """What there is to say in one language."""

    summary: str
    points: Sequence[str]


@dataclass(frozen=True)
class Topic:
    """A subject, found by its words."""

    words: re.Pattern[str]
    texts: Mapping[str, TopicText]

    def matches(self, text: str) -> bool:
        """Whether ``text`` is about this subject."""
        return bool(self.words.search(text))


def _topic(words: str, ja: TopicText, en: TopicText) -> Topic:
    return Topic(re.compile(words, re.IGNORECASE | re.ASCII), {"ja": ja, "en": en})


TOPICS: Sequence[Topic] = (
    _topic(
        r"pub\s*/?\s*sub|メッセージキュー|message queue",
        TopicText(
            "Pub/Subは、送り手と受け手を切り離してメッセージを届ける仕組みです。",
            [
                "送り手は**トピック**へ書き込むだけで、受け手の都合を待つ必要がありません。",
                "配信は**少なくとも一回**です。受け手は同じメッセージが二度届く前提で作ります。",
                "確認応答がなければ、間隔を空けて再配信されます。",
                "何度も失敗したメッセージは**デッドレター**へ移し、後から調べられます。",
            ],
        ),
        TopicText(
            "Pub/Sub delivers messages while keeping senders and receivers independent.",
            [
                "A sender only writes to a **topic** and never waits for the receivers.",
                "Delivery is **at least once**: receivers must expect the same message twice.",
                "A message that is not acknowledged is delivered again, with growing pauses.",
                "What keeps failing moves to a **dead-letter topic** and can be examined later.",
            ],
        ),
    ),
    _topic(
        r"冪等|べき等|idempoten",
        TopicText(
            "冪等性とは、同じ操作を何度行っても結果が一度のときと変わらない性質です。",
            [
                "通信が途切れると、相手に届いたかどうかは送り手には分かりません。",
                "冪等であれば、迷ったときに**安心してもう一度**送れます。",
                "操作ごとに変わらないキーを付け、処理済みかどうかを受け手で確かめます。",
                "「確かめる」と「記録する」を一つの操作にまとめるのが要点です。",
            ],
        ),
        TopicText(
            "An operation is idempotent if doing it again changes nothing more.",
            [
                "When a connection breaks, a sender cannot know whether its request arrived.",
                "With idempotent operations, it can **simply send again** when in doubt.",
                "Give every operation a stable key and let the receiver check it.",
                "Checking and recording have to be one atomic step.",
            ],
        ),
    ),
    _topic(
        r"socket\s*mode|ソケットモード",
        TopicText(
            "Socket Modeは、公開URLなしでSlackのイベントを受け取る方法です。",
            [
                "アプリの側から**WebSocket**でSlackへ接続します。",
                "受け取ったイベントには、**3秒以内**に確認応答を返します。",
                "接続は数時間ごとに張り替えられるため、再接続に備えます。",
                "社内向けのアプリに向いており、Marketplaceでの公開はできません。",
            ],
        ),
        TopicText(
            "Socket Mode lets an app receive Slack events without a public URL.",
            [
                "The app opens a **WebSocket** to Slack by itself.",
                "Every event has to be acknowledged **within three seconds**.",
                "Connections are refreshed every few hours, so be ready to reconnect.",
                "It suits internal apps; Marketplace apps cannot use it.",
            ],
        ),
    ),
    _topic(
        r"\bredis\b|レディス",
        TopicText(
            "Redisは、メモリー上で動く高速なキーと値のデータストアです。",
            [
                "キャッシュ、回数の制限、短い排他制御によく使われます。",
                "キーごとに**有効期限**を付けられます。",
                "一つのコマンドやLuaスクリプトは途中で割り込まれません。",
                "消えると困るデータは、別の場所にも置いておきます。",
            ],
        ),
        TopicText(
            "Redis is a fast in-memory key-value store.",
            [
                "It is often used for caches, rate limits and short locks.",
                "Every key can have an **expiry time**.",
                "Single commands and Lua scripts run without interruption.",
                "Keep data you cannot lose somewhere else as well.",
            ],
        ),
    ),
    _topic(
        r"何ができ|できること|使い方|what can you do|how do i use|\bhelp\b|ヘルプ",
        TopicText(
            "質問への回答、コードの作成、データの整理、短い文章の創作をお手伝いできます。",
            [
                "チャンネルでは**@Mechachang**とメンションしてください。",
                "ダイレクトメッセージでは、そのまま話しかけてください。",
                "**/gemini**に続けて質問を書くこともできます。",
                "スレッドの中で続けて質問すると、前のやり取りを踏まえてお答えします。",
            ],
        ),
        TopicText(
            "I can answer questions, write code, arrange data and compose short texts.",
            [
                "In a channel, mention **@Mechachang**.",
                "In a direct message, simply write.",
                "Or type **/gemini** followed by your question.",
                "Ask on in the thread: the answer takes what was said before into account.",
            ],
        ),
    ),
)
