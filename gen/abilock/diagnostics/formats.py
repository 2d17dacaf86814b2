"""A whole report for other programs: JSON, Markdown for a comment, SARIF for code scanning, and the
workflow commands of GitHub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote

from abilock.diagnostics.render import place_of, render_data
from abilock.diagnostics.report import Diagnostic, Report
from abilock.source import printable

_ROOT = "%SRCROOT%"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(report: Report, data: Mapping[str, object] | None = None) -> str:
    """``{"findings": […]}``, behind whatever else there is to say."""
    return json.dumps({**(data or {}), "findings": render_data(report)}, indent=2) + "\n"


def as_markdown(report: Report) -> str:
    """A list, one finding per item."""
    lines = ["## abilock", ""]
    for found in report.sorted():
        at = _file_and_line(found, report)
        lines.append(
            f"- **{found.severity.value} {found.code.number}**{at}: {_marked(found.message)}"
        )
        lines += [f"  - {_marked(note.message)}" for note in found.notes]
        if found.hint:
            lines.append(f"  - *hint:* {_marked(found.hint)}")
    if not report.diagnostics:
        lines.append("Nothing to report.")
    return "\n".join(lines) + "\n"


def as_github(report: Report, named: Callable[[str], str] = str) -> str:
    """Workflow commands, which GitHub shows beside the lines that they are about.

    Args:
        named: what a file is called from the top of its repository, where GitHub looks for it.
    """
    lines = []
    for found in report.sorted():
        place = place_of(found, report) or {}
        if place:
            place["file"] = named(str(place["file"]))
        names = {"file": "file", "line": "line", "col": "column", "endLine": "end_line"}
        # GitHub marks columns within one line only.
        if place.get("line") == place.get("end_line"):
            names["endColumn"] = "end_column"
        values = {name: place[key] for name, key in names.items() if key in place}
        values["title"] = f"abilock {found.code.number} {found.code.slug}"
        listed = ",".join(f"{name}={_property(str(value))}" for name, value in values.items())
        text = "\n".join([found.message, *([f"hint: {found.hint}"] if found.hint else [])])
        lines.append(f"::{found.severity.value} {listed}::{_data(text)}\n")
    return "".join(lines)


def as_sarif(report: Report, named: Callable[[str], str] = str) -> str:
    """SARIF 2.1.0. Files are below ``%SRCROOT%``, which readers set to where the repository is.

    Args:
        named: what a file is called from the top of its repository.
    """
    codes = sorted({found.code for found in report.diagnostics}, key=lambda code: code.number)
    rules = [
        {
            "id": code.number,
            "name": code.slug,
            "shortDescription": {"text": code.title},
            "defaultConfiguration": {"level": code.severity.value},
        }
        for code in codes
    ]
    results = [_result(found, codes.index(found.code), report, named) for found in report.sorted()]
    run = {
        "tool": {"driver": {"name": "abilock", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        # Where it is, is for whoever reads this: the same findings are the same bytes on every machine.
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _result(
    found: Diagnostic, rule: int, report: Report, named: Callable[[str], str]
) -> dict[str, object]:
    text = f"{found.message} (hint: {found.hint})" if found.hint else found.message
    result: dict[str, object] = {
        "ruleId": found.code.number,
        "ruleIndex": rule,
        "level": found.severity.value,
        "message": {"text": text},
    }
    place = place_of(found, report)
    if place is not None:
        physical: dict[str, object] = {"artifactLocation": _artifact(named(str(place["file"])))}
        if "line" in place:
            physical["region"] = {
                "startLine": place["line"],
                "startColumn": place["column"],
                "endLine": place["end_line"],
                "endColumn": place["end_column"],
            }
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _artifact(name: str) -> dict[str, str]:
    if PurePosixPath(name).is_absolute():
        return {"uri": f"file://{quote(name)}"}
    if PureWindowsPath(name).is_absolute():
        return {"uri": f"file:///{quote(name, safe='/:')}"}
    return {"uri": quote(name), "uriBaseId": _ROOT}


def _file_and_line(found: Diagnostic, report: Report) -> str:
    place = place_of(found, report)
    if place is None or "line" not in place:
        return ""
    at = f"{place['file']}:{place['line']}:{place['column']}"
    return f" {_marked(at)}"


def _marked(text: str) -> str:
    """Text as Markdown that shows as it is, with what stands in backticks as code."""
    parts = re.split(r"(`[^`]+`)", printable(text))
    return "".join(
        part if index % 2 else re.sub(r"([\\`*_{}\[\]<>()#+!|~&@-])", r"\\\1", part)
        for index, part in enumerate(parts)
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
