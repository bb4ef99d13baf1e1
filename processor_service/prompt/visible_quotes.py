"""Which of the messages that others have brought along may be told to the asker.

A forward is shown to all who can read the message that forwards it, but its files only to those who
may read where they were shared; so is the preview of a link. An app is sent both in any case, and
could fetch the files with rights of its own.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from processor_service.ports.conversations import ThreadHistory, ThreadMessage
from processor_service.ports.people import Channels
from shared.task import QuotedMessage, Task

# Each may cost a call of a method that allows some 50 a minute, for all questions together.
_PLACES: Final = 10


async def visible_to_asker(
    task: Task, said: Sequence[ThreadMessage], channels: Channels
) -> list[ThreadMessage]:
    """``said`` without the files that others have forwarded, and their previews of messages that
    are neither here nor in a public channel, or only here if the asker is a guest.
    """
    here = task.channel_id if task.subject is None else task.subject.channel_id
    doubtful = (one for each in said if each.by != task.user_id for one in each.quoted)
    places = dict.fromkeys(one.channel_id for one in doubtful if one.preview)
    public, elsewhere = {here}, [each for each in places if each and each != here][-_PLACES:]
    if elsewhere and not await channels.reads_public(task.user_id):
        elsewhere = []
    for place in elsewhere:
        found = await channels.of(place)
        if found is not None and found.public:
            public.add(place)

    return [one if one.by == task.user_id else _without(one, public) for one in said]


async def sent_along_for_asker(
    task: Task, history: ThreadHistory, channels: Channels
) -> tuple[QuotedMessage, ...]:
    """The messages that came with the question: all of them for its author, but not for whoever
    pressed a button below another person's question.
    """
    by = history.sent_by or task.user_id
    sent = ThreadMessage("person", by, task.text, quoted=history.sent_along)
    [found] = await visible_to_asker(task, [sent], channels)
    return found.quoted


def _without(said: ThreadMessage, public: AbstractSet[str]) -> ThreadMessage:
    quoted = (one for one in said.quoted if not one.preview or one.channel_id in public)
    files = (one for one in said.files if not one.forwarded)
    return replace(said, quoted=tuple(quoted), files=tuple(files))
