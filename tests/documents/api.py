"""docs/openapi.json and the examples of docs/api.md, made by the code that they are about."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from aiohttp.test_utils import make_mocked_request
from fastapi.testclient import TestClient

from command_service.ports import SocketState
from command_service.transport.health import Health, HealthDeps
from processor_service.api.dependencies import Dependencies
from processor_service.api.readiness import Readiness
from processor_service.app import create_app
from shared.actions import AskAgain, ShownQuestion
from shared.errors import RetryableError
from shared.ledger import Mark, signed_metadata
from shared.signing import Signing
from shared.slack.message import MessageRef
from shared.task import Mode, Purpose, Subject, Task, Wish
from simulators.processes.environment import PROJECT_ROOT
from simulators.pubsub.delivery.envelope import envelope
from simulators.pubsub.state.message import StoredMessage
from tests.support.fakes.command.lookups import FakeAccess

OPENAPI: Final = PROJECT_ROOT / "docs" / "openapi.json"
PAGE: Final = PROJECT_ROOT / "docs" / "api.md"

_WIRE: Final = PROJECT_ROOT / "tests" / "unit" / "shared" / "wire"
_TRACE: Final = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
_SUBJECT: Final = Subject(
    purpose=Purpose.TRANSLATE,
    channel_id="C0002",
    message_ts="1795489200.000300",
    by="U0002",
    permalink="https://my-team.slack.com/archives/C0002/p1795489200000300",
)
_ASK_AGAIN: Final = AskAgain.of(
    MessageRef("C0001", "1795489200.000100", "1795489200.000200"), Mode.AUTO, Wish.SHORTER
)
_EXAMPLE: Final = re.compile(
    r"(?P<begin><!-- example: (?P<name>[\w-]+) -->\n```json\n).*?(?P<end>```)", re.DOTALL
)


@asynccontextmanager
async def _never_opened() -> AsyncIterator[Dependencies]:
    raise AssertionError("nothing here is asked for an answer")
    yield


def openapi() -> str:
    """What docs/openapi.json has to say."""
    description = create_app(_never_opened).openapi()
    return json.dumps(description, ensure_ascii=False, indent=2) + "\n"


async def examples() -> dict[str, Any]:
    """Every example by its name."""
    task = Task.decode((_WIRE / "mention_v1.json").read_bytes())
    attributes = task.attributes(_TRACE)
    message = StoredMessage(
        message_id="12345",
        publish_time=task.received_at + timedelta(milliseconds=50),
        data=task.encode(),
        attributes=attributes,
        ordering_key="",
        keys=(),
        data_keys=(),
        asks={},
    )
    name = "projects/my-project/subscriptions/mechachang-tasks-push"
    return {
        "task": json.loads(task.encode()),
        "attributes": attributes,
        "push": json.loads(envelope(name, message, 1)),
        "ask-again": json.loads(_ASK_AGAIN.encode()),
        "shown-question": _shown_question(task),
        "command-healthz": await _of_command("healthz"),
        "command-readyz": await _of_command("readyz"),
        "processor-readyz": _processor_readyz(),
    }


def _shown_question(task: Task) -> Any:
    kept = ShownQuestion(prompt="納期は12月です", mode=Mode.CHAT, subject=_SUBJECT).fields()
    mark = Mark(task.task_id, "question")
    return signed_metadata(mark, task.channel_id, Signing("xoxb-example"), kept)


async def _of_command(route: str) -> Any:
    async def fine() -> None:
        return

    async def connected() -> SocketState:
        return SocketState(connected=True, down_s=0.0, heard_age_s=4.2, kept_age_s=0.3)

    health = Health(HealthDeps(fine, FakeAccess(), connected))
    answer = await getattr(health, route)(make_mocked_request("GET", f"/{route}"))
    return json.loads(answer.text)


def _processor_readyz() -> Any:
    async def fine() -> None:
        return

    async def lost() -> None:
        raise RetryableError("Redis does not answer.", reason="redis_lost")

    app = create_app(_never_opened)
    checks = {"redis": lost, "slack": fine, "gemini": fine}
    app.state.dependencies = SimpleNamespace(readiness=Readiness(checks))
    return TestClient(app).get("/readyz").json()


def with_examples(page: str, made: Mapping[str, Any]) -> str:
    """``page`` with each example as it is now; KeyError for one that nothing makes."""

    def example(found: re.Match[str]) -> str:
        shown = json.dumps(made[found["name"]], ensure_ascii=False, indent=2)
        return f"{found['begin']}{shown}\n{found['end']}"

    return _EXAMPLE.sub(example, page)


def named_in(page: str) -> list[str]:
    """The examples that a page shows."""
    return [found["name"] for found in _EXAMPLE.finditer(page)]


def write(openapi_file: Path = OPENAPI, page: Path = PAGE) -> None:
    """Bring both files up to date."""
    openapi_file.write_text(openapi(), encoding="utf-8")
    made = asyncio.run(examples())
    page.write_text(with_examples(page.read_text(encoding="utf-8"), made), encoding="utf-8")
