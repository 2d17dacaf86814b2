"""What a Python package refuses of a description."""

from __future__ import annotations

from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.outputs.cffi.limits import report_limits
from abilock.pipeline import lay_out_all


def refusals(library: Library) -> list[tuple[str, str]]:
    """The numbers of what is told, and the messages."""
    report = Report()
    report_limits(library, lay_out_all(library), report)
    return [(each.code.number, each.message) for each in report.sorted()]
