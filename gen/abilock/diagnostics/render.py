"""Diagnostics as text with the source line and a caret, or as plain data for JSON."""

from __future__ import annotations

from dataclasses import replace

from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.changed import Changed, Mixes
from abilock.diagnostics.report import Diagnostic, Note, Report
from abilock.source import SourceFile, Span, printable

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
#: How many details of a note are shown to people who read the text.
_DETAILS = 3


def render_text(report: Report, *, color: bool = False) -> str:
    """Every diagnostic of the report, in source order, separated by blank lines.

    ex)
        error[A0201]: unknown type `FfiString`
          --> abi/drasi.abi:12:15
           |
        12 |     name: FfiString,
           |           ^^^^^^^^^
           = hint: did you mean `FfiStr`?
    """
    return render_some(report.sorted(), report, color=color)


def render_some(found: list[Diagnostic], report: Report, *, color: bool = False) -> str:
    """The same of some of them."""
    return "\n".join(_render(group, report, color) for group in _groups(found))


def told_once(found: list[Diagnostic]) -> list[Diagnostic]:
    """What is the same of many files is one finding, at the first of them, with all of them as details."""
    return [_of_all(group) if len(group) > 1 else group[0] for group in _groups(found)]


def _groups(found: list[Diagnostic]) -> list[list[Diagnostic]]:
    groups: dict[object, list[Diagnostic]] = {}
    for each in found:
        groups.setdefault(_group(each), []).append(each)
    return list(groups.values())


def _of_all(group: list[Diagnostic]) -> Diagnostic:
    names = tuple(each.subject or "" for each in group)
    files = Note(f"{names[0]} and {len(names) - 1} more", details=names)
    return replace(group[0], message=_message_of_all(group, f"{len(group)}"), notes=(files,))


def _message_of_all(group: list[Diagnostic], count: str) -> str:
    return f"each of {count} files in {group[0].group} {_of_each(group[0])}"


def _group(found: Diagnostic) -> object:
    """What diagnostics have in common of which people read one: all but the file."""
    if found.group is None:
        return found
    return (found.code, found.group, _of_each(found), found.hint)


def _of_each(found: Diagnostic) -> str:
    """ex) ``is missing`` of ``generated/shop/include/shop.h is missing``"""
    return found.message.removeprefix(f"{found.subject} ")


def _render(group: list[Diagnostic], report: Report, color: bool) -> str:
    if len(group) == 1:
        return _render_one(group[0], report, color)
    first = group[0]
    lines = [f"{_label(first, color)}: {printable(_message_of_all(group, f'these {len(group)}'))}"]
    lines += [f"  {printable(found.subject or '')}" for found in group]
    if first.hint:
        lines.append(f"  = hint: {printable(first.hint)}")
    return "\n".join(lines) + "\n"


def _label(found: Diagnostic, color: bool) -> str:
    label = f"{found.label}[{found.code.number}]"
    return f"\x1b[1;{_COLORS[found.severity]}m{label}\x1b[0m" if color else label


def _render_one(found: Diagnostic, report: Report, color: bool) -> str:
    lines = [f"{_label(found, color)}: {printable(found.message)}"]
    lines += _excerpt(found.span, report, "^")
    lines += [f"  = {printable(fact)}" for fact in facts(found)]
    for note in found.notes:
        lines.append(f"  = note: {printable(note.message)}")
        lines += _excerpt(note.span, report, "-")
        lines += [f"      {printable(detail)}" for detail in note.details[:_DETAILS]]
        if len(note.details) > _DETAILS:
            lines.append(f"      and {len(note.details) - _DETAILS} more")
    if found.hint:
        lines.append(f"  = hint: {printable(found.hint)}")
    return "\n".join(lines) + "\n"


