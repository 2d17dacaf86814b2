"""The workflow commands of GitHub, which shows them beside the lines that they are about."""

from __future__ import annotations

from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.formats.findings import Findings
from abilock.diagnostics.formats.wording import shortened, whole_message
from abilock.diagnostics.report import Diagnostic
from abilock.source import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_PROPERTIES = {"file": "file", "line": "line", "col": "column", "endLine": "end_line"}


def as_github(findings: Findings) -> str:
    """One line per finding. GitHub shows ten errors and ten warnings of a step, so the worst are first."""
    return "".join(_command(found, findings) for found in findings.worst_first())


def _command(found: Diagnostic, findings: Findings) -> str:
    place = findings.place(found) or {}
    names = dict(_PROPERTIES)
    # GitHub marks columns within one line only.
    if place.get("line") == place.get("end_line"):
        names["endColumn"] = "end_column"
    values = {name: str(place[key]) for name, key in names.items() if key in place}
    values["title"] = f"abilock {found.code.number} {found.code.slug}"
    listed = ",".join(f"{name}={_property(printable(value))}" for name, value in values.items())
    text = _data("\n".join(map(shortened, whole_message(found))))
    return f"::{_COMMANDS[found.severity]} {listed}::{text}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
