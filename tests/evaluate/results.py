"""Results as a file, beside the prompt that they are of, and two of them side by side."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from processor_service.ports.generation_options import OptionsByMode, Tool
from processor_service.prompt.build import PROMPT_VERSION, PromptConfig, prompt_for
from processor_service.prompt.response_schema import JsonFormat
from shared.task import Mode, Wish
from tests.evaluate.asking import CONTEXT, Result, task_of
from tests.evaluate.questions import LOCALES, Question
from tests.evaluate.rules import RULES

RECORDED: Final = Path(__file__).with_name("recorded.json")


def fingerprint() -> str:
    """A hash of every system prompt and schema that a question can be asked with."""
    told = hashlib.sha256()
    for locale in LOCALES:
        for mode in (Mode.CHAT, Mode.AUTO, Mode.GENERAL, Mode.CODE, Mode.DATA, Mode.CREATIVE):
            for wish in (None, *Wish):
                for tools in ((), (Tool.GOOGLE_SEARCH,), (Tool.URL_CONTEXT,), tuple(Tool)):
                    task = task_of(Question("", "fact", locale, mode, "")).model_copy(
                        update={"wish": wish}
                    )
                    config = PromptConfig(OptionsByMode(tools=tools), "operator")
                    told.update(prompt_for(task, CONTEXT, config).system.encode())
            if mode is not Mode.CHAT:
                schema = JsonFormat(mode, locale).schema
                told.update(json.dumps(schema, sort_keys=True, ensure_ascii=False).encode())
    return told.hexdigest()[:16]


def written(model: str, results: Sequence[Result], *, answers: bool) -> dict[str, Any]:
    """The results as JSON; without ``answers`` only what was broken."""
    return {
        "prompt_version": PROMPT_VERSION,
        "fingerprint": fingerprint(),
        "model": model,
        "asked": len(results),
        "broken": counts(each.broken for each in results),
        "by_question": {
            each.question.key: list(each.broken) for each in results if answers or each.broken
        },
        **({"answers": {each.question.key: each.answer for each in results}} if answers else {}),
    }


def counts(broken: Iterable[Sequence[str]]) -> dict[str, int]:
    """How many answers break each rule."""
    found = dict.fromkeys(RULES, 0)
    for rules in broken:
        for rule in rules:
            found[rule] += 1
    return found


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """The runs in columns: a line for each rule, then what differs between the first and last."""
    heads = [f"{run['prompt_version']} ({run['model']})" for run in runs]
    width = max(map(len, heads))
    lines = [f"{'':12}  " + "  ".join(head.rjust(width) for head in heads)]
    lines.append(f"{'asked':12}  " + "  ".join(str(run["asked"]).rjust(width) for run in runs))
    for rule in RULES:
        shares = [f"{run['broken'].get(rule, 0)}".rjust(width) for run in runs]
        lines.append(f"{rule:12}  " + "  ".join(shares))
    if len(runs) > 1:
        lines += ["", *_changes(runs[0]["by_question"], runs[-1]["by_question"])]
    return "\n".join(lines)


def _changes(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    """The answers that break other rules than before: "+" a rule newly broken, "-" one no more."""
    lines = []
    for key in sorted({*before, *after}):
        old, new = set(before.get(key, ())), set(after.get(key, ()))
        marks = [*(f"+{rule}" for rule in sorted(new - old)), *(f"-{r}" for r in sorted(old - new))]
        if marks:
            lines.append(f"{key}: {' '.join(marks)}")
    return lines or ["No answer breaks other rules than before."]
