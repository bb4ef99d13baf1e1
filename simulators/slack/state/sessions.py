"""Agent sessions: whether the app is at work in a thread, for which Slack shows its Stop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PROCESSING: Final = "processing"


@dataclass
class Session:
    """A thread in which the app acts as an agent."""

    channel: str
    thread_ts: str
    title: str
    initiator: str | None
    status: str
    since: float


class Sessions:
    """The sessions of one workspace; one that is processing ends by itself after ``lifetime_s``.

    ``tell`` is called with each that is begun or changed.
    """

    def __init__(
        self, clock: Callable[[], float], lifetime_s: float, tell: Callable[[Session], None]
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._lifetime_s = lifetime_s
        self._all: dict[tuple[str, str], Session] = {}
        self._at_work: dict[tuple[str, str], Session] = {}

    def set(
        self, place: tuple[str, str], status: str, title: str = "", initiator: str | None = None
    ) -> Session:
        """Change a session, or begin it: only then it takes its title and its initiator."""
        session = self._all.get(place)
        if session is None:
            session = self._all[place] = Session(*place, title, initiator, status, 0.0)
        session.status, session.since = status, self._clock()
        if status == PROCESSING:
            self._at_work[place] = session
        else:
            self._at_work.pop(place, None)
        self._tell(session)
        return session

    def rename(self, session: Session, title: str) -> None:
        """Give a session another title."""
        session.title = title
        self._tell(session)

    def all(self) -> list[Session]:
        """Every session."""
        self.expire()
        return list(self._all.values())

    def of(self, channel: str, thread_ts: str) -> Session | None:
        """The session of a thread."""
        self.expire()
        return self._all.get((channel, thread_ts))

    def processing(self) -> list[Session]:
        """The sessions in which the app is at work."""
        self.expire()
        return list(self._at_work.values())

    def expire(self) -> None:
        """End what was processing for too long."""
        now = self._clock()
        for place, session in list(self._at_work.items()):
            if now >= session.since + self._lifetime_s:
                del self._at_work[place]
                session.status = "active"
                self._tell(session)
