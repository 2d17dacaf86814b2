"""Diagnostics as text with the source line and a caret, or as plain data for JSON."""

from __future__ import annotations

from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.report import Diagnostic, Report
from abilock.source import SourceFile, Span, printable

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33"}


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
    groups: dict[object, list[Diagnostic]] = {}
    for found in report.sorted():
        groups.setdefault(_group(found), []).append(found)
    return "\n".join(_render(group, report, color) for group in groups.values())


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
    message = f"each of these {len(group)} files in {first.group} {_of_each(first)}"
    lines = [f"{_label(first, color)}: {printable(message)}"]
    lines += [f"  {printable(found.subject or '')}" for found in group]
    if first.hint:
        lines.append(f"  = hint: {printable(first.hint)}")
    return "\n".join(lines) + "\n"


def _label(found: Diagnostic, color: bool) -> str:
    label = f"{found.severity.value}[{found.code.number}]"
    return f"\x1b[1;{_COLORS[found.severity]}m{label}\x1b[0m" if color else label


def _render_one(found: Diagnostic, report: Report, color: bool) -> str:
    lines = [f"{_label(found, color)}: {printable(found.message)}"]
    lines += _excerpt(found.span, report, "^")
    for note in found.notes:
        lines.append(f"  = note: {printable(note.message)}")
        lines += _excerpt(note.span, report, "-")
    if found.hint:
        lines.append(f"  = hint: {printable(found.hint)}")
    return "\n".join(lines) + "\n"


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
    """Every diagnostic as JSON-ready data, in source order."""
    return [
        {
            "code": found.code.number,
            "name": found.code.slug,
            "level": found.severity.value,
            "subject": found.subject,
            "message": found.message,
            "hint": found.hint,
            "place": place_of(found, report),
            "notes": [
                {"message": note.message, "place": _place(note.span, report)}
                for note in found.notes
            ],
        }
        for found in report.sorted()
    ]


def place_of(found: Diagnostic, report: Report) -> dict[str, object] | None:
    """``file``, and where the source is known ``line``, ``column``, ``end_line`` and ``end_column``."""
    if found.span is None and found.subject is not None:
        return {"file": found.subject}
    return _place(found.span, report)


def _place(span: Span | None, report: Report) -> dict[str, object] | None:
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
