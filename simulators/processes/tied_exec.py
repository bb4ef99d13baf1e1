"""Run by ChildProcess in front of each command: ties it to its parent, then becomes it.

The kernel's parent-death signal is set here and not in a ``preexec_fn``, because the parent runs
gRPC threads and must not execute Python between fork and exec.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """``tied_exec.py PARENT_PID COMMAND [ARGUMENT...]``; only Linux can tie."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("The launcher ended before this process began.")
    os.execv(command[0], command)  # noqa: S606 - the launcher's own command, without a shell


if __name__ == "__main__":
    main()
