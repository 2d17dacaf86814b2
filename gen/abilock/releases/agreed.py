"""Verdicts as a project agrees on them: without the changes that its configuration accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from abilock.compat.changes import Kind
from abilock.compat.diagnosing import diagnostics_of
from abilock.compat.findings import Finding, Verdict
from abilock.compat.table import RULES
from abilock.compat.verdict import judge, reconsidered
from abilock.config import Acceptance, Config
from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.report import Diagnostic, Report
from abilock.model.decls import Library
from abilock.model.version import Version
from abilock.releases.accepted import Project, accepted, by_code_and_slug

#: Rules of what says when something came.
_AGES = frozenset(
    RULES[kind].code
    for kind in (
        Kind.SINCE_MISSING,
        Kind.SINCE_TOO_OLD,
        Kind.SINCE_CHANGED,
        Kind.SINCE_OUT_OF_ORDER,
    )
)
#: Earlier than every end: for what must not depend on the clock.
NO_DAY = date.min


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two descriptions, and what is to be reported if the version of the newer one says less than what
    the changes ask for. ``tell``: gets the verdict that is left, whether it is honest or not.
    ``shows_changes``: whether each of the changes is a finding where it was made."""

    old: Library
    new: Library
    verdict: Verdict
    tell: Callable[[Verdict, Report], None]
    shows_changes: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a project agrees to.

    Attributes:
        exceptions: of the configuration.
        today: the day by which their ends are judged.
        is_whole: whether everything is compared, so that what nothing needs is needed by nobody.
        file: what the configuration is called.
    """

    exceptions: tuple[Acceptance, ...] = ()
    today: date = NO_DAY
    is_whole: bool = True
    file: str = "pyproject.toml"

    @classmethod
    def of(cls, config: Config | None, today: date = NO_DAY, is_whole: bool = True) -> Agreement:
        """That of a configuration."""
        if config is None:
            return cls()
        return cls(config.accept, today, is_whole, config.path.name)


def settle(
    comparisons: Sequence[Comparison],
    agreement: Agreement,
    versions: Mapping[str, Version],
    report: Report,
) -> tuple[tuple[Diagnostic, Acceptance], ...]:
    """Report what is left of the changes, and what is wrong with exceptions; what was accepted.

    ``versions``: of every ABI that was looked at, by its name.
    """
    told = [_asking(each) for each in comparisons]
    project = Project(versions, _rules(), agreement.today, agreement.is_whole, agreement.file)
    judged = accepted([one for each in told for one in each], agreement.exceptions, project)
    agreed = {found for found, _ in judged.accepted}
    for each, diagnostics in zip(comparisons, told, strict=True):
        left = _without(each, diagnostics, agreed)
        each.tell(left, report)
        if each.shows_changes and not left.is_honest:
            for diagnostic in diagnostics:
                if diagnostic not in agreed:
                    report.include(diagnostic)
        elif each.shows_changes:
            # Loaders refuse what is older; headers, pages and exceptions say all the same when it came.
            for diagnostic in diagnostics_of(_of_ages(left), Severity.WARNING):
                report.include(diagnostic)
    for found in judged.findings:
        report.include(found)
    return judged.accepted


def _of_ages(verdict: Verdict) -> tuple[Finding, ...]:
    """Those by which `@since` is missing, or is not true."""
    return tuple(each for each in verdict.findings if each.rule.code in _AGES)


def agreed_verdict(old: Library, new: Library, agreement: Agreement) -> Verdict:
    """The verdict between two descriptions without what is accepted of it."""
    found: list[Verdict] = []
    comparison = Comparison(old, new, judge(old, new), lambda verdict, _: found.append(verdict))
    settle([comparison], agreement, {new.name: new.version}, Report())
    return found[0]


def _asking(comparison: Comparison) -> tuple[Diagnostic, ...]:
    """The changes that ask for more than the version says; exceptions are needed for no others."""
    verdict = comparison.verdict
    if verdict.is_honest:
        return ()
    new = comparison.new
    imported = {each.source for each in new.all_imports}
    return tuple(
        replace(
            each,
            changed=replace(each.changed, abi=new.name),
            about=new.source if each.span is not None and each.span.file in imported else None,
        )
        for each in diagnostics_of(verdict.findings)
        if each.changed is not None
    )


def _without(
    comparison: Comparison, diagnostics: Sequence[Diagnostic], agreed: set[Diagnostic]
) -> Verdict:
    if not agreed.intersection(diagnostics):
        return comparison.verdict
    left = tuple(
        finding
        for finding, diagnostic in zip(comparison.verdict.findings, diagnostics, strict=True)
        if diagnostic not in agreed
    )
    return reconsidered(comparison.old, comparison.new, left)


def _rules() -> dict[str, str]:
    return by_code_and_slug((rule.code, rule.slug) for rule in RULES.values())
