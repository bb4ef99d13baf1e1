"""The steps on the way to an answer, as task cards; a step of only a moment is not shown."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from processor_service.ports.citations import Citations
from processor_service.ports.conversations import TaskCard
from processor_service.rendering.citations import sources_of_step
from processor_service.rendering.markdown.characters import neutralise
from processor_service.texts.cards import (
    ASKING_FALLBACK,
    NO_FILE_READ,
    READING_FILES,
    READING_MESSAGES,
    SEARCH_STEP,
    SLOWLY,
    SOME_FILES,
    THINK_STEP,
    THOUGHT_ALONE,
    TRYING_AGAIN,
    StepTexts,
)
from shared.task import Locale

# docs.slack.dev, task_update: titles and details of at most 256 characters.
_LONGEST: Final = 256
_NAMES: Final = 120


class _Kind(StrEnum):
    READ = "read"
    FILES = "files"
    THINK = "think"
    SEARCH = "search"
    RETRY = "retry"
    FALLBACK = "fallback"


# Our own work, which is known to last, before the model is asked.
_OPENS: Final = frozenset({_Kind.READ, _Kind.FILES})


@dataclass
class _Step:
    kind: _Kind
    card: TaskCard
    done: str
    began: float
    ended: float | None = None
    shown: TaskCard | None = None

    def lasted_s(self, now: float) -> float:
        return (now if self.ended is None else self.ended) - self.began


@dataclass
class TaskCards:
    """The steps of one answer until its first words; each ends with the beginning of the next.

    Steps that last over ``shown_after_s`` are cards, but thinking alone is none: a plain question
    has no card. ``changed`` is set when there may be something to show, ``away`` when the cards
    should make way for the message of a longer delay.
    """

    locale: Locale = "ja"
    shown_after_s: float = 0.0
    clock: Callable[[], float] = time.monotonic
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    away: bool = False
    _steps: dict[str, _Step] = field(default_factory=dict)
    _closed: bool = False
    _left: bool = False
    _asked: str = ""
    _searched: Citations = field(default_factory=Citations)

    def reading(self) -> None:
        """The messages before the question are read."""
        self._begin(_Kind.READ, READING_MESSAGES)

    def read(self, messages: int) -> None:
        """That many were read. What the question is about is read after its thread, and replaces
        it.
        """
        if step := self._running(_Kind.READ):
            noun = "message" if messages == 1 else "messages"
            done = READING_MESSAGES.done[self.locale]
            step.done = done.format(n=messages, messages=noun)

    def files(self, names: Sequence[str]) -> None:
        """Files are read; without ``names``, those of the thread."""
        self._begin(_Kind.FILES, READING_FILES, names=self._listed(names))
        self._asked = self._listed(names)

    def files_read(self, names: Sequence[str]) -> None:
        """The model gets these of them."""
        step = self._running(_Kind.FILES)
        if step is None:
            return
        if names:
            step.done = READING_FILES.done[self.locale].format(names=self._listed(names))
            return
        title = NO_FILE_READ[self.locale].format(names=self._asked)
        self._end(step, replace(step.card, title=title, status="error"))

    def _listed(self, names: Iterable[str]) -> str:
        listed = neutralise(", ".join(filter(None, names))) or SOME_FILES[self.locale]
        return listed if len(listed) <= _NAMES else f"{listed[: _NAMES - 1]}…"

    def thinking(self, *, searching: bool) -> None:
        """The model is asked, which may be searching."""
        kind, texts = (_Kind.SEARCH, SEARCH_STEP) if searching else (_Kind.THINK, THINK_STEP)
        self._begin(kind, texts)
        if searching and (step := self._running(kind)):
            # What it was is known only at the end.
            step.done = step.card.title

    def slow(self) -> None:
        """The model says nothing for longer than usual."""
        if step := self._running(_Kind.THINK) or self._running(_Kind.SEARCH):
            step.card = replace(step.card, title=SLOWLY[self.locale])
            self._tell()

    def retrying(self) -> None:
        """An attempt at the model has failed, and another one begins."""
        step = self._current()
        if step and step.kind is not _Kind.RETRY:
            self._end(step, replace(step.card, status="error"))
        self._begin(_Kind.RETRY, TRYING_AGAIN)

    def instead(self, model: str) -> None:
        """The fallback model is asked."""
        self._begin(_Kind.FALLBACK, ASKING_FALLBACK, model=model)

    def kept(self) -> None:
        """No model answers, and something else tells that the question is kept."""
        self.away = True
        self.changed.set()

    def looked_up(self, found: Citations) -> None:
        """The model has searched for these, and found these pages so far."""
        self._searched = found
        step = self._steps.get(_Kind.SEARCH)
        if step is None or not (found.searches or found.pages):
            return
        step.done = SEARCH_STEP.done[self.locale]
        details = neutralise("\n".join(found.searches))[:_LONGEST]
        if not details.startswith(step.card.details):
            # Slack adds what comes later to the details that it has.
            details = step.card.details
        step.card = replace(step.card, details=details, sources=sources_of_step(found.pages))
        if step.ended is not None:
            step.card = replace(step.card, title=step.done, status="complete")

    def words(self) -> None:
        """The answer's words come: every step is over, and none begins any more."""
        self._closed = True
        if step := self._current():
            self._end(step)

    def finish(self) -> None:
        """The answer is whole: what was not looked up by now was not needed."""
        self.words()
        found, step = self._searched, self._steps.get(_Kind.SEARCH)
        if step and step.card.status == "complete" and not (found.searches or found.pages):
            step.card = replace(step.card, title=THOUGHT_ALONE[self.locale])

    def leave(self) -> None:
        """Nothing more is written to the message with the cards, or it has none."""
        self._closed = self._left = True

    def forget(self) -> None:
        """The message with the cards is gone: they may be shown again, in another one."""
        for step in self._steps.values():
            step.shown = None

    @property
    def opens(self) -> bool:
        """Whether the current step is worth a message that has no words yet."""
        return next(reversed(self._steps), None) in _OPENS and not self._closed

    @property
    def weight(self) -> int:
        """The bytes that they take of a streamed message once they are as they are now; details are
        said to count twice. Without any card in it the message takes none.
        """
        if not any(step.shown for step in self._steps.values()):
            return 0
        cards = [step.card for step in self._visible()]
        said = sum(len(f"{card.title}{card.details * 2}".encode()) for card in cards)
        return said + sum(len(f"{one.title}{one.url}") for card in cards for one in card.sources)

    def due_in_s(self) -> float | None:
        """Seconds until the current step is a card; None if nothing changes by itself."""
        step = self._current()
        if step is None or step.shown or self._left:
            return None
        return max(0.0, self.shown_after_s - step.lasted_s(self.clock()))

    def pending(self) -> tuple[TaskCard, ...]:
        """The cards that Slack does not show yet, or not as they are now."""
        cards = self._visible()
        if self._left or all(one.kind is _Kind.THINK for one in cards):
            return ()
        return tuple(one.card for one in cards if one.card != one.shown)

    def _visible(self) -> list[_Step]:
        now = self.clock()
        steps = self._steps.values()
        return [one for one in steps if one.shown or one.lasted_s(now) >= self.shown_after_s]

    def took(self, cards: Iterable[TaskCard]) -> None:
        """Slack shows these."""
        for card in cards:
            self._steps[card.id].shown = card

    def update_of(self, card: TaskCard) -> TaskCard:
        """The card as it is sent to Slack: with the part of its details that is not shown yet."""
        shown = self._steps[card.id].shown
        return replace(card, details=card.details.removeprefix(shown.details if shown else ""))

    def _current(self) -> _Step | None:
        """The last step, unless it is over."""
        last = next(reversed(self._steps.values()), None)
        return last if last and last.ended is None else None

    def _running(self, kind: _Kind) -> _Step | None:
        step = self._current()
        return step if step and step.kind is kind else None

    def _begin(self, kind: _Kind, texts: StepTexts, **values: str) -> None:
        if self._closed or self._running(kind):
            return
        if step := self._current():
            self._end(step)
        title = texts.doing[self.locale].format(**values)[:_LONGEST]
        done = texts.done[self.locale]
        done = done.format(**values)[:_LONGEST] if values else done
        known = self._steps.pop(kind, None)
        step = known or _Step(kind, TaskCard(kind.value, title), done, self.clock())
        step.card, step.ended = replace(step.card, title=title, status="in_progress"), None
        self._steps[kind] = step
        self._tell()

    def _end(self, step: _Step, card: TaskCard | None = None) -> None:
        step.card = card or replace(step.card, title=step.done, status="complete")
        step.ended = self.clock()
        self._tell()

    def _tell(self) -> None:
        # Steps that open no message wake nobody up: most questions have no others.
        if not _OPENS.isdisjoint(self._steps):
            self.changed.set()
