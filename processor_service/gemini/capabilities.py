"""Options a model rejects. Drop them and ask again, so that an unsupported option never costs an
answer.

Models differ in the levels of thinking they know and in whether they use tools for an answer in
JSON, and say so with 400. An option that the error names is dropped from then on, for the life of
this process; any other is dropped from the failed request only.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from processor_service.ports.generation_options import GenerationOptions, Thinking
from processor_service.ports.model import Prompt
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# A tool may also be forbidden to the project, or have used up its own quota.
_OF_TOOLS: Final = frozenset({400, 403, 429, 501})
# "Tool use with a response mime type: 'application/json' is unsupported", "Unknown name "tools"",
# "Google Search grounding is not available", ...
_NAMES_TOOLS: Final = re.compile(r"\btools?\b|google_?search|grounding|url_?context", re.IGNORECASE)
# "Thinking level MINIMAL is not supported for this model.", "thinking_level is not supported ..."
_NAMES_THINKING: Final = re.compile(r"thinking", re.IGNORECASE)
# Gemini's words for a request that it rejects without a reason.
_NAMES_NOTHING: Final = re.compile(r"request contains an invalid argument", re.IGNORECASE)


@dataclass
class ModelCapabilities:
    """The options that each model has rejected so far."""

    _thinking: set[tuple[str, Thinking]] = field(default_factory=set)
    _tools: set[tuple[str, bool]] = field(default_factory=set)

    def options(self, prompt: Prompt, model: str) -> GenerationOptions:
        """The prompt's options without those that ``model`` is known to reject."""
        wished = prompt.options
        if wished.thinking is not None and (model, wished.thinking) in self._thinking:
            wished = replace(wished, thinking=None)
        if (model, prompt.answer_format is not None) in self._tools:
            wished = replace(wished, tools=())
        return wished

    def fallback_options(
        self, refused: GenerationOptions, code: int, message: str, prompt: Prompt, model: str
    ) -> GenerationOptions | None:
        """The options for another attempt after an error instead of a first piece; None if that is
        about something else.
        """
        if refused.thinking is not None and code == 400 and _NAMES_THINKING.search(message):
            self._learn_thinking(model, refused.thinking)
            return replace(refused, thinking=None)
        if refused.tools and code in _OF_TOOLS and _NAMES_TOOLS.search(message):
            self._learn_tools(model, structured=prompt.answer_format is not None, code=code)
            return replace(refused, tools=())
        if refused != GenerationOptions() and code == 400 and _NAMES_NOTHING.search(message):
            log.warning(
                "The model rejects a request without saying why; it is asked with its own options.",
                action="option_refused",
                model=model,
            )
            return GenerationOptions()
        return None

    def _learn_thinking(self, model: str, level: Thinking) -> None:
        if (model, level) in self._thinking:
            return
        self._thinking.add((model, level))
        log.warning(
            "The model does not know this level of thinking; its own is used from now on.",
            action="thinking_refused",
            model=model,
            level=level,
        )

    def _learn_tools(self, model: str, *, structured: bool, code: int) -> None:
        lasting = code == 400
        if (model, structured) in self._tools:
            return
        if lasting:
            self._tools.add((model, structured))
        log.warning(
            "The model answers without its tools, and the answer says so.",
            action="tools_refused",
            model=model,
            structured=structured,
            status=code,
            lasting=lasting,
        )
