"""The prompt in the metadata of a question that we show."""

from shared.actions import ShownQuestion
from shared.task import Task

_METADATA_BYTES = 8_000


def question_payload(task: Task) -> dict[str, str]:
    """The prompt and its mode, kept in the metadata so that the question can be asked again.

    Slack limits metadata to about 16 KB; a longer prompt is not kept. The subject of a shortcut can
    be read again in its own place. Where others read the answer, only its asker's messages in the
    thread follow it up.
    """
    too_long = len(task.text.encode()) > _METADATA_BYTES
    if too_long and task.subject is None:
        return {"asked_by": task.user_id}
    prompt = None if too_long else task.text
    among_others = task.subject is None or task.shown_below is not None
    asked_by = task.user_id if among_others else None
    return ShownQuestion(
        prompt=prompt,
        mode=task.mode,
        subject=task.subject,
        asked_by=asked_by,
        asked_in=task.asked_in,
    ).fields()
