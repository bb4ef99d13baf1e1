"""The language and default mode that users chose on their Home, unless the task says otherwise."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from processor_service.answering.deps import AnswerSource
from processor_service.ports.people import People, PreferenceStore
from shared.task import Locale, Mode, Task

# The mode that the command service sends for a question that names none.
_UNNAMED: Final = frozenset({Mode.CHAT, Mode.AUTO})


class PeopleByChoice:
    """``ports.People``, but a chosen language comes before the one in Slack."""

    def __init__(self, people: People, preferences: PreferenceStore) -> None:
        self._people = people
        self._preferences = preferences

    async def locale_of(self, user_id: str) -> Locale | None:
        chosen = (await self._preferences.of(user_id)).language
        return chosen or await self._people.locale_of(user_id)

    async def utc_offset_of(self, user_id: str) -> timedelta | None:
        return await self._people.utc_offset_of(user_id)

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        return await self._people.names_of(user_ids)


async def localised(task: Task, people: People) -> Task:
    """The task in its user's language; the wire's is a guess for a new user."""
    locale = await people.locale_of(task.user_id)
    return task if locale is None else task.model_copy(update={"locale": locale})


async def in_default_mode(task: Task, source: AnswerSource) -> Task:
    """The question in its user's default mode, if it names none and is about no other answer."""
    about_another = (task.subject, task.earlier, task.wish) != (None, None, None)
    if about_another or task.mode not in _UNNAMED:
        return task
    mode = (await source.preferences.of(task.user_id)).mode
    return task if mode is None else task.model_copy(update={"mode": mode})
