"""Packing the blocks of a document into messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from processor_service.rendering.markdown.document import MarkdownBlock, read_document
from processor_service.rendering.markdown.split_block import Size, cut
from processor_service.rendering.markdown.tables import Table

# Beyond this many tables, narrow ones are shown as text: each table block takes a message.
_TABLE_BLOCKS = 4
_NARROW_COLUMNS = 72

# Blocks whose pieces may share one message, as they did in the whole.
_OF_SEVERAL = ("bullet_list", "ordered_list", "blockquote")

MessagePart = str | Table


@dataclass(frozen=True)
class MessageLayout:
    """The limits of one message: ``limit`` by ``size``, which is additive over characters, and
    whether table blocks are possible.
    """

    size: Size
    limit: int
    table_blocks: bool


def split_markdown(documents: Sequence[str], layout: MessageLayout) -> list[list[MessagePart]]:
    """The documents as messages of Markdown and tables, each within ``layout``, one table each.

    Nothing is lost. A block stays whole if it fits into a message; else it is cut at its lines,
    items or sentences, with code fences and table heads repeated. Headings stay with what follows
    them. Pure, and linear in the documents' length. A document nested too deep for the stack is cut
    as text.
    """
    try:
        return _packed(map(read_document, documents), layout)
    except RecursionError:
        return _packed(
            ([MarkdownBlock("text", each)] for each in documents if each.strip()), layout
        )


def _packed(
    documents: Iterable[Sequence[MarkdownBlock]], layout: MessageLayout
) -> list[list[MessagePart]]:
    packing = MessagePacker(layout)
    for blocks in documents:
        for number, block in enumerate(blocks):
            packing.add(block if number else replace(block, gap="\n\n"))
    return packing.messages()


@dataclass
class MessagePacker:
    """The full messages, and the blocks of the one being filled."""

    layout: MessageLayout
    _full: list[list[MarkdownBlock]] = field(default_factory=list)
    _blocks: list[MarkdownBlock] = field(default_factory=list)
    _used: int = 0
    _tables: int = 0

    @property
    def open_blocks(self) -> Sequence[MarkdownBlock]:
        """The blocks of the message being filled."""
        return self._blocks

    def take_full(self) -> list[list[MessagePart]]:
        """The full messages; each is returned once."""
        full, self._full = self._full, []
        return [pieces_of(blocks) for blocks in full]

    def go_on(self) -> "MessagePacker":
        """A copy that continues from here and leaves this packer unchanged."""
        return MessagePacker(self.layout, [], list(self._blocks), self._used, self._tables)

    def add(self, block: MarkdownBlock) -> None:
        """Add a block to the message, or begin a new one with it."""
        if block.table is not None:
            self._add_table(block.table)
        elif self._has_room(block):
            self._put(block)
        else:
            self._add_long(block)

    def messages(self) -> list[list[MessagePart]]:
        """All messages; the last may have room."""
        full = [pieces_of(blocks) for blocks in self._full]
        return [*full, pieces_of(self._blocks, open_ended=True)] if self._blocks else full

    def _add_long(self, block: MarkdownBlock) -> None:
        """Cut a block that would leave half a message empty, unless it need not be cut."""
        size, limit = self.layout.size, self.layout.limit
        divisible = block.kind in _OF_SEVERAL or self._cost(block) > limit
        if not divisible or self._used > limit // 2:
            self._begin(min(self._cost(block), limit // 2))
        if self._has_room(block):
            self._put(block)
            return
        gap = size("\n\n")
        for number, piece in enumerate(cut(block, limit - self._used - gap, limit - gap, size)):
            if not self._has_room(piece) or (number and block.kind not in _OF_SEVERAL):
                self._begin(self._cost(piece))
            self._put(piece)

    def _add_table(self, table: Table) -> None:
        size, limit = self.layout.size, self.layout.limit
        narrow = table.width() <= _NARROW_COLUMNS
        if self.layout.table_blocks and not (narrow and self._tables >= _TABLE_BLOCKS):
            pieces = list(table.pieces(size, limit))
            if all(piece.fits(size, limit) for piece in pieces):
                for piece in pieces:
                    self._put_table(MarkdownBlock("table", "", table=piece))
                return
        for code in table.code_blocks(size, limit - size("\n\n")):
            self.add(MarkdownBlock("fence", code))

    def _put_table(self, block: MarkdownBlock) -> None:
        if not self._has_room(block) or any(each.table for each in self._blocks):
            self._begin(self._cost(block))
        self._put(block)
        self._tables += 1

    def _cost(self, block: MarkdownBlock) -> int:
        if block.table is not None:
            return block.table.size(self.layout.size)
        return self.layout.size(block.gap) + self.layout.size(block.text)

    def _has_room(self, block: MarkdownBlock) -> bool:
        return self._used + self._cost(block) <= self.layout.limit

    def _put(self, block: MarkdownBlock) -> None:
        self._blocks.append(block)
        self._used += self._cost(block)

    def _begin(self, needed: int) -> None:
        """Begin a message that needs this much room; lead-ins move along."""
        count = len(self._blocks)
        while count and self._blocks[count - 1].leads_in:
            count -= 1
        leads = self._blocks[count:]
        if not count or sum(map(self._cost, leads)) + needed > self.layout.limit:
            count, leads = len(self._blocks), []
        if count:
            self._full.append(self._blocks[:count])
        self._blocks, self._used = [], 0
        for lead in leads:
            self._put(lead)


def pieces_of(blocks: Sequence[MarkdownBlock], *, open_ended: bool = False) -> list[MessagePart]:
    """The blocks of one message.

    With ``open_ended`` the fence of unclosed code at the end is left out: more of it may follow.
    """
    pieces: list[MessagePart] = []
    if open_ended and blocks and blocks[-1].unclosed:
        open_code, _ = blocks[-1].text.rsplit("\n", 1)
        blocks = [*blocks[:-1], replace(blocks[-1], text=open_code)]
    for block in blocks:
        if block.table is not None:
            pieces.append(block.table)
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += block.gap + block.text
        else:
            pieces.append(block.text)
    return pieces
