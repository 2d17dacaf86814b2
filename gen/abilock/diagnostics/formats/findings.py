"""What every format is given: the findings of a run, and what is known of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.gates import Gate, gate_of
from abilock.diagnostics.render import place_of, place_of_span, told_once
from abilock.diagnostics.report import Diagnostic, Report
from abilock.source import Span

#: What is looked at wherever something is generated.
MADE = (Gate.DESCRIPTION, Gate.BINDINGS, Gate.GENERATED)


@dataclass(frozen=True)
class Findings:
    """A report, for other programs.

    Attributes:
        named: what a file is called from the top of its repository, where other programs look for it.
        data: whatever else there is to say, for scripts.
        checked: the descriptions that were looked at, as the configuration names them.
        gates: what was looked at.
        is_complete: False if something kept the run from getting to all of them.
    """

    report: Report
    named: Callable[[str], str] = str
    data: Mapping[str, object] = field(default_factory=dict)
    checked: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = MADE
    is_complete: bool = True

    def sorted(self) -> list[Diagnostic]:
        """In the order in which all formats tell them."""
        return self.report.sorted()

    def worst_first(self) -> list[Diagnostic]:
        """For people, who are shown the first few: what has to be thought about stands before what one
        command puts right, and that is told once for all files."""
        order = list(Severity)

        def key(found: Diagnostic) -> tuple[int, bool]:
            return order.index(found.severity), gate_of(found.code) is Gate.GENERATED

        return told_once(sorted(self.sorted(), key=key))

    def place(self, found: Diagnostic) -> dict[str, object] | None:
        """The place of a finding, by the name that its file has in the repository."""
        return self._named(place_of(found, self.report))

    def place_of(self, span: Span | None) -> dict[str, object] | None:
        """The same of any place."""
        return self._named(place_of_span(span, self.report))

    def _named(self, place: dict[str, object] | None) -> dict[str, object] | None:
        return None if place is None else {**place, "file": self.named(str(place["file"]))}


def counted(found: list[Diagnostic]) -> str:
    """How many there are of each severity. ex) ``2 errors, 1 warning``"""
    parts = []
    for severity in Severity:
        count = sum(one.severity is severity for one in found)
        if count:
            parts.append(f"{count} {severity.value}{'s' if count > 1 else ''}")
    return ", ".join(parts) or "nothing to report"
