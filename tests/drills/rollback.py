"""``python -m tests.drills.rollback``: a bad version goes out, is seen, and is taken back.

The whole local stack runs, and people ask in it. Stand-ins for Cloud Run and Cloud Monitoring
speak Google's protocols: the first really splits Pub/Sub's pushes between processes, the second
gets the services' real metrics. The operators' own commands do the rest.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from deploy.language import speaking, words
from deploy.operator_parser import OperatorParser, operators_language
from tests.drills.versions import BAD, SERVICE, Installation, installation


@dataclass(frozen=True)
class Drilled:
    """How the drill went. ``answers`` counts questions by how many answers or notices they got."""

    bad_exit: int
    good_exit: int
    back_exit: int
    carriers: tuple[str, ...]
    answers: dict[int, int]
    notices: int
    notices_after: int
    told: tuple[str, ...]

    @property
    def faults(self) -> list[str]:
        """What did not go as it should; empty if the drill was passed."""
        first, third = f"{SERVICE}-00001", f"{SERVICE}-00003"
        checks = {
            "the bad version was not taken back": self.bad_exit == 3,
            "the good version was not rolled out": self.good_exit == 0,
            "the rollback by hand failed": self.back_exit == 0,
            f"traffic went to {self.carriers}": self.carriers == (first, third, first),
            f"questions by their answers: {self.answers}": set(self.answers) == {1},
            "nobody met the bad version": self.notices > 0,
            "people met it after it was taken back": self.notices_after == 0,
            f"{len(self.told)} notices in #general": len(self.told) == 2,
        }
        return [fault for fault, passed in checks.items() if not passed]


async def drill(folder: Path) -> Drilled:
    """Bad version out and back by itself, good version out, and back by hand."""
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.1f}  {text}\n")
        sys.stdout.flush()

    say(
        words(
            "Starting the local stack, Cloud Run and Cloud Monitoring.",
            "ローカル環境と、Cloud Run と Cloud Monitoring の代役を起動します。",
        )
    )
    async with installation(folder, say) as running:
        say(
            words(
                "People ask eight questions a second. A version goes out whose Gemini fails for "
                "5 %.",
                "1 秒に 8 件の質問が続きます。"
                "Gemini への質問の 5 % が失敗するバージョンをリリースします。",
            )
        )
        await running.has_begun()
        bad_exit = await running.roll_out(BAD)
        carriers = [_carrier(running)]
        # What the bad version had begun is finished by it.
        after = len(running.asked)
        await running.settled()
        met = running.notices()
        say(
            words(
                f"Exit code {bad_exit}. {met} people met it. In #general stands:",
                f"終了コード {bad_exit}、影響を受けた人 {met} 人。#general の表示：",
            )
        )
        for told in running.told():
            say(f"  {told.splitlines()[0]}")
        say(words("Now the version that mends it.", "続いて、修正したバージョンです。"))
        good_exit = await running.roll_out("processor:mended")
        carriers.append(_carrier(running))
        say(
            words(
                "And back by hand, as for a grave bug that no number shows.",
                "数値に現れない重大な不具合を想定し、手動で元に戻します。",
            )
        )
        back_exit = await running.roll_back()
        carriers.append(_carrier(running))
        running.is_quiet = True
        await running.settled()
        drilled = Drilled(
            bad_exit,
            good_exit,
            back_exit,
            tuple(carriers),
            dict(Counter(len(marks) for marks in running.replies(running.asked))),
            running.notices(),
            running.notices(since=after),
            tuple(running.told()),
        )
        say(
            words(
                f"{len(running.asked)} questions by their answers or notices: {drilled.answers}.",
                f"質問 {len(running.asked)} 件の、回答または通知の数ごとの内訳：{drilled.answers}",
            )
        )
    faults = "; ".join(drilled.faults)
    say(
        words(f"Failed: {faults}.", f"失敗：{faults}") if faults else words("Passed.", "合格です。")
    )
    return drilled


def _carrier(running: Installation) -> str:
    return " and ".join(f"{name}" for name in running.shares())


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.drills.rollback", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".run/drill"), help="for the logs")
    return parser


def main() -> int:
    """0 if the drill was passed."""
    folder = command_line().parse_args().folder.resolve()
    for log in folder.glob("*.log"):
        log.unlink()
    with speaking(operators_language()):
        return 1 if asyncio.run(drill(folder)).faults else 0


if __name__ == "__main__":
    sys.exit(main())
