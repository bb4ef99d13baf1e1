"""The language and default mode that users chose on their Home, unless the task says otherwise."""

from typing import Final

from processor_service.answering.deps import AnswerSource
from processor_service.ports.people import People, PreferenceStore
from shared.task import Locale, Mode, Task

# The mode that the command service sends for a question that names none.
_UNNAMED: Final = frozenset({Mode.CHAT, Mode.AUTO})


async def language_of(user_id: str, people: People, preferences: PreferenceStore) -> Locale | None:
    """The language that the user chose, else the one in Slack; None if neither is known quickly."""
    return (await preferences.of(user_id)).language or await people.locale_of(user_id)


async def localised(task: Task, source: AnswerSource) -> Task:
    """The task in its user's language; the wire's is a guess for a new user."""
    locale = await language_of(task.user_id, source.people, source.preferences)
    return task.model_copy(update={"locale": locale or task.locale})


async def as_chosen(task: Task, source: AnswerSource) -> Task:
    """The task in its user's language, and in their default mode if it is a question that names no
    mode and is about no other answer. The choices are read once: every question waits for them.
    """
    chosen = await source.preferences.of(task.user_id)
    locale = chosen.language or await source.people.locale_of(task.user_id)
    about_another = (task.subject, task.earlier, task.wish) != (None, None, None)
    mode = None if about_another or task.mode not in _UNNAMED else chosen.mode
    return task.model_copy(update={"locale": locale or task.locale, "mode": mode or task.mode})
