"""From Gemini's Markdown to Slack messages."""

from collections.abc import Sequence
from dataclasses import replace

from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.rendering.markdown.characters import neutralise
from processor_service.rendering.markdown.document import words_of
from processor_service.rendering.markdown.tables import Table
from processor_service.rendering.omitted_files import omitted_lines
from processor_service.rendering.packing import MessageLayout, MessagePart, split_markdown
from processor_service.texts import answers as texts
from processor_service.texts.failures import OTHER, WORDS, Failure, FailureText
from shared.actions import ActionId, AskAgain
from shared.channel_ids import is_direct
from shared.slack.blocks import Block, actions, button, context, preformatted, section
from shared.slack.message import MessageRef
from shared.slack.message_text import escape
from shared.slack.usage import shown_moment
from shared.task import Locale, Source, Subject, Task

# A streamed message takes some 10,600 bytes (measured by others, undocumented). All markdown blocks
# of a message hold 12,000 characters together, all blocks some 13,200 (docs.slack.dev, markdown
# block; github.com/slackapi/bolt-js/issues/2509).
PART_BYTES = 10_000
# Slack may split a longer text into several posts, and chat.update refuses one: both count 4,000,
# the latter escaped bytes (docs.slack.dev, chat.postMessage and chat.update).
PLAIN_BYTES = 3_900
_PREVIEW_CHARS = 200
# docs.slack.dev, section block.
_SECTION_CHARS = 3_000
_QUOTE_CHARS = 2_500
_SUBJECT_CHARS = 300
_DAY_S = 86_400
_GIVEN_BACK_CHARS = 8_000


def render_answer(
    answer: Answer,
    locale: Locale,
    capacity: int,
    footer: Sequence[Block] = (),
) -> list[Body]:
    """The messages that together hold the whole answer; at least one, ``footer`` below the last.

    In a conversation that takes fewer messages the last one says that the rest is missing.
    """
    bodies = list(map(body_of, _fitting(answer, RICH, capacity, locale)))
    bodies[-1] = replace(bodies[-1], blocks=(*bodies[-1].blocks, *footer))
    return bodies


def render_plain(
    answer: Answer,
    locale: Locale,
    capacity: int,
    *,
    below: Sequence[str] = (),
    part_bytes: int = PLAIN_BYTES,
) -> list[Body]:
    """The whole answer without any layout, for when Slack refuses ours.

    The paragraphs ``below`` follow it. No message is larger than ``part_bytes``.
    """
    layout = replace(_PLAIN, limit=part_bytes)
    parts = _fitting(answer, layout, capacity, locale, below)
    return [Body(escape("".join(map(str, part)))) for part in parts]


def body_of(part: Sequence[MessagePart]) -> Body:
    """One message of an answer."""
    return Body(_preview(part), tuple(map(_shown, part)))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _escaped_bytes(text: str) -> int:
    return _bytes(escape(text))


RICH = MessageLayout(_bytes, PART_BYTES, table_blocks=True)
_PLAIN = MessageLayout(_escaped_bytes, PLAIN_BYTES, table_blocks=False)


def _fitting(
    answer: Answer, layout: MessageLayout, capacity: int, locale: Locale, below: Sequence[str] = ()
) -> list[list[MessagePart]]:
    truncated = [texts.TRUNCATED[locale]] if answer.truncated else []
    documents = [neutralise(answer.text), *truncated, *map(neutralise, below)]
    parts = split_markdown(documents, layout) or [[answer.text]]
    if len(parts) > capacity:
        parts = [*parts[: capacity - 1], [f"_{texts.TOO_LONG_FOR_RESPONSE[locale]}_"]]
    return parts


def _shown(piece: MessagePart) -> Block:
    if isinstance(piece, Table):
        return piece.block()
    # Rewriting must not have turned the model's words into a ping.
    return {"type": "markdown", "text": neutralise(piece)}


def render_notice(failure: Failure, task: Task, place: MessageRef | None) -> Body:
    """The message that says why there is no answer, with Retry if the question can be read: two
    sentences, and below them what operators look for.
    """
    words, locale = WORDS.get(failure.reason, OTHER), task.locale
    advice = words.advice if place is not None or not words.retry else texts.ASK_AGAIN
    what = words.what[locale].format(
        when=shown_moment(failure.resumes_at) if failure.resumes_at else "",
        files=escape(omitted_lines(failure.without, locale)),
    )
    gap = "" if locale == "ja" or what.endswith("\n") else " "
    text = f":warning: {what}{gap}{advice[locale]}"
    blocks: list[Block] = [section(text), context(_particulars(failure, words, task))]
    if place is not None and words.retry:
        again = AskAgain.whole(task, place, task.wish).encode()
        blocks.append(actions(button(ActionId.RETRY, texts.RETRY[locale], again)))
    if place is None and task.source is Source.SLASH_COMMAND:
        blocks += _given_back(task)
    return Body(text, tuple(blocks))


