"""An installation page as a machine reads it: what is to be typed, and what sentences name."""

import re
from dataclasses import dataclass

from simulators.processes.environment import PROJECT_ROOT

PAGES = ("docs/deployment.md", "docs/ja/deployment.md")
_FENCE = re.compile(r"```bash\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_SCRIPT = re.compile(r"(?:[A-Z_]+=\S+ )*deploy/\S+\.sh\b")
_SUBSTITUTION = re.compile(r"(?<![\w$])_[A-Z][A-Z_]+")


@dataclass(frozen=True)
class Page:
    """``name`` is its path in the project."""

    name: str
    text: str

    @property
    def blocks(self) -> list[str]:
        """What is to be typed, block by block."""
        return _FENCE.findall(self.text)

    @property
    def codes(self) -> list[str]:
        """What is in the typeface of commands within sentences and tables, each once."""
        prose = _FENCE.sub("", self.text)
        return list(dict.fromkeys(" ".join(each.split()) for each in _CODE.findall(prose)))

    @property
    def scripts(self) -> list[str]:
        """Runs of our own scripts within sentences."""
        return [each for each in self.codes if _SCRIPT.match(each) and "/build/" not in each]

    @property
    def gcloud(self) -> list[str]:
        """Whole commands of gcloud within sentences."""
        return [each for each in self.codes if each.startswith("gcloud ") and "--" in each]

    @property
    def modules(self) -> list[str]:
        """Whole runs of our own modules within sentences."""
        return [each for each in self.codes if each.startswith("python -m ") and "--" in each]

    @property
    def targets(self) -> list[str]:
        """What ``make`` is to make."""
        return [each.split()[1] for each in self.codes if each.startswith("make ")]

    @property
    def substitutions(self) -> set[str]:
        """Every substitution of a build that is named anywhere."""
        return set(_SUBSTITUTION.findall(self.text))


def read(name: str) -> Page:
    """The page at ``name``."""
    return Page(name, (PROJECT_ROOT / name).read_text(encoding="utf-8"))
