"""App Home through the Web API."""

from functools import partial
from typing import Any

from processor_service.slack.client import SlackCalls


class SlackHomes:
    """``ports.HomeViews`` by ``views.publish``."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        """Replace the user's Home."""
        client = self._calls.client
        publish = partial(client.views_publish, user_id=user_id, view=view)
        await self._calls("views.publish", publish)
