"""What a command comes back with; the command line prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.diagnostics.report import Diagnostic, Report

NOTHING_TO_REPORT = 0
FINDINGS = 1
BROKEN = 2


@dataclass(frozen=True)
class Outcome:
    """``result`` goes to standard output, ``report`` and ``remarks`` to standard error.

    ``data``: the result for scripts, beside the findings; None if ``result`` is in the form that was
    asked for. ``is_findings``: the report is the result. ``root``: the folder from which findings name
    files; None for the current one. ``checked``: the descriptions that were looked at, as the
    configuration names them; ``is_everything``: whether at every gate.
    """

    code: int
    result: str = ""
    report: Report = field(default_factory=Report)
    remarks: tuple[str, ...] = ()
    data: Mapping[str, object] | None = None
    is_findings: bool = False
    root: Path | None = None
    checked: tuple[str, ...] = ()
    is_everything: bool = False


def refused(message: str, hint: str, code: Code = catalog.WRONG_ARGUMENTS) -> Outcome:
    """What comes of a command that was used wrongly, or that the system does not let do its work."""
    report = Report()
    report.include(Diagnostic(code, message, None, hint))
    return Outcome(BROKEN, report=report)
