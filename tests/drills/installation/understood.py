"""``python -m deploy.…`` as it is typed, read by the module's own parser; nothing is run.

Exit codes: 0 understood; 2 not, and why.
"""

import argparse
import importlib
import sys

from simulators.processes.environment import PROJECT_ROOT


def main(argv: list[str]) -> int:
    """``argv`` are the words behind ``python``."""
    flag, module, *words = argv
    if flag != "-m":
        return 2
    parser_of(module).parse_args(words)
    return 0


def parser_of(module: str) -> argparse.ArgumentParser:
    """The parser of a module that can be run."""
    package = PROJECT_ROOT.joinpath(*module.split("."))
    name = f"{module}.__main__" if package.is_dir() else module
    parser: argparse.ArgumentParser = importlib.import_module(name).command_line()
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
