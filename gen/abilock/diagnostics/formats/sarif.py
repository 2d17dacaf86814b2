"""SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote

from abilock.diagnostics.catalog import Code, Severity
from abilock.diagnostics.explained import page
from abilock.diagnostics.formats.findings import Findings
from abilock.diagnostics.formats.fingerprints import fingerprints
from abilock.diagnostics.formats.wording import shortened, whole_message
from abilock.diagnostics.gates import gate_of
from abilock.diagnostics.render import render_one_data
from abilock.diagnostics.report import Diagnostic
from abilock.source import Span

_ROOT = "%SRCROOT%"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: What a rule is for GitHub's list of alerts, which can be narrowed down to it.
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
#: A new way of computing fingerprints gets a new number, so that old ones are not compared with it.
_FINGERPRINT = "abilock/v1"
#: The line of a page that repeats the title. ex) ``Bytes that are not UTF-8 (error).``
_LEVEL = re.compile(r"\((error|warning|note)\)\.$")


def as_sarif(findings: Findings) -> str:
    """One run. Files are below ``%SRCROOT%``, which readers set to where the repository is."""
    found = findings.sorted()
    codes = sorted({one.code for one in found}, key=lambda code: code.number)
    marks = fingerprints(findings)
    run = {
        "tool": {"driver": {"name": "abilock", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        # Where it is, is for whoever reads this: the same findings are the same bytes on every machine.
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "results": [
            _result(one, codes.index(one.code), mark, findings)
            for one, mark in zip(found, marks, strict=True)
        ],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(code: Code) -> dict[str, object]:
    text = page(code)
    return {
        "id": code.number,
        "name": code.slug,
        "shortDescription": {"text": _sentence(code.title)},
        "fullDescription": {"text": _first_paragraph(text) or _sentence(code.title)},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": code.severity.value},
        "properties": {
            "tags": ["abi", gate_of(code).value],
            "problem.severity": _PROBLEM[code.severity],
            "precision": "very-high",
        },
    }


def _sentence(title: str) -> str:
    return f"{title[0].upper()}{title[1:]}." if title else ""


def _first_paragraph(text: str) -> str:
    """What a page says behind its heading, and behind the line that repeats the title and the level."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")[1:]]
    return next((part for part in paragraphs if not _LEVEL.search(part)), "")


def _result(found: Diagnostic, rule: int, mark: str, findings: Findings) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": found.code.number,
        "ruleIndex": rule,
        "level": found.severity.value,
        "message": {"text": _message(found)},
        "partialFingerprints": {_FINGERPRINT: mark},
    }
    location: dict[str, object] = {}
    place = findings.place(found)
    if place is not None:
        location["physicalLocation"] = _physical(place)
    if found.element:
        location["logicalLocations"] = [{"fullyQualifiedName": found.element, "kind": "member"}]
    if location:
        result["locations"] = [location]
    related = list(_related(found, findings))
    if related:
        result["relatedLocations"] = related
    if found.changed is not None:
        result["properties"] = _properties(found, findings)
    return result


def _message(found: Diagnostic) -> str:
    """Lines, without what SARIF takes for links and placeholders."""
    text = "\n".join(map(shortened, whole_message(found)))
    return re.sub(r"\{(\d+)\}", r"{{\1}}", text.replace("](", "] ("))


def _properties(found: Diagnostic, findings: Findings) -> dict[str, object]:
    data = render_one_data(found, findings.report)
    keys = ("level", "subject", "old", "new", "targets", "consequence")
    return {key: data[key] for key in keys}


def _related(found: Diagnostic, findings: Findings) -> Iterator[dict[str, object]]:
    """Places beside the one of the finding, each with what is there."""
    spans: list[tuple[str, Span | None]] = [(note.message, note.span) for note in found.notes]
    if found.changed is not None and found.changed.old != found.span:
        spans.insert(0, ("in the old description", found.changed.old))
    for number, (text, span) in enumerate(spans):
        place = findings.place_of(span)
        if place is not None:
            yield {
                "id": number,
                "message": {"text": _message_text(text)},
                "physicalLocation": _physical(place),
            }


def _message_text(text: str) -> str:
    return shortened(text).replace("](", "] (")


def _physical(place: dict[str, object]) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": _artifact(str(place["file"]))}
    if "line" in place:
        physical["region"] = {
            "startLine": place["line"],
            "startColumn": place["column"],
            "endLine": place["end_line"],
            "endColumn": place["end_column"],
        }
    return physical


def _artifact(name: str) -> dict[str, str]:
    if PurePosixPath(name).is_absolute():
        return {"uri": f"file://{_quoted(name)}"}
    if PureWindowsPath(name).is_absolute():
        return {"uri": f"file:///{_quoted(name, '/:')}"}
    return {"uri": _quoted(name), "uriBaseId": _ROOT}


def _quoted(name: str, safe: str = "/") -> str:
    """For an address. What is not UTF-8 in the name of a file is a surrogate in Python's."""
    try:
        return quote(name.encode("utf-8", "surrogateescape"), safe)
    except UnicodeEncodeError:
        return quote(name.encode("utf-8", "surrogatepass"), safe)
