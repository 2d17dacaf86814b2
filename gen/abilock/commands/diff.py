"""``abilock diff OLD NEW``: what changed, whom it hurts, and which version it needs."""

from __future__ import annotations

import json

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.compat.diagnosing import diagnostics_of
from abilock.compat.findings import Verdict
from abilock.compat.verdict import judge
from abilock.descriptions import STDIN
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.present.verdict_data import verdict_data
from abilock.present.verdict_text import verdict_text
from abilock.progress import Progress
from abilock.source import Span

_TEXT, _JSON = "text", "json"


def diff(old: str, new: str, *, format: str, color: bool, progress: Progress) -> Outcome:
    """The findings and the verdict between two descriptions of one ABI."""
    report = Report()
    if old == new == STDIN:
        report.add(catalog.FILE_UNREADABLE, None, "only one side can be read from standard input")
        return Outcome(BROKEN, report=report)
    before = read_library(old, report, progress=progress)
    after = read_library(new, report, progress=progress)
    if before is None or after is None:
        return Outcome(BROKEN, report=report)
    if before.name != after.name:
        remark = f"these are two ABIs, {before.name} and {after.name}; compared as if they were one"
    else:
        remark = ""
    progress("comparing")
    verdict = judge(before, after)
    return _told(verdict, before, after, report, format, color, remark)


def _told(
    verdict: Verdict,
    before: Library,
    after: Library,
    report: Report,
    format: str,
    color: bool,
    remark: str,
) -> Outcome:
    code = NOTHING_TO_REPORT if verdict.level is None and verdict.is_honest else FINDINGS
    remarks = (remark,) if remark else ()
    if format == _JSON:
        text = json.dumps(verdict_data(verdict, report.sources), indent=2, ensure_ascii=False)
        return Outcome(code, f"{text}\n", report, remarks)
    if format != _TEXT:
        told = Report(sources=report.sources)
        for each in diagnostics_of(verdict.findings):
            told.include(each)
        return Outcome(code, report=told, remarks=remarks, is_findings=True)
    title = f"{after.name} {before.version} -> {after.version}"
    text = verdict_text(verdict, title, _places(verdict, report), color=color)
    return Outcome(code, text, report, remarks)


def _places(verdict: Verdict, report: Report) -> dict[Span, str]:
    found: dict[Span, str] = {}
    for each in verdict.findings:
        for span in (each.old, each.new):
            source = report.sources.get(span.file) if span else None
            if span is not None and source is not None:
                found[span] = f"{span.file}:{source.position(span.start).line}"
    return found
