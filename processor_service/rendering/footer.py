"""The footer of an answer: notes on it, and one row of buttons to ask again or vote."""

from collections.abc import Iterator
from typing import Final

from processor_service.ports.answers import Answer
from processor_service.rendering.messages import period_of
from processor_service.rendering.question_metadata import question_payload
from processor_service.texts import answers as texts
from shared.actions import ActionId, AskAgain, CastVote, ShareAnswer, StopAnswer
from shared.channel_ids import is_direct
from shared.slack.blocks import Block, actions, button, context, plain
from shared.slack.message import MessageRef
from shared.slack.usage import shown_moment
from shared.task import Locale, Mode, Source, Task, Vote, Wish

NAMES: Final[dict[Locale, dict[Mode, str]]] = {
    "ja": {
        Mode.GENERAL: "一般",
        Mode.CODE: "コード",
        Mode.DATA: "データ",
        Mode.CREATIVE: "創作",
    },
    "en": {
        Mode.GENERAL: "General",
        Mode.CODE: "Code",
        Mode.DATA: "Data",
        Mode.CREATIVE: "Creative",
    },
}
_WISHES: Final = ((Wish.SHORTER, texts.SHORTER), (Wish.LONGER, texts.LONGER))


def answer_footer(
    task: Task, answer: Answer, place: MessageRef | None, *, cached: bool, request: str = ""
) -> list[Block]:
    """Notes on the answer, Regenerate with a menu of other ways to ask, and the vote buttons.

    Asking again needs a readable question at ``place``; a vote needs a whole answer. ``request``
    says who asked for another answer.
    """
    again = place if place is not None and _is_kept(task) else None
    blocks = _notes(task, answer, cached=cached, request=request)
    if again is not None:
        blocks.append(_asking_again(task, answer, again))
    if not answer.stopped:
        blocks.append(_voting(task, answer.mode))
    return blocks


def row_below(task: Task, mode: Mode, place: MessageRef) -> list[Block]:
    """The row of buttons below a whole answer in ``mode``, without notes."""
    answer = Answer("", "", mode=mode)
    again = [_asking_again(task, answer, place)] if _is_kept(task) else []
    return [*again, _voting(task, mode)]


def stop_button(task: Task) -> Block:
    """The button below a growing answer, with which its requester stops it."""
    stop = StopAnswer(task_id=task.task_id, user_id=task.user_id)
    return actions(button(ActionId.STOP, texts.STOP[task.locale], stop.encode()))


def _is_kept(task: Task) -> bool:
    """Whether the prompt can be read in Slack: a command's is in our own message, unless long."""
    return task.source is not Source.SLASH_COMMAND or "prompt" in question_payload(task)


def _notes(task: Task, answer: Answer, *, cached: bool, request: str) -> list[Block]:
    locale, notes = task.locale, [request] if request else []
    subject = task.subject
    if subject is not None and subject.beside:
        read = texts.READ_BESIDE[locale][subject.purpose]
        period = period_of(subject, locale)
        notes.append(read.format(channel=f"<#{subject.channel_id}>", period=period))
    if answer.stopped:
        notes.append(texts.STOPPED_HERE[locale])
    if (name := NAMES[locale].get(answer.mode)) is not None:
        notes.append(texts.MODE[locale].format(name=name))
    if task.wish is not None and not request and not answer.stopped:
        notes.append(texts.WISHED[task.wish][locale])
    if answer.since is not None:
        notes.append(texts.TOLD_SINCE[locale].format(when=shown_moment(answer.since)))
    if cached:
        notes.append(texts.CACHED[locale])
    if not notes:
        return []
    return [context(" · ".join(notes))]


def _asking_again(task: Task, answer: Answer, place: MessageRef) -> Block:
    """Regenerate asks for the same kind of answer, the menu for a different one."""
    same = AskAgain.whole(task, place).encode()
    regenerate = button(ActionId.REGENERATE, texts.REGENERATE[task.locale], same)
    options = [*_other_ways(task, answer, place)]
    menu = {"type": "overflow", "action_id": ActionId.MODE, "options": options}
    return actions(regenerate, *_sharing(task, answer, place), *([menu] if options else []))


def _sharing(task: Task, answer: Answer, place: MessageRef) -> list[Block]:
    channel_id = task.asked_privately_in
    if channel_id is None or answer.stopped or not is_direct(place.channel_id):
        return []
    value = ShareAnswer(
        task_id=task.task_id, user_id=task.user_id, channel_id=channel_id, mode=answer.mode
    )
    return [button(ActionId.SHARE, texts.SHARE[task.locale], value.encode())]


def _other_ways(task: Task, answer: Answer, place: MessageRef) -> Iterator[Block]:
    """Shorter and longer, of what was not stopped; and the other modes of a structured answer."""
    locale, names = task.locale, NAMES[task.locale]
    if not answer.stopped:
        for wish, text in _WISHES:
            yield _option(text[locale], AskAgain.of(place, task.mode, wish))
    if answer.mode in names:
        for mode in [one for one in names if one != answer.mode]:
            title = texts.ANSWER_IN_MODE[locale].format(name=names[mode])
            yield _option(title, AskAgain.of(place, mode))


def _option(text: str, again: AskAgain) -> Block:
    return {"text": plain(text), "value": again.encode()}


def _voting(task: Task, mode: Mode) -> Block:
    def choice(vote: Vote, text: str) -> Block:
        return {
            "text": plain(text),
            "accessibility_label": text,
            "value": CastVote(task_id=task.task_id, mode=mode, vote=vote).encode(),
        }

    element = {
        "type": "feedback_buttons",
        "action_id": ActionId.FEEDBACK,
        "positive_button": choice(Vote.UP, texts.GOOD[task.locale]),
        "negative_button": choice(Vote.DOWN, texts.NOT_GOOD[task.locale]),
    }
    return {"type": "context_actions", "elements": [element]}
