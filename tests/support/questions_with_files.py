"""Questions with files: the files, a world that holds them, and what came of them."""

from typing import Any

from processor_service.attachments.selection import INLINE_BYTES
from processor_service.ports.model import MediaFile, Prompt
from shared.errors import FileUnusable
from shared.task import Task, TaskFile
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def a_file(name: str, mimetype: str, **changes: Any) -> TaskFile:
    given = {"size": len(PNG), "url": f"https://files.slack.com/{name}", **changes}
    return TaskFile(id=name, name=name, mimetype=mimetype, **given)


IMAGE = a_file("図.png", "image/png")
NOTES = a_file("notes.txt", "text/plain")
WORD = a_file("計画.doc", "application/msword")
BOOK = a_file("表.xlsx", "application/octet-stream")
FILM = a_file("film.mp4", "video/mp4", size=INLINE_BYTES + 1)


def asking(*files: TaskFile, **changes: Any) -> Task:
    return a_task(files=files, **changes)


def world(**contents: bytes | FileUnusable) -> World:
    opened = World()
    opened.files.contents = {"図.png": PNG, "notes.txt": "メモの本文".encode(), "film.mp4": b"film"}
    opened.files.contents |= {name.replace("_", "."): what for name, what in contents.items()}
    return opened


def asked_of(world: World) -> Prompt:
    [(prompt, _)] = world.model.asked
    return prompt


def media(prompt: Prompt) -> list[MediaFile]:
    return [turn.file for turn in prompt.turns if turn.file is not None]


def notes_below(world: World) -> list[str]:
    [(_, body)] = world.conversation.messages
    return [block["elements"][0]["text"] for block in body.blocks if block["type"] == "context"]


def refusing(*scripts: Exception, said: str = "はい。") -> FakeModel:
    return FakeModel([*([script] for script in scripts), saying(said)])