def facts(found: Diagnostic) -> list[str]:
    """What is known of a change beside its message, in words.

    ex) ``old plugin, new host: calls the wrong function``
    """
    changed = found.changed
    if changed is None:
        return []
    lines = [f"in the ABI {changed.abi}, which imports it"] if found.about is not None else []
    lines += [f"{who}: {suffers}" for who, suffers in mixes(changed.binary)]
    if changed.source != changed.binary:
        lines += [f"{who}, compiled anew: {suffers}" for who, suffers in mixes(changed.source)]
    if changed.targets is not None:
        lines.append(f"on {', '.join(changed.targets)}")
    return lines


def mixes(told: Mixes) -> tuple[tuple[str, str], tuple[str, str]]:
    """Who meets whom, and what comes of it."""
    return (
        ("old plugin, new host", told.old_plugin_new_host),
        ("new plugin, old host", told.new_plugin_old_host),
    )


def _excerpt(span: Span | None, report: Report, mark: str) -> list[str]:
    if span is None:
        return []
    source = report.sources.get(span.file)
    if source is None:
        return [f"  --> {printable(span.file)}"]
    place = source.position(span.start)
    gutter = " " * len(str(place.line))
    shown, indent, width = _underline(source, span)
    return [
        f"{gutter}--> {printable(span.file)}:{place.line}:{place.column}",
        f"{gutter} |",
        f"{place.line} | {shown}",
        f"{gutter} | {indent}{mark * width}",
    ]


def _underline(source: SourceFile, span: Span) -> tuple[str, str, int]:
    """The line as shown (tabs widened, long lines cut), the indent of the mark, and its width."""
    place = source.position(span.start)
    line = source.line_text(place.line)
    before = line[: place.column - 1]
    marked = line[place.column - 1 : place.column - 1 + max(1, span.end - span.start)]
    after = line[len(before) + len(marked) :]
    if len(before) > 100:
        before = "…" + before[-60:]
    if len(marked) > 100:
        marked, after = f"{marked[:99]}…", ""
    shown = printable(before + marked + after[:60])
    return shown, " " * len(printable(before)), max(1, len(printable(marked)))


def render_data(report: Report) -> list[dict[str, object]]:
    """Every diagnostic as JSON-ready data, in source order, all of one shape."""
    return [render_one_data(found, report) for found in report.sorted()]


def render_one_data(found: Diagnostic, report: Report) -> dict[str, object]:
    """One diagnostic as JSON-ready data."""
    place, changed = place_of(found, report), found.changed
    return {
        "code": found.code.number,
        "name": found.code.slug,
        "level": found.label,
        "severity": found.severity.value,
        "subject": changed.element if changed else found.subject,
        "message": found.message,
        "hint": found.hint,
        "place": place,
        "old": place_of_span(changed.old, report) if changed else None,
        "new": place_of_span(changed.new, report) if changed else place,
        "targets": list(changed.targets) if changed and changed.targets is not None else "all",
        "consequence": _consequence(changed) if changed else None,
        "notes": [
            {
                "message": note.message,
                "place": place_of_span(note.span, report),
                "details": list(note.details),
            }
            for note in found.notes
        ],
    }


def _consequence(changed: Changed) -> dict[str, object]:
    return {**_mixes(changed.binary), "source": _mixes(changed.source)}


def _mixes(told: Mixes) -> dict[str, str]:
    return {
        "old_plugin_new_host": told.old_plugin_new_host,
        "new_plugin_old_host": told.new_plugin_old_host,
    }


def place_of(found: Diagnostic, report: Report) -> dict[str, object] | None:
    """``file``, and where the source is known ``line``, ``column``, ``end_line`` and ``end_column``."""
    if found.span is None and found.subject is not None:
        return {"file": found.subject}
    return place_of_span(found.span, report)


def place_of_span(span: Span | None, report: Report) -> dict[str, object] | None:
    """The same of any place."""
    if span is None:
        return None
    source = report.sources.get(span.file)
    if source is None:
        return {"file": span.file}
    start, end = source.position(span.start), source.position(span.end)
    return {
        "file": span.file,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    }
