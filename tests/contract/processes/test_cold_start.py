"""What a start leaves for later: built, read and imported when somebody needs it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from typing import Any

from simulators.processes.environment import inherited

END_WITHIN_S = 60.0
BEFORE_AN_ANSWER = """
import json, sys
import processor_service.__main__
print(json.dumps([name for name in NAMES if name in sys.modules]))
"""
AFTER_ANSWERS = """
import json, sys
import processor_service.__main__
import processor_service.app
import processor_service.answering.answer
of_documents = ["docx", "lxml", "openpyxl", "PIL", "pptx", "xlsxwriter"]
print(json.dumps([name for name in of_documents if name in sys.modules]))
"""
OPENAPI = """
import json
import processor_service.__main__
import fastapi.openapi.models as described
from processor_service.app import create_app
from processor_service.settings import ProcessorSettings
from pydantic import BaseModel
built = [described.OpenAPI.__pydantic_complete__, ProcessorSettings.__pydantic_complete__]
paths = sorted(create_app(lambda: None).openapi()["paths"])
print(json.dumps([built, "defer_build" in BaseModel.model_config, paths]))
"""
MEANWHILE = """
import asyncio, gc, json, sys
import processor_service.__main__
from processor_service import cold_start
async def imported():
    done = asyncio.Event()
    async def last():
        done.set()
    async with cold_start.meanwhile(
        cold_start.import_token_reader, cold_start.import_answering, last
    ):
        await done.wait()
    print(json.dumps([gc.isenabled(), *(name in sys.modules for name in NAMES)]))
asyncio.run(imported())
"""
LATER = ["markdown_it", "google.auth.jwt", "processor_service.answering.answer", "shared.actions"]


async def said(script: str) -> Any:
    """What a process of its own prints."""
    script = script.replace("NAMES", repr(LATER))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script), env=inherited(), stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(END_WITHIN_S):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def test_what_only_an_answer_needs_is_not_imported_before_the_service_listens() -> None:
    assert await said(BEFORE_AN_ANSWER) == []


async def test_what_reads_documents_is_not_imported_by_the_service_at_all() -> None:
    assert await said(AFTER_ANSWERS) == []


async def test_what_is_left_is_imported_meanwhile_and_garbage_is_collected_again() -> None:
    assert await said(MEANWHILE) == [True, *(True for _ in LATER)]


async def test_models_that_only_describe_the_routes_are_built_when_the_routes_are_described() -> (
    None
):
    (described, ours), deferred, paths = await said(OPENAPI)
    assert (described, ours, deferred) == (False, True, False)
    assert "/pubsub/push" in paths
