"""What a command comes back with; the command line prints it."""

from __future__ import annotations

from dataclasses import dataclass, field

from abilock.diagnostics.report import Report

NOTHING_TO_REPORT = 0
FINDINGS = 1
BROKEN = 2


@dataclass(frozen=True)
class Outcome:
    """``result`` goes to standard output, ``report`` and ``remarks`` to standard error."""

    code: int
    result: str = ""
    report: Report = field(default_factory=Report)
    remarks: tuple[str, ...] = ()
