"""Everything that reads what people, apps or the model wrote, as functions of a text.

To add a reader, add a function of a text to ``TARGETS``. None may raise, whatever the text, and
none may take more than its ``most`` times a linear pass over it (``tests/fuzz/pace.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass

from command_service.command_line import folded, read_request
from command_service.small_talk import is_small_talk, opens_with_somebody_else
from processor_service.layout import layout
from processor_service.markdown.settling import settled_code
from processor_service.ports.conversations import Body
from processor_service.proof import letters_of
from processor_service.rendering import neutralise
from shared.message_text import mentions, plain_text
from shared.task import Mode
from tests.fuzz.pace import MOST

# What makes no tokens of a text takes a few linear passes.
_SCAN = 20.0


@dataclass(frozen=True)
class Target:
    """A reader: ``run`` may take ``most`` linear passes over its text."""

    name: str
    run: Callable[[str], object]
    most: float = MOST


def laid_out(text: str) -> object:
    """The Markdown of a structured answer, growing and whole."""
    fields = {"language": text[:1_000], "explanation": text, "code": text, "suggestions": [text]}
    return [layout(Mode.CODE, fields, "ja", growing=growing) for growing in (True, False)]


TARGETS: list[Target] = [
    Target("plain_text", lambda text: plain_text(text, "UBOT"), _SCAN),
    Target("mentions", lambda text: mentions(text, "UBOT"), _SCAN),
    Target("opens_with_somebody_else", opens_with_somebody_else, _SCAN),
    Target("is_small_talk", is_small_talk, _SCAN),
    Target("read_request", read_request, _SCAN),
    Target("folded", folded, _SCAN),
    Target("neutralise", neutralise, _SCAN),
    Target("settled_code", settled_code, _SCAN),
    Target("letters_of", lambda text: letters_of(Body(text)), _SCAN),
    Target("layout", laid_out, 4 * _SCAN),
]
