"""The messages of an answer that is still being written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from processor_service.ports.conversations import Body
from processor_service.rendering.markdown.characters import neutralise
from processor_service.rendering.markdown.document import (
    HELD,
    MarkdownBlock,
    read_document,
    with_newlines,
)
from processor_service.rendering.markdown.stable_prefix import settled_code, settled_text
from processor_service.rendering.messages import RICH, body_of
from processor_service.rendering.packing import MessagePacker, pieces_of

Read = Callable[[str], list[MarkdownBlock]]
_read = partial(read_document, whole=False, grows=True)


@dataclass(frozen=True)
class RenderedSoFar:
    """The messages for a text so far. ``last``: the blocks of the last one, if it may
    still grow.
    """

    bodies: Sequence[Body]
    last: Sequence[MarkdownBlock] = ()

    def settled(self) -> str:
        """The Markdown at the start of the last message that more text can only add to.

        A heading or another lead-in may still move to the next message with what follows it.
        """
        if not self.last:
            return first_markdown(self.bodies[-1]) if self.bodies else ""
        blocks = list(self.last)
        while len(blocks) > 1 and blocks[-1].leads_in:
            blocks.pop()
        first, *further = pieces_of(blocks, open_ended=True)
        if not isinstance(first, str):
            return ""
        if further:
            return neutralise(first)
        settle = settled_code if blocks[-1].kind in ("fence", "code_block") else settled_text
        return neutralise(settle(first))


def first_markdown(body: Body) -> str:
    """The Markdown at the start of a message; "" if it starts with anything else."""
    first = body.blocks[0] if body.blocks else {}
    return str(first["text"]) if first.get("type") == "markdown" else ""


@dataclass
class IncrementalRenderer:
    """Renders a growing text, and reads again only what its next words may change.

    A block is final once another block has begun on a whole line below it; its rendering is kept.
    ``draw`` gives the first ``most`` messages as they will be in the end, with two exceptions: a
    table and a formula appear once they are whole, and reference links and footnotes stay as
    written until the end.
    """

    most: int = 1_000
    read: Read = _read
    _text: str = ""
    _gap: str = "\n\n"
    _full: list[Body] = field(default_factory=list)
    _packing: MessagePacker = field(default_factory=lambda: MessagePacker(RICH))

    def unread(self, text: str) -> int:
        """About how many characters of ``text`` must be read to render it."""
        return max(0, len(text) - len(self._text))

    def draw(self, text: str) -> RenderedSoFar:
        """The messages for ``text``; starts over if ``text`` does not continue the last one."""
        text = with_newlines(text)
        if not text.startswith(self._text):
            self._forget()
        rest = text[len(self._text) :]
        blocks = self.read(neutralise(rest))
        if blocks:
            blocks[0] = replace(blocks[0], gap=self._gap)
        final = _final(blocks, rest)
        if final:
            self._keep(blocks, final, rest)
        return self._drawn(blocks[final:])

    def _forget(self) -> None:
        self._text, self._gap = "", "\n\n"
        self._full, self._packing = [], MessagePacker(RICH)

    def _keep(self, blocks: Sequence[MarkdownBlock], final: int, rest: str) -> None:
        for block in blocks[:final]:
            self._packing.add(block)
        self._full += map(body_of, self._packing.take_full())
        lines = rest.split("\n")[: blocks[final].line]
        self._text += "".join(f"{line}\n" for line in lines)
        self._gap = blocks[final].gap

    def _drawn(self, blocks: Sequence[MarkdownBlock]) -> RenderedSoFar:
        packing = self._packing.go_on()
        begun = self._full or packing.open_blocks or len(blocks) > 1
        if begun and blocks and blocks[-1].table is not None:
            blocks = blocks[:-1]
        for block in blocks:
            if block.kind != HELD:
                packing.add(block)
        bodies = [*self._full, *map(body_of, packing.messages())]
        if len(bodies) > self.most:
            return RenderedSoFar(bodies[: self.most])
        return RenderedSoFar(bodies, packing.open_blocks)


def _final(blocks: Sequence[MarkdownBlock], source: str) -> int:
    """How many blocks are final: those above the last block that begins on a whole line."""
    whole_lines = source.count("\n")
    return max(0, sum(block.line < whole_lines for block in blocks) - 1)
