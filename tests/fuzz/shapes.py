"""Texts that make readers slow: units repeated many times, between a beginning and an end."""

from dataclasses import dataclass, replace
from random import Random

ATOMS = (
    *"[](){}<>!*_~`\\|#-+>&;:.,/=\"'^@ \t\n",
    *("\n\n", "**", "__", "~~", "``", "```", "\n```\n", "~~~\n", "![", "](", "][", "](<", "]: "),
    *(
        "\n- ",
        "\n1. ",
        "\n> ",
        "\n# ",
        "  - ",
        "\n---\n",
        "\n===\n",
        "|a|b|\n|-|-|\n",
        "\n|",
        " | ",
    ),
    *(
        "&amp;",
        "&#",
        "&lt;",
        "<a",
        "<a:",
        "<!--",
        "<br>",
        "<b>",
        "</b>",
        "https://",
        "https://e.com",
        "mailto:",
        "h",
    ),
    *("<@U1>", "<@UBOT>", "<#C1|g>", "<!here>", "<https://e.com|l>", "&lt;@U1&gt;", ":a:", ":a"),
    *(
        "--private",
        "--mode",
        "code:",
        "--",
        "thanks",
        "\u0301",
        "\u0316",
        "\u3000",
        "\u200b",
        "\u200d",
    ),
    *(
        "a",
        "b1",
        "語",
        "です。",
        "word ",
        "「",
        "）",
        "👩",
        "\r",
        "\x00",
        "\ufdfa",
        "\ud800",
        "[^1]",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\frac{",
        "\n\\begin{align}\n",
        "x^2",
        "%",
        "$_2$",
    ),
    *("```markdown\n", "\n    ```\n", "：**", "[cite: 1]", "<https://e.com|a b>", "__init__"),
    *("<li>", "</li>", "<pre>", "</pre>", "<td>", "<a href='https://e.com'>", "</a>"),
)
"""What the worst shapes are made of: one of each kind that some reader gives a meaning."""


@dataclass(frozen=True)
class Shape:
    """``before``, then ``unit`` again and again, then as often ``closing``, then ``after``."""

    unit: str
    closing: str = ""
    before: str = ""
    after: str = ""

    def text(self, size: int) -> str:
        """The shape in at most ``size`` bytes of UTF-8, and about as many."""
        room = size - _bytes(self.before) - _bytes(self.after)
        times = max(1, room // max(1, _bytes(self.unit + self.closing)))
        return self.before + self.unit * times + self.closing * times + self.after


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def any_shape(random: Random) -> Shape:
    """A shape of a few atoms."""

    def some(most: int) -> str:
        return "".join(random.choices(ATOMS, k=random.randint(0, most)))

    closing = some(2) if random.random() < 0.3 else ""
    return Shape(some(4) or "a", closing, some(2), some(2))


def mutated(shape: Shape, random: Random) -> Shape:
    """Almost the same shape: one part of it gains, loses or changes an atom."""
    part = random.choice(["unit", "unit", "closing", "before", "after"])
    text: str = getattr(shape, part)
    at = random.randint(0, len(text))
    end = min(len(text), at + random.choice([0, 0, 1, 2]))
    atom = random.choice(ATOMS) if random.random() < 0.8 else ""
    text = text[:at] + atom + text[end:]
    return shape if part == "unit" and not text else replace(shape, **{part: text})


def any_mixture(random: Random, size: int) -> str:
    """Atoms in any order, some of them repeated."""
    text = ""
    while len(text) < size:
        text += random.choice(ATOMS) * random.choice([1, 1, 1, 1, 2, 3, 30])
    return text
