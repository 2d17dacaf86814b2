"""``abilock diff OLD NEW``: what changed, whom it hurts, and which version it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from abilock.check.symbols import nearest
from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome, refused
from abilock.compat.diagnosing import diagnostics_of
from abilock.compat.findings import Level, Verdict
from abilock.compat.verdict import judge
from abilock.descriptions import STDIN, open_description
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.report import Report
from abilock.layout.engine import lay_out
from abilock.layout.target import find_target
from abilock.model.decls import Library
from abilock.model.targets import TRIPLES
from abilock.model.walks import said
from abilock.pipeline import read_library
from abilock.present.verdict_data import summary
from abilock.present.verdict_text import verdict_text
from abilock.progress import Progress
from abilock.source import SourceFile, Span
from abilock.syntax.parser import parse

# What few calls need is imported by those.
if TYPE_CHECKING:
    from abilock.compat.tables import Table

_TEXT = "text"
_TABLE = ".json"
_OF_LAYOUTS = (
    "layouts tell places and sizes: of signatures, of what is meant and of source nothing is known"
)


def diff(old: str, new: str, *, format: str, fix: bool, color: bool, progress: Progress) -> Outcome:
    """The findings and the verdict between two descriptions of one ABI; with ``fix``, the newer one in
    its compatible form."""
    report = Report()
    if old.endswith(_TABLE) or new.endswith(_TABLE):
        return _tables(old, new, report, format, fix, color)
    if old == new == STDIN:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            "only one side can be read from standard input",
            hint="name the other: a file, a release as `NAME@VERSION`, or `REV:path.abi`",
        )
        return Outcome(BROKEN, report=report)
    before = read_library(old, report, progress=progress, shares=True)
    after = read_library(new, report, progress=progress, shares=True)
    if before is None or after is None:
        return Outcome(BROKEN, report=report)
    progress("comparing")
    verdict = judge(before, after)
    if fix:
        return _fixed(verdict, before, after, report)
    title = f"{after.name} {before.version} -> {after.version}"
    remarks = (*_of_names(before.name, after.name), *_of_versions(verdict, after))
    return _told(verdict, title, report, format, color, remarks)


def _of_names(old: str, new: str) -> tuple[str, ...]:
    if old == new:
        return ()
    return (f"these are two ABIs, {old} and {new}; compared as if they were one",)


def _of_versions(verdict: Verdict, library: Library) -> tuple[str, ...]:
    """A rule that has nothing to compare is kept by people, and by no loader."""
    if verdict.level is None or not library.compat.is_version:
        return ()
    if any(each.has("version") or each.has("range") for each in said(library.declarations)):
        return ()
    return (
        f"nothing in {library.name} tells the version of a plugin (`@version`): a generated loader can"
        f" neither apply `{library.compat.rule}` nor heed `@since`, unless plugins have a witness",
    )


def _tables(old: str, new: str, report: Report, format: str, fix: bool, color: bool) -> Outcome:
    """Layout tables, or one and a description, which is laid out for the other's target."""
    from abilock.compat.tables import judge_tables

    if fix:
        return refused("a layout has no compatible form", "compare descriptions")
    before, after = (_read_table(each, report) for each in (old, new))
    other = before or after
    if other is None or report.failed:
        return Outcome(BROKEN, report=report)
    before = before or _laid_out(old, other.target, report)
    after = after or _laid_out(new, other.target, report)
    if before is None or after is None or report.failed:
        return Outcome(BROKEN, report=report)
    if before.target != after.target:
        return refused(
            f"these are tables of two targets, {before.target} and {after.target}",
            "name two of one target, or compare descriptions, which have all of them",
        )
    title = f"{after.abi} {before.version} -> {after.version}, as laid out on {after.target}"
    remarks = (_OF_LAYOUTS, *_of_names(before.abi, after.abi))
    return _told(judge_tables(before, after), title, report, format, color, remarks)


def _read_table(name: str, report: Report) -> Table | None:
    if not name.endswith(_TABLE):
        return None
    from abilock.compat.tables import read_table

    path, read = open_description(name)
    source = read(path, report)
    try:
        found = read_table(json.loads(source.text)) if source is not None else None
    except (ValueError, RecursionError):
        found = None
    if source is not None and found is None:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"{name} is no layout table",
            hint="one is made by `abilock layout FILE --format json`, or lies in a folder `layout`",
        )
    return found


def _laid_out(name: str, triple: str, report: Report) -> Table | None:
    library = read_library(name, report)
    if library is None:
        return None
    if triple not in TRIPLES:
        report.add(
            catalog.UNKNOWN_TARGET,
            None,
            f"unknown target {triple!r}",
            hint=nearest(triple, TRIPLES) or "`abilock explain targets` lists them",
        )
        return None
    # Importing the outputs takes as long as comparing two descriptions of the usual size.
    from abilock.compat.tables import read_table
    from abilock.outputs.layout.table import table

    layout = lay_out(library, find_target(triple))
    found = read_table(json.loads(json.dumps(table(library, layout))))
    return replace(found, compat=library.compat) if found is not None else None


def _fixed(verdict: Verdict, before: Library, after: Library, report: Report) -> Outcome:
    """The compatible form, and what of it there is none of."""
    from abilock.compat.fixing import Text, fixed
    from abilock.syntax.formatter import format_file

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
    left = tuple(_left(before, after, formatted))
    return Outcome(FINDINGS if left else NOTHING_TO_REPORT, formatted, report, left)


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
            why = f"; {finding.hint}" if finding.hint else ""
            yield f"{finding.rule.code} has no compatible form: {finding.message}{why}"


def _told(
    verdict: Verdict,
    title: str,
    report: Report,
    format: str,
    color: bool,
    remarks: tuple[str, ...],
) -> Outcome:
    code = NOTHING_TO_REPORT if verdict.level is None and verdict.is_honest else FINDINGS
    if format != _TEXT:
        told = Report(sources=report.sources)
        # Where the version says it, nothing is left to be done.
        severity = Severity.NOTE if verdict.is_honest else None
        for each in diagnostics_of(verdict.findings, severity):
            told.include(each)
        data = summary(verdict)
        return Outcome(code, report=told, remarks=remarks, data=data, is_findings=True)
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
