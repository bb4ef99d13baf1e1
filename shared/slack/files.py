"""A file as Slack describes it: in events, in messages, and in files.info."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.slack.message import mappings
from shared.task import TaskFile
from shared.well_formed import well_formed

# A deleted file leaves a tombstone; one beyond a free plan's history is hidden by its limit
# (docs.slack.dev, file object).
_GONE = frozenset({"tombstone", "hidden_by_limit"})
# In Slack Connect channels an event has little more than the id (docs.slack.dev, file_share).
_ASK_SLACK = "check_file_info"
# Canvases are still called quips in places; posts are their forerunners.
_CANVASES = frozenset({"canvas", "quip", "space", "docs"})
# A clip that Slack records with a microphone alone is an MP4 or WebM without pictures; some have
# the name alone to tell (github.com/NousResearch/hermes-agent, pull request 51287).
_VOICE = "slack_audio"
_VOICE_NAME = "audio_message"
_AS_AUDIO = {
    "video/mp4": "audio/mp4",
    "video/quicktime": "audio/mp4",
    "video/webm": "audio/webm",
}

CANVAS_TYPE = "application/vnd.slack-docs"
"""The type of a canvas or post, whatever Slack calls it; its download is a page in HTML."""
LIST_TYPE = "application/vnd.slack-list"
"""The type of a Slack list, which has no download."""


def files_of(message: Mapping[str, Any]) -> tuple[TaskFile, ...]:
    """The files of a message, including those that Slack no longer has, without ill-formed ones."""
    found = map(file_of, mappings(message.get("files")))
    return tuple(each for each in found if each is not None)


def file_of(described: Mapping[str, Any]) -> TaskFile | None:
    """The file in ``described``, without ``url`` if files.info must be asked; None if invalid."""
    partial = described.get("file_access") == _ASK_SLACK
    mimetype = _type_of(described)
    url = described.get("url_private_download") or ""
    # Where a canvas has no download, its address is that of an app for people.
    if not url and mimetype != CANVAS_TYPE:
        url = described.get("url_private") or ""
    try:
        return TaskFile(
            id=described.get("id"),
            name=well_formed(str(described.get("name") or described.get("title") or "")),
            mimetype=mimetype,
            size=described.get("size") or 0,
            url="" if partial else url,
            gone=str(described.get("mode")) in _GONE,
        )
    except ValidationError:
        return None


def _type_of(described: Mapping[str, Any]) -> Any:
    mimetype = described.get("mimetype") or ""
    if str(described.get("filetype")) in _CANVASES or mimetype == CANVAS_TYPE:
        return CANVAS_TYPE
    if described.get("subtype") == _VOICE or str(described.get("name")).startswith(_VOICE_NAME):
        return _AS_AUDIO.get(str(mimetype), mimetype)
    return mimetype
