"""The page of ``make preview``: an index, and each answer's source beside its messages."""

from html import escape
from pathlib import Path

from simulators import page as chat_page
from simulators.page.render import render_message
from tests.support.markdown.golden_answers import NAMES, rendered, source_of

STATIC = Path(chat_page.__file__).parent / "static"

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Answers, rendered</title>
<link rel="stylesheet" href="/static/app.css">
<link rel="stylesheet" href="/static/content.css">
<style>
  body { display: grid; grid-template-columns: 220px minmax(0, 1fr); overflow: hidden; }
  nav, main { height: 100dvh; overflow-y: auto; padding: 16px; }
  nav { background: var(--bg-side); border-right: 1px solid var(--line); font-size: 13px; }
  nav a { display: block; padding: 3px 6px; text-decoration: none; }
  h2 { font-size: 16px; padding: 8px 0; }
  section { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 16px; }
  section h2 { grid-column: 1 / -1; }
  pre.source { margin: 0 0 24px; padding: 12px; overflow-x: auto; white-space: pre-wrap;
    background: var(--bg-soft); border: 1px solid var(--line); border-radius: 8px;
    font: 13px/1.5 var(--mono); overflow-wrap: anywhere; }
  .result { min-width: 0; margin-bottom: 24px; }
  .result article { padding: 0 12px 12px; border-left: 3px solid var(--line); }
  @media (max-width: 900px) { body { display: block; overflow: auto; }
    nav, main { height: auto; } section { grid-template-columns: minmax(0, 1fr); } }
</style>
"""


class _Ids:
    """Names that are their ids: no workspace is behind this page."""

    def user(self, user_id: str) -> str:
        return user_id

    def channel(self, channel_id: str) -> str:
        return channel_id


def page() -> str:
    """All golden answers, rendered now, as one HTML page."""
    links = "".join(f'<a href="#{name}">{name}</a>' for name in NAMES)
    sections = "".join(map(_section, NAMES))
    return f'{_HEAD}<nav aria-label="Answers">{links}</nav><main>{sections}</main></html>\n'


def _section(name: str) -> str:
    """An answer: what Gemini wrote, and its messages as Slack's client shows them."""
    shown = [
        render_message({"text": body.text, "blocks": list(body.blocks)}, _Ids())
        for body in rendered(name)
    ]
    messages = "".join(f"<article>{html}</article>" for html in shown)
    return (
        f'<section id="{name}"><h2>{name}.md</h2>'
        f'<pre class="source">{escape(source_of(name))}</pre>'
        f'<div class="result">{messages}</div></section>'
    )
