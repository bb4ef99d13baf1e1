"""App Home: the view with the user's usage of today."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from processor_service.ports.limits import Usages
from processor_service.ports.people import HomeViews, People, PreferenceStore
from shared import clock
from shared.retry import Sleep
from shared.slack.usage import HomeContent, Usage, Used
from shared.task import Preferences, Task

# Longer than a lost connection to the store is left alone.
_AGAIN_AFTER_S: Final = 1.5


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
    sleep: Sleep = asyncio.sleep


async def refresh_home(task: Task, deps: HomeDeps, within_s: float) -> None:
    """Keep the newest choices, and publish the user's Home as a whole; idempotent. An opened Home
    brings back the choices that Redis has lost, and Redis is asked once more where it does not
    answer. Raises as ``HomeViews``, and TimeoutError.
    """
    from shared.home.view import home_view  # noqa: PLC0415 - see ``cold_start``

    async with asyncio.timeout(within_s):
        kept, used = await _look_up(task, deps)
        if used is None:
            await deps.sleep(_AGAIN_AFTER_S)
            kept, used = await _look_up(task, deps)
        locale = kept.language or await deps.people.locale_of(task.user_id) or task.locale
        usage: Usage = HomeContent(used, deps.now()) if used is not None else "unknown"
        view = home_view(locale, deps.revision, usage, kept, deps.emoji)
        await deps.homes.publish(task.user_id, view)


async def _look_up(task: Task, deps: HomeDeps) -> tuple[Preferences, Used | None]:
    kept = await deps.preferences.newest(task.user_id, task.preferences or Preferences())
    return kept, await deps.usage.of(task.team_id, task.user_id)
