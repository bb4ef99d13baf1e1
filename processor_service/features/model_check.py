"""One real, tiny question to a model, with everything that users' questions contain.

A model may have a description and still refuse us: for its region, for a right, or because the API
version does not know our fields. This check shows it before users notice.
"""

import asyncio
from contextlib import aclosing
from typing import Final

from processor_service.ports.model import Model, Prompt
from processor_service.prompt.build import PromptConfig
from processor_service.prompt.response_schema import JsonFormat
from processor_service.telemetry.attempt_metrics import attempt_at
from processor_service.telemetry.prices import Prices
from shared.errors import ModelRejected, ModelUnavailable
from shared.task import Mode

# A model that thinks takes some seconds to its first word.
TRY_WITHIN_S: Final = 20.0
_SYSTEM: Final = "You answer a test of the connection. Keep every text to one word."
_TEXT: Final = "Say ok."


async def check_model(
    name: str, *, model: Model, prompt_config: PromptConfig, prices: Prices
) -> None:
    """Ask the model ``name`` in the form of a command's answer, and close the stream with its first
    piece. It costs some hundred tokens of input, most of them the schema's, and is counted like any
    attempt.

    Raises as ``ports.Model`` does, and ModelRejected for tools that it does not use.
    """
    options = prompt_config.options_by_mode.of(Mode.AUTO)
    prompt = Prompt(_SYSTEM, _TEXT, JsonFormat(Mode.AUTO, "en"), options=options)
    try:
        with attempt_at(name, prices):
            async with (
                asyncio.timeout(TRY_WITHIN_S),
                aclosing(model.stream(prompt, name)) as pieces,
            ):
                first = await anext(pieces, None)
    except TimeoutError as error:
        raise ModelUnavailable("Gemini fell silent.", reason="model_silent") from error
    if first is None:
        raise ModelUnavailable("The answer was empty.", reason="answer_empty")
    if first.sources.missing:
        raise ModelRejected("The model does not use its tools.", reason="tools_refused")
