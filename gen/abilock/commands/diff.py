"""``abilock diff OLD NEW``: what changed, whom it hurts, and which version it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.compat.diagnosing import diagnostics_of
from abilock.compat.findings import Level, Verdict
from abilock.compat.fixing import Text, fixed
from abilock.compat.verdict import judge
from abilock.descriptions import STDIN, open_description
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.present.verdict_data import verdict_data
from abilock.present.verdict_text import verdict_text
from abilock.progress import Progress
from abilock.source import SourceFile, Span
from abilock.syntax.formatter import format_file
from abilock.syntax.parser import parse

_TEXT, _JSON = "text", "json"


def diff(old: str, new: str, *, format: str, fix: bool, color: bool, progress: Progress) -> Outcome:
    """The findings and the verdict between two descriptions of one ABI; with ``fix``, the newer one in
    its compatible form."""
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
    if fix:
        return _fixed(verdict, before, after, report)
    return _told(verdict, before, after, report, format, color, remark)


def _fixed(verdict: Verdict, before: Library, after: Library, report: Report) -> Outcome:
    """The compatible form, and what of it there is none of."""
    sources = [report.sources.get(each.source) for each in (before, after)]
    if sources[0] is None or sources[1] is None:
        return Outcome(BROKEN, report=report, remarks=("the text of a description is missing",))
    old, new = (Text(each, parse(each, Report())) for each in sources if each is not None)
    text = fixed(old, new, (before, after), verdict)
    again = Report()
    made = SourceFile(after.source, text)
    tree = parse(made, again)
    if again.failed:
        return Outcome(BROKEN, report=report, remarks=("there is no compatible form",))
    formatted = format_file(tree, made)
    return Outcome(NOTHING_TO_REPORT, formatted, report, tuple(_left(before, after, formatted)))


def _left(before: Library, after: Library, text: str) -> Iterator[str]:
    """What is not compatible of it still."""
    report = Report()

    def read(name: str, into: Report) -> SourceFile | None:
        if name != after.source:
            return open_description(name)[1](name, into)
        source = SourceFile(name, text)
        into.add_source(source)
        return source

    library = read_library(after.source, report, read)
    if library is None:
        for each in report.sorted():
            yield f"{each.code.number} in the compatible form: {each.message}"
        return
    for finding in judge(before, library).findings:
        if finding.level is Level.BREAKING:
            yield f"{finding.rule.code} has no compatible form: {finding.message}"


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
