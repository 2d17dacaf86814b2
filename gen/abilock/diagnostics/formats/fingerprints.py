"""What a finding is recognised by from one run to the next, though lines have shifted in between."""

from __future__ import annotations

import hashlib
from collections import Counter

from abilock.diagnostics.formats.findings import Findings
from abilock.diagnostics.report import Diagnostic


def fingerprints(findings: Findings) -> list[str]:
    """The fingerprint of each finding, in the order of :meth:`Findings.sorted`; no two are the same."""
    seen: Counter[str] = Counter()
    told = []
    for found in findings.sorted():
        key = _key(found, findings)
        told.append(_digest(f"{key}\0{seen[key]}"))
        seen[key] += 1
    return told


def _key(found: Diagnostic, findings: Findings) -> str:
    """Neither where it stands nor what is counted in its message, both of which other edits change."""
    place = findings.place(found)
    file = str(place["file"]) if place else ""
    if found.changed is not None:
        # A change stays itself, whatever file, revision or release it is compared with.
        parts = ("", found.changed.abi, found.changed.element)
    else:
        parts = (file, *(_marked(found, findings) or ("", found.message if not file else "")))
    return "\0".join((found.code.number, *parts))


def _marked(found: Diagnostic, findings: Findings) -> tuple[str, str] | None:
    """What is marked, and the line in which it is, however that is indented."""
    span = found.span
    source = findings.report.sources.get(span.file) if span else None
    if span is None or source is None:
        return None
    line = source.line_text(source.position(span.start).line)
    return source.text[span.start : span.end], " ".join(line.split())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
