"""What Slack, Pub/Sub and Gemini tell when they tell it well: the readers' samples."""

import json
from typing import Any

from shared.home.view import signed_home
from shared.ledger import Mark, file_name, file_title
from tests.support.fakes.command.payloads import a_click, a_direct_message, a_mention
from tests.support.signed import SIGNING, metadata

TS, CHANNEL, TASK_ID = "1700000000.000100", "C1", "a" * 32

RICH = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*b* <@U1>"}, "fields": []},
    {"type": "header", "text": {"type": "plain_text", "text": "h"}},
    {"type": "markdown", "text": "**b**"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "c"}]]},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "ordered",
                "indent": 1,
                "offset": 1,
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "t", "style": {"bold": True}},
                            {"type": "link", "url": "https://e.com", "text": "l"},
                            {"type": "user", "user_id": "U1"},
                            {"type": "usergroup", "usergroup_id": "S1"},
                            {"type": "channel", "channel_id": "C1"},
                            {"type": "date", "timestamp": 1700000000, "fallback": "d"},
                            {"type": "emoji", "name": "tada"},
                            {"type": "broadcast", "range": "here"},
                        ],
                    }
                ],
            }
        ],
    },
]

CHIPS = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "canvas", "file_id": "F1", "label": "c"},
                {"type": "message_mention", "channel_id": "C1", "message_ts": TS},
            ],
        }
    ],
}

CHARTS = [
    {
        "type": "data_visualization",
        "title": "t",
        "chart": {
            "type": "line",
            "series": [{"name": "s", "data": [{"label": "1", "value": 5}]}],
            "axis_config": {"x_label": "x", "y_label": "y"},
        },
    },
    {
        "type": "container",
        "title": "t",
        "child_blocks": [{"type": "card", "title": "t", "body": {"type": "mrkdwn", "text": "b"}}],
    },
]

FILE = {"id": "F1", "name": "a.pdf", "mimetype": "application/pdf", "size": 5, "mode": "hosted"}

MAIL = {
    **FILE,
    "filetype": "email",
    "from": [{"name": "n", "address": "n@e.com", "original": "n <n@e.com>"}],
    "subject": "s",
    "plain_text": "b",
}

FORWARD = {
    "is_share": True,
    "author_id": "U9",
    "author_name": "n",
    "channel_id": "C7",
    "ts": TS,
    "text": "t",
    "fallback": "f",
    "from_url": "https://e.com",
    "files": [FILE],
    "message_blocks": [{"message": {"blocks": RICH, "attachments": [{"text": "a"}]}}],
    "attachments": [{"title": "t", "fields": [{"title": "f", "value": "v"}], "bot_id": "B9"}],
}

BY_A_PERSON = {
    "ts": "1700000000.000200",
    "thread_ts": TS,
    "user": "U1",
    "text": "<@UBOT> hi",
    "blocks": [CHIPS],
    "files": [FILE, MAIL],
    "attachments": [FORWARD],
    "edited": {"ts": "1700000000.000300"},
}

OPENING = {
    **BY_A_PERSON,
    "ts": TS,
    "latest_reply": "1700000009.0",
    "reply_users": ["U1"],
    "reply_users_count": 1,
}

BY_AN_APP = {
    "ts": "1700000000.000400",
    "thread_ts": TS,
    "bot_id": "B9",
    "bot_profile": {"name": "Deploys"},
    "subtype": "bot_message",
    "text": "v2",
    "blocks": [*RICH, *CHARTS],
    "attachments": [{"text": "a", "fallback": "f"}],
    "metadata": metadata(Mark(TASK_ID, "answer"), CHANNEL),
}

BY_US = {
    "ts": "1700000001.000100",
    "thread_ts": TS,
    "user": "UBOT",
    "bot_id": "BBOT",
    "text": "answer",
    "blocks": RICH,
    "streaming_state": "in_progress",
    "metadata": metadata(Mark("b" * 32, "question"), CHANNEL, prompt="p", mode="auto"),
}

OF_THE_FILE = {
    **BY_US,
    "metadata": None,
    "files": [
        {
            **FILE,
            "name": file_name(TASK_ID),
            "title": file_title("w", Mark(TASK_ID, "file", digest="0a"), CHANNEL, SIGNING),
        }
    ],
}

