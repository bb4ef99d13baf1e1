"""Which environment variables reach the processes of the local stack."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]

# What any program needs to run. Settings are handed over by name instead, so that a forgotten
# variable of the developer's shell never decides what a test does.
_NEEDED = re.compile(
    r"PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|TEMP|VIRTUAL_ENV|SYSTEMROOT|PYENV_\w+|"
    r"LD_LIBRARY_PATH|SSL_CERT_\w+|PYTHONHASHSEED|PYTHONASYNCIODEBUG|COVERAGE_\w+"
)
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})


def inherited(source: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables every child gets; the project is importable, whatever its folder is."""
    source = os.environ if source is None else source
    needed = {name: value for name, value in source.items() if _NEEDED.fullmatch(name)}
    return {**needed, "PYTHONPATH": str(PROJECT_ROOT), "PYTHONUNBUFFERED": "1"}


def without_proxies(variables: Mapping[str, str]) -> dict[str, str]:
    """``variables`` without proxy settings: slack_sdk would send even loopback calls there."""
    return {name: value for name, value in variables.items() if name.lower() not in _PROXIES}
