"""Everything that reads what people, apps or the model wrote, as functions of a text.

To add a reader, add a function of a text to ``TARGETS``. None may raise, whatever the text, and
none may take more than its ``most`` times a linear pass over it (``tests/fuzz/pace.py``).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from command_service.payloads.slash_command import folded, read_request
from command_service.payloads.small_talk import is_small_talk, is_thanks, opens_with_somebody_else
from processor_service.attachments.delimited import as_table
from processor_service.attachments.documents.page import write_html
from processor_service.attachments.documents.paper import Paper
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.prompt.response_layout import layout_as_markdown
from processor_service.prompt.response_schema import JsonFormat
from processor_service.rendering.incremental import IncrementalRenderer
from processor_service.rendering.markdown.characters import neutralise
from processor_service.rendering.markdown.document import words_of
from processor_service.rendering.markdown.formulas import readable_rows
from processor_service.rendering.markdown.stable_prefix import settled_code, settled_text
from processor_service.rendering.messages import render_answer, render_plain
from processor_service.rendering.shown_letters import letters_of
from shared.slack.message import OurBot
from shared.slack.message_text import mentions, plain_text
from shared.slack.reading.said import said_by_person
from shared.task import Mode
from shared.well_formed import well_formed
from simulators.page.markdown import markdown as page_markdown
from simulators.page.mrkdwn import mrkdwn as page_mrkdwn
from tests.fuzz.pace import MOST

_CUTS = 3
_CAPACITY = 1_000
_ROOM = 1_000_000
# What makes no tokens of a text takes a few linear passes.
_SCAN = 20.0


@dataclass(frozen=True)
class Target:
    """A reader: ``run`` may take ``most`` linear passes over its text of at most ``size`` bytes."""

    name: str
    run: Callable[[str], object]
    most: float = MOST
    size: int = 100_000


def drawn(text: str) -> object:
    """One draw of a text that may go on, and what of it is settled."""
    return IncrementalRenderer().draw(text).settled()


def drawn_in_cuts(text: str) -> object:
    """A text that grows in a few steps of any length."""
    draft, random = IncrementalRenderer(), Random(text.encode("utf-8", "replace"))
    cuts = sorted(random.randint(0, len(text)) for _ in range(_CUTS))
    return [draft.draw(text[:end]).settled() for end in (*cuts, len(text))]


def rendered(text: str) -> object:
    """The messages of a finished answer."""
    return render_answer(Answer(text, "model"), "ja", _CAPACITY)


def rendered_plain(text: str) -> object:
    """The messages of an answer whose layout Slack refused."""
    return render_plain(Answer(text, "model"), "en", _CAPACITY)


class NoNames:
    """Ids as they are."""

    def user(self, user_id: str, /) -> str:
        return user_id

    def channel(self, channel_id: str, /) -> str:
        return channel_id


def laid_out(text: str) -> object:
    """The Markdown of a structured answer, growing and whole."""
    fields = {"language": text[:1_000], "explanation": text, "code": text, "suggestions": [text]}
    return [
        layout_as_markdown(Mode.CODE, fields, "ja", growing=growing) for growing in (True, False)
    ]


def structured(text: str) -> object:
    """The JSON of a structured answer that goes on as it likes."""
    whole = f"""```json\n{{"mode": "general", "summary": {json.dumps(text)}}}{text}"""
    format_of = JsonFormat(Mode.AUTO, "ja")
    return [format_of.growing(well_formed(each)) for each in (text, whole)]


def paged(text: str) -> object:
    """The words of a canvas, or of another page in a file."""
    paper = Paper(_ROOM, seconds=60.0)
    write_html(text, paper)
    return paper.lines


def said(text: str) -> object:
    """A message with the text wherever people and apps write."""
    words = {"text": text, "fallback": text, "title": text, "pretext": text, "author_name": text}
    cells = [{"type": "raw_text", "text": line} for line in text.splitlines()]
    table = {"type": "table", "rows": [cells, *([cell] for cell in cells)]}
    shared = {**words, "is_share": True, "message_blocks": [{"message": {"blocks": [table]}}]}
    card = {**words, "fields": [{"title": text, "value": text}], "from_url": text}
    mail = {"filetype": "email", "from": [{"name": text}], "subject": text, "plain_text": text}
    chips = [{"type": "canvas", "label": text}, {"type": "text", "text": text}]
    typed = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": chips}]}
    message = {
        "text": text,
        "blocks": [typed, table],
        "attachments": [shared, card],
        "files": [mail],
    }
    return said_by_person(message, OurBot("UBOT"))


TARGETS: list[Target] = [
    Target("said_by_person", said, 20 * _SCAN, 20_000),
    Target("as_table", lambda text: as_table(text, 1_000_000)),
    Target("plain_text", lambda text: plain_text(text, "UBOT"), _SCAN),
    Target("mentions", lambda text: mentions(text, "UBOT"), _SCAN),
    Target("opens_with_somebody_else", opens_with_somebody_else, _SCAN),
    Target("is_small_talk", is_small_talk, _SCAN),
    Target("is_thanks", is_thanks, _SCAN),
    Target("read_request", read_request, _SCAN),
    Target("folded", folded, _SCAN),
    Target("neutralise", neutralise, _SCAN),
    Target("settled_text", settled_text),
    Target("settled_code", settled_code, _SCAN),
    # At more, the same is measured by the finished answer.
    Target("draw", drawn, MOST, 10_000),
    Target("draw in cuts", drawn_in_cuts, (_CUTS + 1) * MOST, 10_000),
    Target("render_answer", rendered),
    Target("render_plain", rendered_plain, MOST, 10_000),
    Target("words_of", words_of, MOST, 10_000),
    Target("readable_rows", readable_rows, MOST, 10_000),
    Target("letters_of", lambda text: letters_of(Body(text)), _SCAN),
    Target("well_formed", well_formed, _SCAN),
    Target("the page's mrkdwn", lambda text: page_mrkdwn(text, NoNames())),
    # A message's Markdown has at most 12,000 characters.
    Target("the page's markdown", lambda text: page_markdown(text, NoNames()), 8 * MOST, 12_000),
    Target("layout", laid_out, 4 * _SCAN),
    Target("structured", structured, 2 * _SCAN),
    # Python's own parser of HTML is quadratic; the process that reads pages has a limit of time.
    Target("page", paged, 10 * MOST, 5_000),
]
