"""Documents in Markdown of every kind that once lost words, made of words that are all different.

``WordedDocument.words`` says where each word that must be shown ends in the text, and where what
holds it is whole: a table appears then, a line of code and a paragraph at once.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_JAPANESE = ("注意", "合計", "店員", "起動", "です。", "ました、", "確認", "（補足）", "「引用」")
_ENGLISH = ("note", "total", "clerk", "is", "started.", "and", "(aside)", "see", "value,")
_MARKS = ("**{}**", "*{}*", "~~{}~~", "`{}`", "{}", "{}", "{}", "<b>{}</b>", "\\*{}\\*")
_FORMULAS = (
    r"$x^2 + \text{{{}}}$",
    r"$\frac{{\text{{{}}}}}{{2}}$",
    r"\(\alpha_{{\text{{{}}}}}\)",
    r"$\unknown{{\text{{{}}}}}$",
    r"\[\text{{{}}} = 1\]",
    "{}は$5で、別は$10です。",
    "${} は変数",
    "H<sub>2</sub>O<br>{}",
    "<sup>{}</sup>",
    "<u>{}",
)


@dataclass
class WordedDocument:
    """A text, and its words as (word, where what holds it is whole)."""

    japanese: bool
    text: str = ""
    words: list[tuple[str, int]] = field(default_factory=list)

    def due(self, end: int) -> list[str]:
        """The words that stand in what is shown of the first ``end`` characters."""
        return [word for word, whole in self.words if whole <= end]


class _Writer:
    """Writes one document; ``word`` makes a word that stands nowhere else in it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.japanese = self.random.random() < 0.6
        self.made = 0
        self.late: list[str] = []
        self.hidden: set[str] = set()

    def word(self) -> str:
        self.made += 1
        return f"語{self.made}末" if self.japanese else f"word{self.made}x"

    def hide(self) -> str:
        """A word that is no word of the text: the label of something that is used."""
        word = self.word()
        self.hidden.add(word)
        return word

    def plain(self) -> str:
        words = self.random.choice((_JAPANESE, _ENGLISH)[not self.japanese])
        gap = "" if self.japanese else " "
        return gap.join([self.word(), words, self.word()])

    def text(self) -> str:
        mark = self.random.choice(_MARKS)
        gap = "は" if self.japanese else " "
        return gap.join([self.plain(), mark.format(self.plain())])

    def any(self, *makers: Callable[[], str]) -> str:
        return self.random.choice(makers)()

    def formula(self) -> str:
        """What is, and what is not, a formula within text, or a tag."""
        return self.plain() + self.random.choice(_FORMULAS).format(self.word()) + self.plain()

    def display(self) -> str:
        """A formula on lines of its own."""
        word = self.word
        return self.any(
            lambda: f"$$\n\\text{{{word()}}} = x^2\n$$",
            lambda: f"\\[\n\\text{{{word()}}} = \\frac{{1}}{{2}}\n\\]",
            lambda: f"$$\\text{{{word()}}} = x_1$$",
            lambda: f"\\begin{{align}}\n\\text{{{word()}}} &= 1 \\\\\n+ b &= 2\n\\end{{align}}",
            lambda: f"$$\n\\begin{{pmatrix}}\n\\text{{{word()}}} & 1\n\\end{{pmatrix}}\n$$",
            lambda: f"$$\n{word()} {word()}",
        )

    def label_line(self) -> str:
        """What CommonMark takes for the definition of a link, and its author did not mean so."""
        word = self.word
        return self.any(
            lambda: f"[{word()}]: {word()}してください。",
            lambda: f"[{word()}]: {word()}",
            lambda: f"[10:00]: {word()}",
            lambda: f"[PATH]: /usr/bin/{word()}",
            lambda: f"[port]: 3306{word()}",
            lambda: f"[{word()}]: https://example.com/{self.made}",
            lambda: f'[{word()}]: https://example.com/{word()} "{word()}"',
            lambda: f"[{word()}]：{word()}",
            lambda: f"[{word()}]: <{word()}>",
            lambda: f"[{word()}]: [{word()}]: {word()}",
            lambda: f"[^{word()}]: {word()}",
            lambda: f"[{word()}]:\n{word()}",
        )

    def labelled(self) -> str:
        lines = [self.label_line() for _ in range(1 + (self.random.random() < 0.3))]
        return "\n".join([*lines, *([self.text()] if self.random.random() < 0.3 else [])])

    def link(self) -> str:
        word = self.word
        return self.any(
            lambda: f"[{self.plain()}](https://example.com/a)",
            lambda: f'[{word()}](https://example.com/a "{word()}")',
            lambda: f"![{word()}](https://example.com/a.png '{word()}')",
            lambda: f"[{word()}](/usr/{word()})",
            lambda: f"配列[{word()}]({word()})",
            lambda: f"[{word()}](javascript:{word()})",
            lambda: f"[![{word()}](https://example.com/a)](https://example.com/b)",
            lambda: f"![{word()}]({word()}.png)",
            lambda: f"[{word()}]()",
            lambda: f"<{word()}:{word()}>",
            lambda: f"<https://example.com/{self.made}|{word()}>",
            lambda: f"[https://bank.example/{word()}](https://example.com/{self.made})",
            lambda: f"[{word()}][{word()}]",
        )

    def defined(self) -> str:
        """Links with their definitions, and footnotes with their notes, in some later block."""
        if self.random.random() < 0.5:
            label = self.hide()
            self.late.append(f'[{label}]: https://example.com/{self.made} "{self.word()}"')
            return self.any(
                lambda: f"{self.plain()}[{self.word()}][{label}]{self.plain()}",
                lambda: f"![{self.word()}][{label}]",
            )
        label = self.random.choice([str(self.made + 1), self.hide()])
        self.late.append(f"[^{label}]: {self.text()}")
        return f"{self.plain()}[^{label}]{self.plain()}"

    def cell(self) -> str:
        word = self.word
        return self.any(
            word,
            word,
            lambda: f"`{word()}|{word()}`",
            lambda: f"`{word()} || {word()}`",
            lambda: f"``{word()} ` | {word()}``",
            lambda: f"{word()} | {word()}",
            lambda: f"{word()} || {word()}",
            lambda: f"|{word()}|",
            lambda: f"`cat {word()} | grep {word()}`",
            lambda: f"{word()}: string | undefined | null",
            lambda: f"`{word()}\\|{word()}`",
            lambda: f"**{word()}**",
            lambda: f"[{word()}](https://example.com/x)",
            lambda: f"[{word()}]({word()})",
            lambda: f"`{word()}",
            lambda: "",
        )

    def table(self) -> str:
        columns = self.random.choice([1, 2, 2, 3])
        heads = [
            self.any(self.word, lambda: f"`{self.word()}|{self.word()}`") for _ in " " * columns
        ]
        rows = [
            [self.cell() for _ in range(max(1, columns + self.random.randint(-1, 1)))]
            for _ in range(1 + (self.random.random() < 0.3))
        ]
        rule = f"|{'---|' * columns}"
        lines = [f"| {' | '.join(row)} |" for row in [heads, *rows]]
        return "\n".join([lines[0], rule, *lines[1:]])

    def code(self) -> str:
        return f"```sh\n{self.word()} | {self.word()}\n[{self.word()}]: {self.word()}\n```"

    def heading(self) -> str:
        return self.any(lambda: f"## {self.text()}", lambda: f"{self.label_line()}\n---")

    def inner(self) -> str:
        return self.any(
            self.text,
            self.labelled,
            self.link,
            self.table,
            self.defined,
            self.display,
            self.formula,
        )

    def quoted(self) -> str:
        return "\n".join(f"> {line}" for line in self.inner().split("\n"))

    def listed(self) -> str:
        marker = self.random.choice(["- ", "1. "])
        items = [self.inner() for _ in range(1 + (self.random.random() < 0.3))]
        return "\n".join(marker + item.replace("\n", "\n" + " " * len(marker)) for item in items)

    def block(self) -> str:
        return self.any(
            self.text,
            self.labelled,
            self.labelled,
            self.link,
            self.defined,
            self.table,
            self.table,
            self.code,
            self.heading,
            self.quoted,
            self.listed,
            self.formula,
            self.display,
        )

    def blocks(self, most: int) -> Iterator[str]:
        for _ in range(self.random.randint(1, most)):
            yield self.block()
        if self.random.random() < 0.5:
            yield "\n".join(self.late)
            self.late = []
        if self.random.random() < 0.3:
            yield self.plain()
        yield from self.late


def worded_document(seed: int) -> WordedDocument:
    """The same document for the same seed; every fiftieth is a longer one."""
    writer = _Writer(seed)
    found = WordedDocument(writer.japanese)
    for block in filter(None, writer.blocks(1 if seed % 50 else 4)):
        found.text += ("\n\n" if found.text else "") + block
        start = len(found.text) - len(block)
        for number in range(1, writer.made + 1):
            word = f"語{number}末" if writer.japanese else f"word{number}x"
            at = block.find(word)
            if at >= 0 and word not in writer.hidden:
                # A table, also one in a list, is shown once the next block begins on a whole line,
                # a formula on lines of its own once it is whole.
                late = any(each in block for each in ("|", "$$", "\\[", "\\begin"))
                whole = len(block) + 3 if late else at + len(word)
                found.words.append((word, start + whole))
    return found