PAGE = {
    "ok": True,
    "messages": [OPENING, BY_A_PERSON, BY_AN_APP, BY_US, OF_THE_FILE],
    "channels": [{"id": CHANNEL, "is_ext_shared": False}],
    "channel": {"id": "D1", "is_member": True, "is_im": False, "is_ext_shared": False},
    "user": {"locale": "ja-JP", "tz_offset": 32400, "profile": {"display_name": "花"}},
    "file": FILE,
    "ts": "1700000002.000100",
    "message": BY_US,
    "response_metadata": {"next_cursor": ""},
}

# What is in a message is tried where nothing waits for an answer.
ASKED_FOR = {
    **PAGE,
    "messages": [
        {name: each for name, each in OPENING.items() if name not in {"files", "edited"}},
        {name: each for name, each in BY_US.items() if name != "blocks"},
    ],
    "message": {"ts": TS, "thread_ts": TS, "text": "answer"},
    "file": {"id": "F1"},
    "members": ["U1"],
    "usergroups": [{"id": "S1", "handle": "team"}],
}


def pressed(action_id: str, **more: str) -> dict[str, Any]:
    value = {"v": 1, "thread_ts": TS, "message_ts": TS, **more}
    return a_click(json.dumps(value), action_id, trigger_id="1.2.t", channel={"id": CHANNEL})


CHUNK = {
    "candidates": [
        {
            "content": {"parts": [{"text": "語"}, {"text": "h", "thought": True}]},
            "finishReason": "STOP",
            "groundingMetadata": {
                "groundingChunks": [{"web": {"uri": "https://e.com", "title": "t"}}],
                "webSearchQueries": ["q"],
            },
            "urlContextMetadata": {
                "urlMetadata": [
                    {
                        "retrievedUrl": "https://e.com",
                        "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS",
                    }
                ]
            },
        }
    ],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 5},
}

REFUSAL = {
    "error": {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "message": "slow down",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"},
            {"reason": "API_KEY_INVALID"},
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}],
            },
        ],
    }
}

DM = a_direct_message(attachments=[FORWARD])

EDIT = {
    **a_mention(),
    "event": {
        "type": "message",
        "subtype": "message_changed",
        "channel": CHANNEL,
        "channel_type": "channel",
        "message": {**BY_A_PERSON, "text": "<@UBOT> other words"},
        "previous_message": BY_A_PERSON,
    },
}

STOPPED = {
    "team_id": "T1",
    "event_id": "Ev1",
    "event": {
        "channel": CHANNEL,
        "thread_ts": TS,
        "user": "U1",
        "streaming_message_ts": [TS],
        "event_ts": TS,
    },
}

OPENED = {
    "team_id": "T1",
    "event": {"user": "U1", "channel": "D1", "tab": "home", "event_ts": TS, "view": {}},
}

CHOSEN = {
    "team": {"id": "T1"},
    "user": {"id": "U1", "team_id": "T1"},
    "view": {
        "private_metadata": signed_home(
            {"private_metadata": '{"v":1,"language":"ja"}'}, "U1", SIGNING
        )["private_metadata"],
        "state": {"values": {"default_mode": {"default_mode": {"selected_option": None}}}},
    },
    "actions": [
        {
            "action_id": "language",
            "action_ts": TS,
            "selected_option": {"value": '{"v":1,"language":"en"}'},
        }
    ],
}

KEPT = json.dumps(
    {"v": 1, "task_id": TASK_ID, "vote": "down", "mode": "auto", "channel_id": CHANNEL}
)

SUBMITTED = {
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "view": {
        "id": "V1",
        "private_metadata": KEPT,
        "state": {
            "values": {
                "flaw": {"flaw": {"selected_option": {"value": "wrong"}}},
                "comment": {"comment": {"value": "words"}},
            }
        },
    },
}

PUSH = {
    "subscription": "s",
    "deliveryAttempt": 1,
    "message": {
        "data": "e30=",
        "attributes": {"a": "b"},
        "messageId": "1",
        "publishTime": "2026-01-01T00:00:00Z",
    },
}
