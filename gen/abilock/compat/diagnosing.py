"""Findings as diagnostics, for every format that diagnostics are told in."""

from __future__ import annotations

from collections.abc import Iterable

from abilock.compat.findings import Finding, Rule
from abilock.compat.outcomes import Pairings
from abilock.diagnostics.catalog import Code, Severity
from abilock.diagnostics.changed import Changed, Mixes
from abilock.diagnostics.report import Diagnostic, Note


def code_of(rule: Rule) -> Code:
    """The code that says what rule a finding goes by; how bad one is depends on the change."""
    return Code(rule.code, rule.slug, Severity.ERROR, rule.title)


def diagnostic_of(finding: Finding, severity: Severity | None = None) -> Diagnostic:
    """A finding as a diagnostic, at its place in the newer description; of what is gone, where it is
    missing, with its place in the older one.

    ``severity``: None for that of its level.
    """
    changed = Changed(
        finding.level,
        finding.subject,
        finding.old,
        finding.new,
        finding.targets,
        _mixes(finding.cells.binary),
        _mixes(finding.cells.source),
        severity,
    )
    notes = tuple(Note(each.text, details=each.details) for each in finding.consequences)
    span = finding.new or finding.around or finding.old
    if finding.new is None and finding.around is not None and finding.old is not None:
        notes = (Note("it was here", finding.old), *notes)
    return Diagnostic(
        code_of(finding.rule), finding.message, span, finding.hint, notes, changed=changed
    )


def diagnostics_of(
    findings: Iterable[Finding], severity: Severity | None = None
) -> tuple[Diagnostic, ...]:
    """The same of many."""
    return tuple(diagnostic_of(each, severity) for each in findings)


def _mixes(pairings: Pairings) -> Mixes:
    return Mixes(pairings.old_plugin_new_host.value, pairings.new_plugin_old_host.value)
