"""The results of ``/gemini doctor``: a line each, with a check mark or a cross and the fix."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.task import Locale, Texts


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. ``fix`` says what to do if it is not ``ok``."""

    ok: bool
    text: str
    fix: str = ""


@dataclass(frozen=True)
class CheckText:
    """The texts of one check, good or bad, with values by name."""

    passed: Texts
    failed: Texts
    fix: Texts

    def found(self, ok: bool, locale: Locale, **values: object) -> CheckResult:
        """The result, in words."""
        text = (self.passed if ok else self.failed)[locale].format(**values)
        return CheckResult(ok, text, self.fix[locale].format(**values))


def listed(title: str, findings: Iterable[CheckResult]) -> str:
    """The results as one message (mrkdwn)."""
    return "\n".join([f"*{title}*", *(_line(finding) for finding in findings)])


def _line(finding: CheckResult) -> str:
    return f"✓ {finding.text}" if finding.ok else f"✗ {finding.text}\n      → {finding.fix}"
