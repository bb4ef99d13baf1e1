"""Block Kit blocks as safe HTML; a block the page can't show says so, visibly."""

from collections.abc import Callable, Iterable

from simulators.page.elements import element, image
from simulators.page.html_text import Json, Names, escape, link, objects, tag, text_of
from simulators.page.markdown import markdown
from simulators.page.mrkdwn import plain_label, plain_text, text_object
from simulators.page.rich_text import rich_text

_LEVELS = ("info", "warning", "error", "success")
_TASK_STATES = ("pending", "in_progress", "complete", "error")


def blocks(values: object, names: Names) -> str:
    """All blocks, in order."""
    return "".join(block(value, names) for value in objects(values))


def block(value: Json, names: Names) -> str:
    """One block."""
    return _BLOCKS.get(text_of(value, "type"), _unsupported)(value, names)


def _section(value: Json, names: Names) -> str:
    text = text_object(value.get("text"), names)
    parts = tag("div", text, class_="mrkdwn") if text else ""
    fields = objects(value.get("fields"))
    if fields:
        cells = [tag("div", text_object(field, names), class_="mrkdwn") for field in fields]
        parts += tag("div", "".join(cells), class_="bk-fields")
    accessory = element(value.get("accessory"), text_of(value, "block_id"), names)
    if accessory:
        accessory = tag("div", accessory, class_="bk-accessory")
    return tag("div", tag("div", parts, class_="bk-main") + accessory, class_="bk-section")


def _header(value: Json, _: Names) -> str:
    return tag("h3", plain_text(plain_label(value.get("text"))), class_="bk-header")


def _divider(_value: Json, _: Names) -> str:
    return '<hr class="bk-divider">'


def _context(value: Json, names: Names) -> str:
    parts = [
        image(item) if item.get("type") == "image" else tag("span", text_object(item, names))
        for item in objects(value.get("elements"))
    ]
    return tag("div", "".join(parts), class_="bk-context mrkdwn")


def _actions(value: Json, names: Names) -> str:
    block_id = text_of(value, "block_id")
    parts = [element(item, block_id, names) for item in objects(value.get("elements"))]
    name = "bk-context-actions" if value.get("type") == "context_actions" else "bk-actions"
    return tag("div", "".join(parts), class_=name)


def _image(value: Json, _: Names) -> str:
    title = plain_text(plain_label(value.get("title")))
    caption = tag("figcaption", title) if title else ""
    return tag("figure", caption + image(value), class_="bk-figure")


def _markdown(value: Json, names: Names) -> str:
    return markdown(text_of(value, "text"), names)


def _table(value: Json, names: Names) -> str:
    """The first row is the head, as in Slack's client."""
    settings = value.get("column_settings")
    columns = settings if isinstance(settings, list) else []
    rows = value.get("rows")
    lines = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    head, *body = [list(_cells(row, columns, names)) for row in lines] or [[]]
    html = tag("thead", _row("th", head)) + tag(
        "tbody", "".join(_row("td", cells) for cells in body)
    )
    return tag("div", tag("table", html), class_="table-scroll", tabindex="0")


def _cells(row: list[object], columns: list[object], names: Names) -> Iterable[tuple[str, str]]:
    for index, cell in enumerate(row):
        setting = columns[index] if index < len(columns) else None
        align = text_of(setting, "align") if isinstance(setting, dict) else ""
        known = align if align in ("left", "center", "right") else "left"
        yield known, _cell(cell, names)


def _cell(cell: object, names: Names) -> str:
    if not isinstance(cell, dict):
        return ""
    if cell.get("type") == "rich_text":
        return rich_text(cell, names)
    return plain_text(text_of(cell, "text") or str(cell.get("value", "")))


def _row(name: str, cells: list[tuple[str, str]]) -> str:
    return tag("tr", "".join(tag(name, html, class_=f"align-{align}") for align, html in cells))


def _input(value: Json, names: Names) -> str:
    block_id = text_of(value, "block_id")
    hint = value.get("hint")
    label = tag("span", plain_text(plain_label(value.get("label"))), class_="bk-label")
    control = element(value.get("element"), block_id, names)
    note = tag("small", text_object(hint, names), class_="bk-hint") if hint else ""
    error = tag("p", "", class_="bk-error", role="alert", hidden=True)
    return tag(
        "div",
        label + control + note + error,
        class_="bk-input",
        data_input_block=block_id,
        data_optional=value.get("optional") is True,
        data_dispatch=value.get("dispatch_action") is True,
    )


def _video(value: Json, _: Names) -> str:
    """The title leads to the video: an embedded player would need a foreign page."""
    title = plain_text(plain_label(value.get("title")))
    url = text_of(value, "title_url") or text_of(value, "video_url")
    return tag("div", link(url, title or escape(url)), class_="bk-section")


def _alert(value: Json, names: Names) -> str:
    level = text_of(value, "level")
    known = level if level in _LEVELS else "default"
    return tag("div", text_object(value.get("text"), names), class_=f"bk-alert {known} mrkdwn")


def _task_card(value: Json, names: Names) -> str:
    status = text_of(value, "status")
    known = status if status in _TASK_STATES else "pending"
    title = tag("span", "", class_="task-dot", role="img")
    title += tag("span", escape(text_of(value, "title")), class_="task-title")
    body = "".join(_task_text(value.get(key), names) for key in ("details", "output"))
    sources = [
        tag("li", link(text_of(item, "url"), escape(text_of(item, "text") or text_of(item, "url"))))
        for item in objects(value.get("sources"))
    ]
    body += tag("ul", "".join(sources), class_="task-sources") if sources else ""
    return tag("div", title + body, class_="bk-task", data_status=known)


def _task_text(value: object, names: Names) -> str:
    if isinstance(value, dict):
        return rich_text(value, names)
    return tag("div", plain_text(value)) if isinstance(value, str) and value else ""


def _plan(value: Json, names: Names) -> str:
    title = tag("div", escape(text_of(value, "title")), class_="plan-title")
    cards = [_task_card(task, names) for task in objects(value.get("tasks"))]
    return tag("div", title + "".join(cards), class_="bk-plan")


def _unsupported(value: Json, _: Names) -> str:
    kind = escape(text_of(value, "type") or "?")
    return tag("div", f"Unsupported block: <code>{kind}</code>", class_="bk-unsupported")


_BLOCKS: dict[str, Callable[[Json, Names], str]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "image": _image,
    "rich_text": rich_text,
    "markdown": _markdown,
    "table": _table,
    "input": _input,
    "video": _video,
    "alert": _alert,
    "task_card": _task_card,
    "plan": _plan,
}