def _given_back(task: Task) -> list[Block]:
    """A command's question, to be copied: Slack does not show the typed text anywhere."""
    if not task.text or len(task.text) > _GIVEN_BACK_CHARS:
        return []
    return [context(texts.YOUR_QUESTION[task.locale]), preformatted(task.text)]


def _particulars(failure: Failure, words: FailureText, task: Task) -> str:
    locale = task.locale
    told = [
        words.phase[locale],
        (texts.STOPPED_NOTICE if words.tried else texts.NOT_TRIED_AGAIN)[locale],
        *([texts.TAKEN_AWAY[locale]] if failure.shown else []),
        *([texts.COVERS_OTHERS[locale]] if words.covers else []),
        f"`{failure.reason}`",
        f"`{task.task_id}`",
    ]
    return " · ".join(told)


def render_stopped(task: Task, place: MessageRef | None) -> Body:
    """The message below a question that was stopped before the answer's first word."""
    title = texts.STOPPED_BEFORE[task.locale]
    blocks: list[Block] = [section(title)]
    if place is not None:
        again = AskAgain.whole(task, place, task.wish).encode()
        blocks.append(actions(button(ActionId.RETRY, texts.REGENERATE[task.locale], again)))
    return Body(title, tuple(blocks))


def render_question(task: Task, asker: str | None) -> Body:
    """The message that shows a slash command's question: in the channel, or, if it is private, in
    its user's direct messages, with the channel.

    ``asker`` is a name: a mention would notify a person of what they have just typed.
    """
    title, most = _title(task, asker), _QUOTE_CHARS
    # What is escaped, or begins a line of the quote, takes more room than it has characters.
    while len(text := f"{title}\n{_quote(task.text, most)}") > _SECTION_CHARS and most:
        most = most * _SECTION_CHARS // len(text)
    return Body(text, (section(text),))


def _quote(text: str, most: int) -> str:
    shown = text if len(text) <= most else text[:most] + " …"
    return "\n".join(f"> {line}" for line in escape(shown).splitlines())


def _title(task: Task, asker: str | None) -> str:
    locale = task.locale
    if task.private and not is_direct(task.channel_id):
        return texts.PRIVATE_QUESTION[locale].format(channel=f"<#{task.channel_id}>")
    if not asker:
        return texts.UNNAMED_QUESTION[locale]
    title = texts.QUESTION if task.share is None else texts.SHARED_BY
    return title[locale].format(user=escape(asker))


def render_subject(task: Task, subject: Subject, asker: str | None = None) -> Body:
    """The message in the requester's direct messages that quotes the subject of a shortcut; in the
    subject's own thread, it names the requester instead.
    """
    form = texts.PURPOSES[task.locale][subject.purpose]
    if task.shown_below is not None:
        form = (texts.REACTED if asker else texts.SOMEBODY_REACTED)[task.locale]
    text = form.format(
        user=escape(asker or ""),
        message=_linked(texts.MESSAGE[task.locale], subject.permalink),
        channel=_named(subject.channel_id, task.locale),
        period=period_of(subject, task.locale),
    )
    if words := " ".join(task.text.split()):
        text = f"{text}\n{_quote(words, _SUBJECT_CHARS)}"
    return Body(text, (section(text),))


def period_of(subject: Subject, locale: Locale) -> str:
    """The length of the time that a subject is about; "" if it is none of a channel."""
    if subject.since is None:
        return ""
    days = round((float(subject.message_ts) - float(subject.since)) / _DAY_S)
    return (texts.ONE_DAY if days == 1 else texts.DAYS)[locale].format(days=days)


def _named(channel_id: str, locale: Locale) -> str:
    """A channel with the name Slack shows; a direct message has none."""
    return texts.DIRECT[locale] if is_direct(channel_id) else f"<#{channel_id}>"


def _linked(text: str, address: str) -> str:
    return f"<{escape(address)}|{text}>" if address else text


def _preview(part: Sequence[MessagePart]) -> str:
    """The first words, for the notification."""
    first = part[0]
    words = first.words() if isinstance(first, Table) else _first_words(first)
    return escape(words if len(words) <= _PREVIEW_CHARS else words[:_PREVIEW_CHARS] + "…")


def _first_words(markdown: str) -> str:
    """Enough for the notification, without an address; a growing answer is read for it often."""
    start = markdown[: 2 * _PREVIEW_CHARS]
    return words_of(markdown[: 4 * _PREVIEW_CHARS] if "](" in start else start)
