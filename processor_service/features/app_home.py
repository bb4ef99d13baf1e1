"""App Home: the view with the user's usage of today."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from processor_service.ports.limits import Usages
from processor_service.ports.people import HomeViews, People, PreferenceStore
from shared import clock
from shared.slack.usage import HomeContent, Usage
from shared.task import Preferences, Task


@dataclass(frozen=True)
class HomeDeps:
    """Dependencies of ``refresh_home``. ``revision`` is ours, to be shown; ``emoji`` asks as a
    reaction, if there is one.
    """

    people: People
    preferences: PreferenceStore
    usage: Usages
    homes: HomeViews
    revision: str | None = None
    now: Callable[[], datetime] = clock.now
    emoji: str = ""


async def refresh_home(task: Task, deps: HomeDeps, within_s: float) -> None:
    """Keep the newest choices, and publish the user's Home as a whole; idempotent. An opened Home
    brings back the choices that Redis has lost. Raises as ``HomeViews``, and TimeoutError.
    """
    from shared.home.view import home_view  # noqa: PLC0415 - see ``cold_start``

    async with asyncio.timeout(within_s):
        offered = task.preferences or Preferences()
        kept = await deps.preferences.newest(task.user_id, offered)
        locale = kept.language or await deps.people.locale_of(task.user_id) or task.locale
        used = await deps.usage.of(task.team_id, task.user_id)
        usage: Usage = HomeContent(used, deps.now()) if used is not None else "unknown"
        view = home_view(locale, deps.revision, usage, kept, deps.emoji)
        await deps.homes.publish(task.user_id, view)
