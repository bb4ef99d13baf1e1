"""``python -m deploy.audit``: whether anything that a lock file names has a known weakness.

Asks OSV (osv.dev) by pip-audit. Exit code 0: nothing is known; 1: these packages, and where each is
mended; 2: it could not be asked, and nothing is known of any package. In a build, whose images are
of ``TOOLS_DATE``, also 1 once they are over nine months old.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from deploy.language import speaking, words
from deploy.operator_parser import OperatorParser, operators_language

ROOT: Final = Path(__file__).parent.parent
_ASKED_WITHIN_S: Final = 600.0
TOOLS_LAST: Final = timedelta(days=270)
"""Google deletes images of its Cloud CLI after a year; nothing newer mends them here."""


def lock_files(root: Path = ROOT) -> list[str]:
    """Every lock file, by its name."""
    return sorted(path.name for path in root.glob("*.lock"))


def command(locks: Sequence[str]) -> list[str]:
    """pip-audit's command line. The lock files are whole and hashed, so nothing is resolved."""
    named = [word for lock in locks for word in ("--requirement", lock)]
    asked = ["--disable-pip", "--require-hashes", "--vulnerability-service", "osv"]
    return [*asked, "--progress-spinner", "off", "--format", "json", *named]


def weaknesses(report: Any) -> Iterator[str]:
    """One line for each weakness in pip-audit's report."""
    for package in report["dependencies"]:
        for known in package.get("vulns", ()):
            mended = ", ".join(known["fix_versions"]) or words("no version yet", "まだありません")
            where = f"{package['name']} {package['version']}: {known['id']}"
            yield words(f"{where}, mended in {mended}", f"{where}、修正版：{mended}")


def left_out(report: Any) -> Iterator[str]:
    """One line for each package that could not be judged."""
    for package in report["dependencies"]:
        if "skip_reason" in package:
            yield f"{package['name']}: {package['skip_reason']}"


def audit(tool: Sequence[str] = (sys.executable, "-m", "pip_audit")) -> int:
    """Ask, tell, and give the exit code."""
    locks = lock_files()
    try:
        asked = subprocess.run(  # noqa: S603 - pip-audit and our own file names
            [*tool, *command(locks)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=_ASKED_WITHIN_S,
        )
        report = json.loads(asked.stdout)
        found, unknown = list(weaknesses(report)), list(left_out(report))
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        _say(
            words(
                "Nothing is known of any package: pip-audit is missing, or cannot reach osv.dev.",
                "どのパッケージについても確認できませんでした。"
                "pip-audit がないか、osv.dev に接続できません。",
            )
        )
        return 2
    for line in found + unknown:
        _say(line)
    packages = len(report["dependencies"])
    _say(
        words(
            f"{len(locks)} lock files, {packages} packages: {len(found)} known weaknesses.",
            f"ロックファイル {len(locks)} 個、パッケージ {packages} 個："
            f"既知の脆弱性 {len(found)} 件",
        )
    )
    return 1 if found else 2 if unknown else 0


def tools_are_old(made: str, today: date) -> bool:
    """Whether the build's own images are too old; if so, prints it. ``made`` is empty elsewhere."""
    if not made or date.fromisoformat(made) + TOOLS_LAST >= today:
        return False
    _say(
        words(
            f"The build's own images are of {made}. Run deploy/build/tools.sh and tell the "
            "trigger.",
            f"ビルドに使うイメージは {made} のものです。"
            "deploy/build/tools.sh を実行し、結果をトリガーに設定してください。",
        )
    )
    return True


def command_line() -> argparse.ArgumentParser:
    """The options of the command line."""
    return OperatorParser(
        prog="python -m deploy.audit",
        description="Asks osv.dev whether anything that a lock file names has a known weakness.",
        epilog="Exit codes: 0 nothing is known, 1 something is, 2 it could not be asked.",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Ask about the packages and the build's own images; the exit code."""
    command_line().parse_args(argv)
    with speaking(operators_language()):
        old = tools_are_old(os.environ.get("TOOLS_DATE", ""), datetime.now(UTC).date())
        return audit() or int(old)


def _say(line: str) -> None:
    print(line)  # noqa: T201 - this is what an operator or a pipeline reads


if __name__ == "__main__":
    sys.exit(main())
