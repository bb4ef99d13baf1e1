"""The material of a question besides its user's words: files, and other people's messages."""

import operator
from typing import Annotated

from pydantic import BaseModel, Field

from shared.task.kinds import Purpose


class TaskFile(BaseModel, frozen=True, extra="ignore"):
    """A file of the question as in Slack's event; its content stays in Slack.

    Without a ``url`` Slack describes it only when asked (files.info). ``gone``: Slack no longer has
    its content. ``forwarded``: it belongs to a message that the user sent along.
    """

    id: str
    name: str = ""
    mimetype: str = ""
    size: int = 0
    url: str = ""
    gone: bool = False
    # An absent field is not sent, as before the field existed.
    forwarded: Annotated[bool, Field(exclude_if=operator.not_)] = False


class QuotedMessage(BaseModel, frozen=True, extra="ignore"):
    """Somebody else's words that came with a message: a forward, or the preview of a link.

    ``by`` is a person's id or an app's name, ``name`` the person's name as Slack shows it; ``ts``
    is when it was written, ``source`` the address of a page that is no message. ``file_names`` are
    those of its files. ``preview``: Slack shows it below a link, to those who may read it there.
    """

    text: str
    by: str = ""
    by_app: bool = False
    name: str = ""
    channel_id: str = ""
    channel_name: str = ""
    ts: str = ""
    source: str = ""
    file_names: tuple[str, ...] = ()
    preview: Annotated[bool, Field(exclude_if=operator.not_)] = False


class Subject(BaseModel, frozen=True, extra="ignore"):
    """The message that a shortcut was used on, or a reaction put on, and the purpose.

    ``thread_ts`` names its thread, ``by`` its author: a person's id or an app's name. To catch up
    is about the channel's messages from ``since`` to ``message_ts``, when it was asked. ``beside``:
    it was open beside the agent view, and the task's ``text`` is its user's question about it.
    """

    purpose: Purpose
    channel_id: str
    message_ts: str
    thread_ts: str | None = None
    by: str = ""
    by_app: bool = False
    permalink: str = ""
    since: Annotated[str | None, Field(exclude_if=operator.not_)] = None
    beside: Annotated[bool, Field(exclude_if=operator.not_)] = False
