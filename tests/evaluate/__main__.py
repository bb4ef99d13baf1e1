"""``python -m tests.evaluate``: forty questions in two languages, judged by rules.

Asks the model that GEMINI_API_KEY (or Vertex AI) and GEMINI_MODEL name, in the environment or in
``.env``, as the processor would; without a key the simulated Gemini, which says nothing about the
prompt's quality. ``--save`` keeps the answers, ``--compare`` puts two saved runs side by side, and
``--record`` writes ``recorded.json``, without which PROMPT_VERSION can't be raised.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from deploy.operator_parser import OperatorParser
from processor_service.prompt.build import PROMPT_VERSION
from tests.evaluate.asking import SIMULATED, Result, evaluated, real, settings, simulated
from tests.evaluate.questions import questions
from tests.evaluate.results import RECORDED, fingerprint, table, written


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.evaluate", description=__doc__)
    parser.add_argument("--save", type=Path, help="write the answers and their faults to this file")
    parser.add_argument("--compare", type=Path, nargs=2, help="compare two saved runs, ask nothing")
    parser.add_argument("--record", action="store_true", help="write recorded.json")
    parser.add_argument("--simulated", action="store_true", help="ask the simulated Gemini anyway")
    parser.add_argument("--every", type=int, default=1, help="ask only every N-th question")
    return parser


async def _ask(every: int, *, simulate: bool) -> tuple[str, list[Result]]:
    found = None if simulate else settings()
    async with real(found) if found is not None else simulated() as asked:
        return asked.name, await evaluated(asked, questions()[::every])


def _refusal() -> str | None:
    """Why this prompt may not be recorded: it differs from the recorded one of its version."""
    if not RECORDED.exists():
        return None
    before = json.loads(RECORDED.read_text(encoding="utf-8"))
    if before["prompt_version"] == PROMPT_VERSION and before["fingerprint"] != fingerprint():
        return f"The prompt's words changed: raise PROMPT_VERSION ({PROMPT_VERSION}) first."
    return None


def main() -> int:
    """0 when all were asked; 1 if something can't be recorded."""
    options = command_line().parse_args()
    if options.compare:
        runs = [json.loads(path.read_text(encoding="utf-8")) for path in options.compare]
        sys.stdout.write(table(runs) + "\n")
        return 0
    if options.record and (why := _refusal()):
        sys.stderr.write(f"{why}\n")
        return 1
    name, results = asyncio.run(_ask(options.every, simulate=options.simulated))
    run = written(name, results, answers=True)
    sys.stdout.write(table([run]) + "\n")
    if name == SIMULATED:
        sys.stdout.write("\nThe simulated Gemini answered: this shows nothing about the prompt.\n")
    if options.save:
        _write(options.save, run)
    if options.record:
        _write(RECORDED, written(name, results, answers=False))
    return 0


def _write(path: Path, run: dict[str, object]) -> None:
    path.write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
