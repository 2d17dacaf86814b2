"""What changed between releases, in the words of a finding."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.findings import Finding
from abilock.diagnostics.report import Note

#: How many of the changes a finding names.
_SHOWN = 4


def changes_text(findings: tuple[Finding, ...]) -> str:
    """ex) ``1 change (1 breaking)``"""
    if not findings:
        return "names or attributes differ that no rule judges"
    levels: Mapping[str, int] = {
        each.level.value: sum(other.level is each.level for other in findings) for each in findings
    }
    told = ", ".join(f"{count} {level}" for level, count in levels.items())
    return f"{len(findings)} change{'s' if len(findings) > 1 else ''} ({told})"


def change_notes(findings: tuple[Finding, ...]) -> tuple[Note, ...]:
    """The worst changes, each where it was made."""
    order = ("breaking", "append-only", "compatible")
    worst = sorted(findings, key=lambda each: order.index(each.level.value))
    notes = tuple(Note(f"{each.rule.code}: {each.message}", each.new) for each in worst[:_SHOWN])
    more = len(findings) - _SHOWN
    return (*notes, Note(f"and {more} more")) if more > 0 else notes
