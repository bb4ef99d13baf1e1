"""What a streamed message looks like: its text and the blocks made of the chunks."""

from collections.abc import Sequence

from simulators.slack.state.model import JSON, Message, Stream


def stream_blocks(message: Message) -> list[JSON]:
    """The blocks of a streamed message: tasks, the streamed Markdown, then given blocks."""
    stream = message.stream
    if stream is None:
        return message.blocks
    blocks = _task_blocks(stream)
    if stream.markdown:
        blocks.append({"type": "markdown", "text": stream.markdown})
    return [*blocks, *stream.blocks, *stream.final_blocks]


def _task_blocks(stream: Stream) -> list[JSON]:
    cards = [_task_card(task) for task in stream.tasks.values()]
    if stream.plan_title is None and stream.display_mode != "plan":
        return cards
    if not cards and stream.plan_title is None:
        return []
    return [{"type": "plan", "title": stream.plan_title or "", "tasks": cards}]


def _task_card(task: JSON) -> JSON:
    card: JSON = {
        "type": "task_card",
        "task_id": task["id"],
        "title": task["title"],
        "status": task["status"],
    }
    for name in ("details", "output"):
        if text := task.get(name):
            card[name] = _rich(text)
    if sources := task.get("sources"):
        card["sources"] = sources
    return card


def _rich(text: str) -> JSON:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def take_chunks(stream: Stream, chunks: Sequence[JSON]) -> None:
    """Add chunks, already validated, to what was streamed."""
    for chunk in chunks:
        match chunk["type"]:
            case "markdown_text":
                stream.markdown += chunk["text"]
            case "task_update":
                _take_task(stream, chunk)
            case "plan_update":
                stream.plan_title = chunk["title"]
            case "blocks":
                stream.blocks.extend(chunk["blocks"])


def _take_task(stream: Stream, chunk: JSON) -> None:
    """A later update of the same task adds to its details and output and replaces the rest."""
    task = stream.tasks.setdefault(chunk["id"], {"id": chunk["id"]})
    for name in ("details", "output"):
        if added := chunk.get(name):
            task[name] = task.get(name, "") + added
    task |= {name: chunk[name] for name in ("title", "status")}
    if "sources" in chunk:
        task["sources"] = chunk["sources"]


def stream_bytes(stream: Stream, chunks: Sequence[JSON] = (), markdown: str = "") -> int:
    """The weight of a stream with ``chunks`` and ``markdown`` added, in UTF-8 bytes.

    Details and output count twice: so the rejections measured by others add up (openclaw#143882).
    Whether sources count is not known: here they do.
    """
    total = len((stream.markdown + markdown + (stream.plan_title or "")).encode())
    for task in (*stream.tasks.values(), *chunks):
        total += len((task.get("title", "") + task.get("text", "")).encode())
        total += 2 * len((task.get("details", "") + task.get("output", "")).encode())
        total += sum(len((one["url"] + one["text"]).encode()) for one in task.get("sources", ()))
    return total
