"""Texts around answers: buttons, notes and statuses, in Japanese and English."""

from typing import Final

from shared.task import Locale, Purpose, Texts, Wish

CACHED: Final[Texts] = {
    "ja": "以前の同じ質問への回答です。",
    "en": "Cached answer to the same question",
}
REGENERATE: Final[Texts] = {"ja": "再生成", "en": "Regenerate"}
TRUNCATED: Final[Texts] = {
    "ja": "_回答が長さの上限に達したため、ここで終わっています。続きが必要な場合は「続きをお願いします」とお書きください。_",
    "en": "_The answer hit its length limit and ends here. Ask me to continue if you need more._",
}
SOURCES: Final[Texts] = {"ja": "出典", "en": "Sources"}
SEARCHES: Final[Texts] = {"ja": "Google 検索", "en": "Google Search"}
WITHOUT_SEARCH: Final[Texts] = {
    "ja": "検索は使われていません。モデルの知識だけでお答えしています。",
    "en": "No search was used: this answer relies on what the model already knows.",
}
MODE: Final[Texts] = {"ja": "{name}モード", "en": "{name} mode"}
ANSWER_IN_MODE: Final[Texts] = {
    "ja": "{name}モードで答え直す",
    "en": "Answer in {name} mode",
}
SHORTER: Final[Texts] = {"ja": "もっと短く", "en": "Shorter"}
LONGER: Final[Texts] = {"ja": "もっと詳しく", "en": "Longer"}
WISHED: Final[dict[Wish, Texts]] = {
    Wish.SHORTER: {"ja": "短い版", "en": "Shorter version"},
    Wish.LONGER: {"ja": "詳しい版", "en": "Longer version"},
}
AT_REQUEST_OF: Final[Texts] = {"ja": "{name} さんの依頼で", "en": "For {name}"}
AT_REQUEST: Final[Texts] = {"ja": "依頼により", "en": "On request"}
THIS_ANSWER: Final[Texts] = {"ja": "この回答", "en": "this answer"}
MADE_OF_IT: Final[dict[Wish | None, Texts]] = {
    Wish.SHORTER: {
        "ja": "↻ {by}、{answer}を短くしました",
        "en": "↻ {by}: a shorter version of {answer}",
    },
    Wish.LONGER: {
        "ja": "↻ {by}、{answer}を詳しくしました",
        "en": "↻ {by}: a longer version of {answer}",
    },
    None: {
        "ja": "↻ {by}、{answer}とは別の答え方をしました",
        "en": "↻ {by}: another take on {answer}",
    },
}
SHARE: Final[Texts] = {"ja": "チャンネルに共有", "en": "Share to channel"}
SHARED_BY: Final[Texts] = {
    "ja": "{user} さんが共有した質問と回答です。",
    "en": "{user} shared a question and its answer:",
}
SHARED_TO: Final[Texts] = {"ja": "{channel} に共有しました", "en": "Shared to {channel}"}
OPEN: Final[Texts] = {"ja": "開く", "en": "open"}
SHARE_NOT_A_MEMBER: Final[Texts] = {
    "ja": "そのチャンネルのメンバーではないため、共有しませんでした。参加してから、もう一度ボタンを押してください。",
    "en": "You aren't a member of that channel, so I didn't share the answer. Join it, then press the button again.",
}
SHARE_NOT_THERE: Final[Texts] = {
    "ja": "このアプリがそのチャンネルに投稿できないため、共有できませんでした。チャンネルで `/invite` を使って招待してから、もう一度ボタンを押してください。",
    "en": "I can't post in that channel, so I couldn't share the answer. Invite me there with `/invite`, then press the button again.",
}
SHARE_GONE: Final[Texts] = {
    "ja": "共有する回答が見つかりませんでした。必要な場合は、もう一度質問してください。",
    "en": "I couldn't find the answer to share. Ask again if you need it.",
}
GOOD: Final[Texts] = {"ja": "役に立った", "en": "Helpful"}
NOT_GOOD: Final[Texts] = {"ja": "役に立たなかった", "en": "Not helpful"}
STOP: Final[Texts] = {"ja": "停止", "en": "Stop"}
STOPPED_HERE: Final[Texts] = {"ja": "ここで停止しました。", "en": "Stopped here."}
STOPPED_BEFORE: Final[Texts] = {
    "ja": "回答を始める前に停止しました。",
    "en": "Stopped before the answer began.",
}
QUESTION: Final[Texts] = {"ja": "{user} さんの質問です。", "en": "{user} asked:"}
PRIVATE_QUESTION: Final[Texts] = {
    "ja": "{channel} でのご質問です。",
    "en": "You asked in {channel}:",
}
UNNAMED_QUESTION: Final[Texts] = {"ja": "質問です。", "en": "Question:"}
YOUR_QUESTION: Final[Texts] = {
    "ja": "質問の内容です。コピーしてお使いください。",
    "en": "Here's your question, ready to copy:",
}
DIRECT: Final[Texts] = {"ja": "ダイレクトメッセージ", "en": "a direct message"}
MESSAGE: Final[Texts] = {"ja": "こちらのメッセージ", "en": "this message"}
PURPOSES: Final[dict[Locale, dict[Purpose, str]]] = {
    "ja": {
        Purpose.SUMMARISE: "*スレッドの要約* {channel} の{message}のスレッド",
        Purpose.TRANSLATE: "*翻訳* {channel} の{message}",
        Purpose.EXPLAIN: "*説明* {channel} の{message}",
        Purpose.ASK: "*リアクションでのご質問* {channel} の{message}",
        Purpose.CATCH_UP: "*まとめ* {channel} の過去 {period}の発言",
    },
    "en": {
        Purpose.SUMMARISE: "*Summary* of the thread of {message} in {channel}",
        Purpose.TRANSLATE: "*Translation* of {message} in {channel}",
        Purpose.EXPLAIN: "*Explanation* of {message} in {channel}",
        Purpose.ASK: "*You reacted* to {message} in {channel}",
        Purpose.CATCH_UP: "*Catch-up* on {channel}, the last {period}",
    },
}
READ_BESIDE: Final[dict[Locale, dict[Purpose, str]]] = {
    "ja": {
        Purpose.CATCH_UP: "{channel} の過去 {period}の発言を読みました",
        Purpose.SUMMARISE: "横に開いている {channel} のスレッドを読みました",
        Purpose.EXPLAIN: "横に開いている {channel} のメッセージを読みました",
    },
    "en": {
        Purpose.CATCH_UP: "read: {channel}, the last {period}",
        Purpose.SUMMARISE: "read: the thread open in {channel}",
        Purpose.EXPLAIN: "read: the message open in {channel}",
    },
}
REACTED: Final[Texts] = {
    "ja": "{user} さんがリアクションで、{message}について質問しました。",
    "en": "{user} asked about {message} with a reaction.",
}
SOMEBODY_REACTED: Final[Texts] = {
    "ja": "リアクションで、{message}について質問がありました。",
    "en": "Somebody asked about {message} with a reaction.",
}
ONE_DAY: Final[Texts] = {"ja": "24 時間", "en": "24 hours"}
DAYS: Final[Texts] = {"ja": "{days} 日間", "en": "{days} days"}
TOLD_SINCE: Final[Texts] = {
    "ja": "発言が多いため、{when} より前は含まれていません",
    "en": "there was a lot, so messages before {when} are left out",
}
TOO_LONG_FOR_RESPONSE: Final[Texts] = {
    "ja": "この場所に表示できる長さを超えたため、続きを表示できません。全文が必要な場合は、ダイレクトメッセージで同じ質問をお送りください。",
    "en": "The rest doesn't fit here. To get all of it, send me the same question in a direct message.",
}
STOPPED_NOTICE: Final[Texts] = {"ja": "再試行は終了", "en": "no more retries"}
NOT_TRIED_AGAIN: Final[Texts] = {"ja": "自動の再試行なし", "en": "not retried"}
TAKEN_AWAY: Final[Texts] = {
    "ja": "途中までの回答は取り下げました",
    "en": "the partial answer was removed",
}
COVERS_OTHERS: Final[Texts] = {
    "ja": "前後 1 分のほかの質問も同じです",
    "en": "also for your other questions within a minute",
}
ASK_AGAIN: Final[Texts] = {
    "ja": "しばらくしてから、もう一度お送りください。",
    "en": "Ask again in a few minutes.",
}
RETRY: Final[Texts] = {"ja": "もう一度試す", "en": "Retry"}
ONLY_IN_FILE: Final[Texts] = {
    "ja": "Slack がこの回答を文章として受け付けないため、全文をこのスレッドの Markdown ファイルでお渡しします。",
    "en": "Slack doesn't accept this answer as a message. All of it is in the Markdown file in this thread.",
}
IN_FILE: Final[Texts] = {
    "ja": ":page_facing_up: 回答が長いため、ここに表示しているのは冒頭です。続きを含む全文は、このスレッドの Markdown ファイルでお読みいただけます。",
    "en": ":page_facing_up: This is the start of a long answer. All of it is in the Markdown file in this thread.",
}
WHOLE_ANSWER: Final[Texts] = {"ja": "回答の全文", "en": "The whole answer"}
# Slack shows a status behind the app's name: "Mechachang が考えています…" (docs.slack.dev,
# assistant.threads.setStatus). A loading message replaces both, and is shown alone.
READING: Final[Texts] = {"ja": "がスレッドを読んでいます…", "en": "is reading the thread…"}
THINKING: Final[Texts] = {"ja": "が考えています…", "en": "is thinking…"}
SEARCHING: Final[Texts] = {
    "ja": "が、検索が必要か確かめながら考えています…",
    "en": "is thinking, and searching where that helps…",
}
STILL_THINKING: Final[Texts] = {
    "ja": "がじっくり考えています。もう少しお待ちください…",
    "en": "is still thinking, one more moment…",
}
LOADING: Final[dict[Locale, tuple[str, ...]]] = {
    "ja": (
        "質問の意図を確かめています…",
        "必要な情報を整理しています…",
        "答えの筋道を組み立てています…",
        "回答を書き始めるところです…",
    ),
    "en": (
        "Making sure I understand the question…",
        "Gathering what matters…",
        "Thinking it through…",
        "About to start writing…",
    ),
}
RETRYING: Final[Texts] = {
    "ja": "が、Gemini から回答を受け取れなかったため、もう一度試しています…",
    "en": "is trying again, because Gemini gave no usable answer…",
}
SLOW: Final[Texts] = {
    "ja": "は、いつもより遅れている Gemini の応答を待っています。もう少しお待ちください…",
    "en": "is waiting for Gemini, which is slower than usual…",
}
KEPT: Final[Texts] = {
    "ja": "は、Gemini が応答しないため、質問をお預かりして試し続けています。遅くとも約 {minutes} 分以内に、回答または結果をお知らせします…",
    "en": "is keeping your question and retrying, because Gemini isn't responding; you'll hear within about {minutes} min…",
}
KEPT_BUSY: Final[Texts] = {
    "ja": "は、Gemini が混み合っているため、質問をお預かりして順番を待っています。遅くとも約 {minutes} 分以内に、回答または結果をお知らせします…",
    "en": "is keeping your question in line, because Gemini is overloaded; you'll hear within about {minutes} min…",
}
WAITING: Final[Texts] = {
    "ja": "は、このスレッドで先にいただいた質問（{ahead} 件）に続いて、この質問にお答えします…",
    "en": "has your question in line, behind {ahead} in this thread…",
}
WAITING_SOMEWHERE: Final[Texts] = {
    "ja": "は、このスレッドで先にいただいた質問に続いて、この質問にお答えします…",
    "en": "has your question in line, behind others in this thread…",
}
WAITING_FOR_THE_SAME: Final[Texts] = {
    "ja": "は、少し前に届いた同じ質問への回答を待っています…",
    "en": "is waiting for its answer to the same question, asked just before…",
}
LIMITED: Final[Texts] = {
    "ja": "は、Slack の利用制限が解けるのを待っています。質問はお預かりしていますので、そのままお待ちください…",
    "en": "is waiting because Slack is limiting its calls; your question is kept, no need to ask again…",
}
# Where Slack shows no status, a message tells of a delay: the status, and the message in its place.
NOTES: Final[tuple[tuple[Texts, Texts], ...]] = (
    (
        RETRYING,
        {
            "ja": ":hourglass_flowing_sand: Gemini から回答を受け取れなかったため、もう一度試しています。しばらくお待ちください。",
            "en": ":hourglass_flowing_sand: Gemini gave no usable answer, so I'm trying again. One more moment, please.",
        },
    ),
    (
        SLOW,
        {
            "ja": ":hourglass_flowing_sand: Gemini の応答がいつもより遅れています。もう少しお待ちください。",
            "en": ":hourglass_flowing_sand: Gemini is slower than usual. One more moment, please.",
        },
    ),
    (
        WAITING,
        {
            "ja": ":hourglass_flowing_sand: このスレッドで先にいただいた質問（{ahead} 件）に続いて、この質問にお答えします。しばらくお待ちください。",
            "en": ":hourglass_flowing_sand: Your question is in line, behind {ahead} in this thread. One more moment, please.",
        },
    ),
    (
        WAITING_SOMEWHERE,
        {
            "ja": ":hourglass_flowing_sand: このスレッドで先にいただいた質問に続いて、この質問にお答えします。しばらくお待ちください。",
            "en": ":hourglass_flowing_sand: Your question is in line, behind others in this thread. One more moment, please.",
        },
    ),
    (
        WAITING_FOR_THE_SAME,
        {
            "ja": ":hourglass_flowing_sand: 少し前に届いた同じ質問への回答を待っています。届きしだいお知らせします。",
            "en": ":hourglass_flowing_sand: Somebody asked the same just before. You'll get the answer as soon as it's there.",
        },
    ),
    (
        LIMITED,
        {
            "ja": ":hourglass_flowing_sand: Slack の利用制限が解けるのを待っています。質問はお預かりしていますので、そのままお待ちください。",
            "en": ":hourglass_flowing_sand: Slack is limiting my calls, so this takes longer. Your question is kept, no need to ask again.",
        },
    ),
    (
        KEPT,
        {
            "ja": ":hourglass_flowing_sand: Gemini が応答しないため、質問をお預かりして試し続けています。遅くとも {when} までに、回答または結果をお知らせします。",
            "en": ":hourglass_flowing_sand: Gemini isn't responding, so I'm keeping your question and retrying. You'll hear by {when} at the latest.",
        },
    ),
    (
        KEPT_BUSY,
        {
            "ja": ":hourglass_flowing_sand: Gemini が混み合っているため、質問をお預かりして順番を待っています。遅くとも {when} までに、回答または結果をお知らせします。",
            "en": ":hourglass_flowing_sand: Gemini is overloaded, so I'm keeping your question in line. You'll hear by {when} at the latest.",
        },
    ),
)

FILES_LEFT_OUT: Final[Texts] = {
    "ja": ":warning: 次のファイルは回答に使われていません。",
    "en": ":warning: These files were not used for the answer:",
}
FILES_CUT: Final[Texts] = {
    "ja": ":scissors: 次のファイルは一部だけを読みました。",
    "en": ":scissors: Only a part of these files was read:",
}
FILE_LEFT_OUT: Final[Texts] = {"ja": "• {name}：{why}", "en": "• {name}: {why}"}
UNNAMED_FILE: Final[Texts] = {"ja": "（名前のわからないファイル）", "en": "(an unnamed file)"}
MORE_FILES_LEFT_OUT: Final[Texts] = {"ja": "• ほか {count} 件", "en": "• and {count} more"}
