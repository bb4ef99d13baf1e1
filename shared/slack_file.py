"""A file as Slack describes it: in events, in messages that are read back, and in files.info."""

from collections.abc import Mapping
from typing import Any

from shared.task import TaskFile

# A deleted file leaves a tombstone; one beyond a free plan's history is hidden by its limit
# (docs.slack.dev, file object).
_GONE = frozenset({"tombstone", "hidden_by_limit"})
# In Slack Connect channels an event has little more than the id (docs.slack.dev, file_share).
_ASK_SLACK = "check_file_info"


def file_of(described: Mapping[str, Any]) -> TaskFile:
    """The file in ``described``; without a ``url`` where files.info has to be asked."""
    partial = described.get("file_access") == _ASK_SLACK
    url = described.get("url_private_download") or described.get("url_private") or ""
    return TaskFile(
        id=str(described["id"]),
        name=described.get("name") or described.get("title") or "",
        mimetype=described.get("mimetype") or "",
        size=described.get("size") or 0,
        url="" if partial else url,
        gone=described.get("mode") in _GONE,
    )
