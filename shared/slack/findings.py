"""The results of ``/gemini doctor``: the verdict with what to do, and small below it the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.slack.blocks import Block, context, section
from shared.task import Locale, Texts


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. ``fix`` says what to do if it is not ``ok``."""

    ok: bool
    text: str
    fix: str


@dataclass(frozen=True)
class CheckText:
    """The texts of one check, good or bad, with values by name. One that cannot fail has only the
    first.
    """

    passed: Texts
    failed: Texts = field(default_factory=dict)
    fix: Texts = field(default_factory=dict)

    def found(self, ok: bool, locale: Locale, **values: object) -> CheckResult:
        """The result, in words."""
        text = (self.passed if ok else self.failed)[locale].format(**values)
        return CheckResult(ok, text, self.fix.get(locale, "").format(**values))


@dataclass(frozen=True)
class Report:
    """A report for one person: the ``verdict``, and ``details`` in small print (mrkdwn)."""

    verdict: str
    details: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole report, for where blocks are not shown."""
        return "\n".join([self.verdict, *self.details])

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The verdict, and the details in grey below it."""
        return (section(self.verdict), *map(context, self.details))


def report(works: str, findings: Sequence[CheckResult], *more: str) -> Report:
    """Each fault with its fix, or that all ``works``; what passed, and ``more``, in small print."""
    faults = [
        f"⚠️ *{each.text}*" + (f"\n→ {each.fix}" if each.fix else "")
        for each in findings
        if not each.ok
    ]
    passed = " · ".join(f"✓ {each.text}" for each in findings if each.ok)
    verdict = "\n".join(faults) or f"✅ *{works}*"
    return Report(verdict, tuple(filter(None, (passed, *more))))
