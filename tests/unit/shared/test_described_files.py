"""Files as Slack describes them, and as what they are read."""

from typing import Any

import pytest

from shared.slack.files import CANVAS_TYPE, file_of

DOWNLOAD = "https://files.slack.com/files-pri/T1-F1/download/x"


def described(**fields: Any) -> dict[str, Any]:
    return {"id": "F1", "name": "x", "size": 9, "url_private_download": DOWNLOAD, **fields}


@pytest.mark.parametrize(
    ("fields", "mimetype"),
    [
        ({"subtype": "slack_audio", "mimetype": "video/mp4", "filetype": "mp4"}, "audio/mp4"),
        ({"subtype": "slack_audio", "mimetype": "video/webm", "filetype": "webm"}, "audio/webm"),
        ({"subtype": "slack_audio", "mimetype": "video/quicktime"}, "audio/mp4"),
        ({"subtype": "slack_audio", "mimetype": "audio/mp4", "filetype": "m4a"}, "audio/mp4"),
        ({"subtype": "slack_video", "mimetype": "video/mp4"}, "video/mp4"),
        ({"name": "audio_message.mp4", "mimetype": "video/mp4"}, "audio/mp4"),
        ({"filetype": "quip", "mimetype": "application/vnd.slack-docs"}, CANVAS_TYPE),
        ({"filetype": "canvas", "mimetype": "text/plain"}, CANVAS_TYPE),
        ({"filetype": "space", "mimetype": "text/plain", "mode": "space"}, CANVAS_TYPE),
        ({"filetype": "text", "mimetype": "text/plain"}, "text/plain"),
    ],
)
def test_a_voice_clip_is_audio_and_a_canvas_a_canvas_whatever_slack_calls_it(
    fields: dict[str, Any], mimetype: str
) -> None:
    file = file_of(described(**fields))
    assert file is not None
    assert (file.mimetype, file.url) == (mimetype, DOWNLOAD)


def test_the_address_of_a_canvas_for_people_is_not_fetched() -> None:
    app = {"url_private_download": "", "url_private": "https://acme.slack.com/docs/T1/F1"}
    canvas = file_of(described(filetype="quip", **app))
    assert canvas is not None
    assert canvas.url == ""
    other = file_of(described(filetype="text", **app))
    assert other is not None
    assert other.url != ""
