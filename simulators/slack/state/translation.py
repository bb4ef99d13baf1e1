"""Markdown as Slack keeps it: a ``markdown`` block becomes one or several blocks of other types.

Rules: docs.slack.dev, markdown block ("a single block may result in multiple blocks after
translation", headers "render as a header", the ``block_id`` is not retained). Which blocks these
are is documented nowhere; here they are those that Block Kit has for the purpose.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode as Node

from simulators.slack.state.model import JSON

_HEADER_CHARS = 150
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
# What Slack reads in text: its own <...>, bare addresses, emoji by name and as characters. A digit
# with a keycap is an emoji, too.
_SPECIAL = re.compile(
    r"<(?P<target>[@#!][^<>\s|]+|(?:https?://|mailto:)[^<>\n|]+)(?:\|(?P<label>[^<>\n]*))?>"
    r"|(?P<bare>https?://[\x21-\x7e]+)"
    r"|:(?P<name>[a-z0-9_+-]*[a-z_+-][a-z0-9_+-]*):"
    r"|(?P<emoji>[0-9#*]\ufe0f?\u20e3|\u2139\ufe0f|[\U0001f300-\U0001faff]\ufe0f?)"
)
_KINDS = {"@": ("user", "user_id"), "#": ("channel", "channel_id"), "!": ("broadcast", "range")}
# The parser looks for the end of a label from each bracket: thousands take it seconds.
_MOST_BRACKETS = 400


class _Slacks(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return url.startswith(("http://", "https://", "mailto:"))


_PARSER = _Slacks("commonmark", {"html": False}).enable(["table", "strikethrough"])
_PARSER.disable(["autolink", "html_inline", "html_block"])


@lru_cache(maxsize=2_000)
def translated(markdown: str) -> tuple[JSON, ...]:
    """The blocks that Slack keeps instead of a ``markdown`` block; not to be changed."""
    if markdown.count("[") > _MOST_BRACKETS:
        return (_rich_text([_section([_text(markdown)])]),)
    return tuple(_blocks(Node(_PARSER.parse(markdown))))


def _blocks(document: Node) -> Iterator[JSON]:
    run: list[JSON] = []
    for node in document.children:
        block = _own_block(node)
        if block is None:
            for part in _parts(node):
                _append(run, part)
            continue
        if run:
            yield _rich_text(run)
            run = []
        yield block
    if run:
        yield _rich_text(run)


def _append(run: list[JSON], part: JSON) -> None:
    """Paragraphs that follow each other are one section, as in what people write."""
    if run and {run[-1]["type"], part["type"]} == {"rich_text_section"}:
        run[-1] = _section([*run[-1]["elements"], _text("\n\n"), *part["elements"]])
    else:
        run.append(part)


def _own_block(node: Node) -> JSON | None:
    """The block of a node that is none of rich text."""
    if node.type == "heading":
        words = _plain(_inline(node)).strip()
        if 0 < len(words) <= _HEADER_CHARS:
            return {"type": "header", "text": {"type": "plain_text", "text": words, "emoji": True}}
    if node.type == "hr":
        return {"type": "divider"}
    if node.type == "table":
        rows = [row for part in node.children for row in part.children]
        cells = [[_rich_text([_section(_inline(cell))]) for cell in row.children] for row in rows]
        return {"type": "table", "rows": cells}
    return None


def _rich_text(elements: list[JSON]) -> JSON:
    return {"type": "rich_text", "elements": elements}


def _section(elements: list[JSON]) -> JSON:
    return {"type": "rich_text_section", "elements": elements}


def _text(words: str, style: JSON | None = None) -> JSON:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def _parts(node: Node, indent: int = 0, *, quoted: bool = False) -> Iterator[JSON]:
    """The elements of a rich text block for one node, or for all below it."""
    border = {"border": 1} if quoted else {}
    match node.type:
        case "fence" | "code_block":
            code = node.content.removesuffix("\n")
            language = {"language": node.info.split()[0]} if node.info.split() else {}
            elements = [_text(code)] if code else []
            yield {"type": "rich_text_preformatted", "elements": elements, **border, **language}
        case "bullet_list" | "ordered_list":
            yield from _list(node, indent, border)
        case "paragraph" | "heading" if quoted:
            yield {"type": "rich_text_quote", "elements": _inline(node)}
        case "paragraph" | "heading":
            yield _section(_inline(node))
        case _:
            for child in node.children:
                yield from _parts(child, indent, quoted=quoted or node.type == "blockquote")


def _list(node: Node, indent: int, border: JSON) -> Iterator[JSON]:
    """A list, interrupted by whatever stands in its items beside their words."""
    ordered = node.type == "ordered_list"
    shape: JSON = {"style": "ordered" if ordered else "bullet", "indent": indent, **border}
    numbers = count(int(node.attrs.get("start", 1)) - 1 if ordered else 0)
    items: list[JSON] = []
    offset = 0
    for item, number in zip(node.children, numbers, strict=False):
        offset = offset if items else number
        items.append(_section(_words_of(item)))
        inner = [child for child in item.children if child.type != "paragraph"]
        if inner:
            yield {"type": "rich_text_list", **shape, "offset": offset, "elements": items}
            items = []
        for child in inner:
            yield from _parts(child, indent + 1, quoted=bool(border))
    if items:
        yield {"type": "rich_text_list", **shape, "offset": offset, "elements": items}


def _words_of(item: Node) -> list[JSON]:
    paragraphs = [_inline(child) for child in item.children if child.type == "paragraph"]
    joined: list[JSON] = []
    for number, elements in enumerate(paragraphs):
        joined += [*([_text("\n")] if number else []), *elements]
    return joined


def _inline(node: Node) -> list[JSON]:
    return [leaf for child in node.children for leaf in _leaves(child, {})]


def _leaves(node: Node, style: JSON) -> Iterator[JSON]:
    match node.type:
        case "text" | "text_special":
            yield from _spoken(node.content, style)
        case "code_inline":
            yield _text(node.content, {**style, "code": True})
        case "softbreak" | "hardbreak":
            yield _text("\n", style)
        case "link":
            words = _plain([leaf for child in node.children for leaf in _leaves(child, {})])
            yield _link(str(node.attrs.get("href", "")), words, style)
        case "image":
            # Slack shows a Markdown image as a link.
            yield _link(str(node.attrs.get("src", "")), node.content, style)
        case _:
            named = _STYLES.get(node.type)
            inner = {**style, named: True} if named else style
            for child in node.children:
                yield from _leaves(child, inner)


def _link(url: str, words: str, style: JSON | None = None) -> JSON:
    label = {"text": words} if words and words != url else {}
    return {"type": "link", "url": url, **label, **({"style": style} if style else {})}


def _spoken(words: str, style: JSON) -> Iterator[JSON]:
    end = 0
    for match in _SPECIAL.finditer(words):
        if before := words[end : match.start()]:
            yield _text(before, style)
        yield _marked(match, style)
        end = match.end()
    if rest := words[end:]:
        yield _text(rest, style)


def _marked(match: re.Match[str], style: JSON) -> JSON:
    if target := match["target"]:
        kind, field = _KINDS.get(target[0], ("", ""))
        if kind:
            return {"type": kind, field: target[1:]}
        return _link(target, match["label"] or "", style)
    if match["bare"]:
        return _link(match["bare"], "", style)
    if match["name"]:
        return {"type": "emoji", "name": match["name"]}
    code = "-".join(f"{ord(char):04x}" for char in match["emoji"])
    return {"type": "emoji", "name": f"u{code}", "unicode": code}


def _plain(leaves: Sequence[JSON]) -> str:
    """The words of leaves, as a header or a link's label has them."""
    return "".join(_said(leaf) for leaf in leaves).replace("\n", " ")


def _said(leaf: JSON) -> str:
    named: dict[str, Any] = {"emoji": f":{leaf.get('name')}:", "user": f"@{leaf.get('user_id')}"}
    return str(named.get(leaf["type"]) or leaf.get("text") or leaf.get("url") or "")
