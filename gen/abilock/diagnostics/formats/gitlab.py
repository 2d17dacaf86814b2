"""GitLab's code quality report: the part of Code Climate's format that GitLab reads."""

from __future__ import annotations

import json

from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.formats.findings import Findings
from abilock.diagnostics.formats.fingerprints import fingerprints
from abilock.diagnostics.formats.wording import shortened, whole_message
from abilock.diagnostics.report import Diagnostic

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}
#: Where findings are that have no place: GitLab leaves out what has none.
_ANYWHERE = "pyproject.toml"


def as_gitlab(findings: Findings) -> str:
    """A list of findings, which is empty if there are none."""
    marks = fingerprints(findings)
    issues = [
        _issue(found, mark, findings) for found, mark in zip(findings.sorted(), marks, strict=True)
    ]
    return json.dumps(issues, indent=2) + "\n"


def _issue(found: Diagnostic, mark: str, findings: Findings) -> dict[str, object]:
    place = findings.place(found) or {"file": findings.named(_ANYWHERE)}
    lines = {"begin": place.get("line", 1), "end": place.get("end_line", 1)}
    return {
        "type": "issue",
        "check_name": f"{found.code.number} {found.code.slug}",
        "description": ". ".join(map(shortened, whole_message(found))),
        "categories": ["Compatibility"],
        "severity": _SEVERITIES[found.severity],
        "fingerprint": mark,
        "location": {"path": str(place["file"]), "lines": lines},
    }
