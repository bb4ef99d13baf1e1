"""Standard Markdown as safe HTML: ``markdown`` blocks and the ``markdown_text`` of streams."""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from simulators.page.emoji import replace_emoji
from simulators.page.html_text import Names, code_block, escape, link, safe_url, tag
from simulators.page.mrkdwn import BARE_URL, angle, plain_text

# Slack's own <...> passes through Markdown; a backslash or an entity before it makes it text.
_SPECIAL = re.compile(rf"<([@#!][^<>\s]+|(?:https?://|mailto:)[^<>\n]+)>|({BARE_URL.pattern})")
# The parser looks for the end of a label from each bracket, and fills up a table's short rows:
# thousands take it seconds.
_MOST = {"[": 400, "|": 2_000}
_TASK = re.compile(r"^\[([ xX])\] ")


def markdown(text: str, names: Names) -> str:
    """``text`` as HTML. HTML in it is shown as written; a construct still open is closed.

    What is full of brackets or bars is shown as written, too.
    """
    if any(text.count(mark) > most for mark, most in _MOST.items()):
        return tag("div", plain_text(text), class_="markdown")
    rendered = _MARKDOWN.render(text, {"names": names})
    return tag("div", str(rendered).strip(), class_="markdown")


def _mark_slack_tokens(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = _with_slack_tokens(token.children, state.env["names"])


def _with_slack_tokens(children: Sequence[Token], names: Names) -> list[Token]:
    marked: list[Token] = []
    open_links = 0
    for index, child in enumerate(children):
        open_links += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type != "text":
            marked.append(child)
            continue
        if index == 0:
            child.content = _TASK.sub(_check_box, child.content)
        marked += _split(child, names) if not open_links else [child]
    return marked


def _check_box(match: re.Match[str]) -> str:
    return "☐ " if match[1] == " " else "☑ "


def _split(token: Token, names: Names) -> list[Token]:
    """The text token, with links and mentions in it as tokens that hold finished HTML."""
    parts: list[Token] = []
    end = 0
    for match in _SPECIAL.finditer(token.content):
        parts.append(_text(token.content[end : match.start()]))
        html = angle(match[1], names) if match[1] else link(match[2], escape(match[2]))
        parts.append(Token("slack", "", 0, content=html))
        end = match.end()
    return [*parts, _text(token.content[end:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=replace_emoji(content))


def _slack(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return tokens[index].content


def _fence(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    return code_block(token.content, (token.info.split() or [""])[0])


def _image(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Slack shows a Markdown image as a link."""
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    return link(source, escape(token.content or source))


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    if not token.attrGet("href"):
        # Nobody asked whether an empty address is allowed; it would lead to this very page.
        token.attrs.pop("href", None)
    token.attrSet("target", "_blank")
    token.attrSet("rel", "noopener noreferrer nofollow")
    return self.renderToken(tokens, index, options, env)


def _heading(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """The page's own headings are the first two levels."""
    token = tokens[index]
    level = int(token.tag[1:])
    if token.nesting == 1:
        token.attrSet("class", f"md-h{level}")
    token.tag = f"h{min(6, level + 2)}"
    html = self.renderToken(tokens, index, options, env)
    token.tag = f"h{level}"
    return html


def _cell_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """The alignment as a class: the page's content security policy knows no inline styles."""
    token = tokens[index]
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrSet("class", "align-" + style.removeprefix("text-align:"))
    return self.renderToken(tokens, index, options, env)


def _table_open(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return '<div class="table-scroll" tabindex="0"><table>'


def _table_close(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return "</table></div>"


class _SafeMarkdown(MarkdownIt):
    """CommonMark with tables and strike-through, links only to where a link may lead."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return safe_url(url) is not None


def _parser() -> MarkdownIt:
    options: dict[str, Any] = {"html": False, "breaks": True, "xhtmlOut": False}
    parser = _SafeMarkdown("commonmark", options).enable(["table", "strikethrough"])
    # An automatic <https://...> would swallow Slack's <https://...|label>.
    parser.disable(["autolink", "html_inline", "html_block"])
    parser.core.ruler.before("text_join", "slack", _mark_slack_tokens)
    rules = {
        "slack": _slack, "fence": _fence, "code_block": _fence, "image": _image,
        "link_open": _link_open, "heading_open": _heading, "heading_close": _heading,
        "th_open": _cell_open, "td_open": _cell_open,
        "table_open": _table_open, "table_close": _table_close,
    }  # fmt: skip # a table, several a line
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


_MARKDOWN = _parser()
