"""What a reader sees, judged by markdown-it-py under CommonMark's own rules, as Slack might read.

The renderer's parser is kinder to Japanese; ``meant`` is what it takes the author to mean.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from processor_service.rendering.markdown.inline.parser import read_blocks, read_inline

_STRICT = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class _Credulous(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return True


_CREDULOUS = _Credulous("commonmark").enable(["table", "strikethrough"])
# Layout, not words: white space of every width, and the lines of a table shown as text.
_LAYOUT = re.compile(r"[\s\u200a\u200b│─┼]+")
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


def shown(markdown: str) -> str:
    """The words of ``markdown`` to a strict reader."""
    return _words(_STRICT.parse(markdown), lambda token: token.children or [])


def meant(markdown: str) -> str:
    """The words of ``markdown`` as the renderer understands its author."""

    return _words(read_blocks(markdown), lambda token: read_inline(token.content, {}).tokens)


def _words(tokens: Iterable[Token], children: Callable[[Token], Sequence[Token]]) -> str:
    words: list[str] = []
    for token in tokens:
        if token.type == "inline":
            words += [each.content for each in children(token)]
        else:
            words.append(token.content)
    return visible("".join(words))


def visible(text: str) -> str:
    """``text`` without what is layout only."""
    return _LAYOUT.sub("", text)


def shown_by(blocks: Iterable[Mapping[str, Any]]) -> str:
    """The words of Slack blocks."""
    return "".join(
        shown(block["text"]) if block["type"] == "markdown" else visible(_texts(block["rows"]))
        for block in blocks
        if block["type"] in ("markdown", "table")
    )


def read_by(blocks: Iterable[Mapping[str, Any]]) -> str:
    """The words of Slack blocks and the addresses behind them, whatever these are."""
    return "".join(
        _words(_CREDULOUS.parse(block["text"]), _with_addresses)
        if block["type"] == "markdown"
        else visible(_texts(block["rows"]))
        for block in blocks
        if block["type"] in ("markdown", "table")
    )


def _with_addresses(token: Token) -> Sequence[Token]:
    children = token.children or []
    targets = (str(each.attrs.get("href") or each.attrs.get("src") or "") for each in children)
    return [*children, *(Token("text", "", 0, content=f" {each}") for each in targets if each)]


def addresses(markdown: str) -> list[str]:
    """Where the links and images lead that a reader finds who takes any address."""
    return [
        str(each.attrs.get("href") or each.attrs.get("src"))
        for token in _CREDULOUS.parse(markdown)
        for each in token.children or []
        if each.type in ("link_open", "image")
    ]


def _texts(value: Any) -> str:
    if isinstance(value, list):
        return "".join(map(_texts, value))
    if isinstance(value, dict):
        return str(value["text"]) if "text" in value else _texts(value.get("elements", []))
    return ""


def styled(markdown: str) -> list[tuple[str, str]]:
    """The bold, italic and struck stretches that a strict reader sees, innermost first."""
    found: list[tuple[str, str]] = []
    for block in _STRICT.parse(markdown):
        opened: list[list[str]] = []
        for token in block.children or []:
            if token.tag in _STYLES and token.nesting == 1:
                opened.append([])
            elif token.tag in _STYLES and token.nesting == -1:
                text = "".join(opened.pop())
                found.append((_STYLES[token.tag], text))
            for texts in opened:
                texts.append(token.content)
    return found


def types(markdown: str) -> list[str]:
    """The types of the tokens that a strict reader finds, those within text included."""
    found = []
    for block in _STRICT.parse(markdown):
        found += [block.type, *(token.type for token in block.children or [])]
    return found
