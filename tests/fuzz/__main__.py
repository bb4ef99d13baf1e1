"""``python -m tests.fuzz --seconds 60``: no text makes a reader raise, or take long."""

import argparse
import logging
import sys

import structlog

from tests.fuzz.hunt import Hunt
from tests.fuzz.readers import of_texts
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Print what was found and what came nearest to it; 1 if there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name contains this")
    options = parser.parse_args()
    # What a reader logs of what it leaves out would bury what is found.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    targets = [*TARGETS, *of_texts()]
    hunt = Hunt([each for each in targets if options.only in each.name], options.seed)
    faults = 0
    for fault in hunt.faults(options.seconds):
        faults += 1
        sys.stdout.write(f"FAULT {fault}\n")
        sys.stdout.flush()
    for name, slowest in hunt.slowest.items():
        for share, shape in slowest.found[:1]:
            sys.stdout.write(
                f"{name:26} at most {share:4.0%} of its time, by {shape!r}"[:200] + "\n"
            )
    sys.stdout.write(f"{hunt.tried:,} texts, seed {options.seed}: {faults} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
