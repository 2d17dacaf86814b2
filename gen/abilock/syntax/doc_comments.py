"""Comments that look as if they documented something: what they document here, if anything."""

from __future__ import annotations

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import Span
from abilock.syntax.lexemes import PlacedToken

_SEPARATORS = frozenset({"COMMA", "SEMICOLON", "RBRACE"})


def check_comment(text: str, span: Span, report: Report) -> None:
    """Warn of ``/** … */`` and ``/*! … */``, which other tools read as docs. A rule of stars, as in
    ``/****/``, is none."""
    if len(text) > 5 and text[:3] in ("/**", "/*!") and text[3] not in "*/":
        report.add(
            catalog.DOUBTFUL_DOC,
            Span(span.file, span.start, span.start + 3),
            f"`{text[:3]}` documents nothing here",
            hint="a doc comment is `///` before each line; a plain one is `/* … */`",
        )


def check_doc(doc: PlacedToken, before: PlacedToken | None, report: Report) -> None:
    """Warn of a ``///`` that stands behind what it seems to document."""
    behind = before is not None and before.line == doc.line and before.type in _SEPARATORS
    if doc.text.startswith("///<") or behind:
        report.add(
            catalog.DOUBTFUL_DOC,
            doc.span,
            "this documents what follows, and not what is before it",
            hint="move it above what it documents, or write `//` for a plain comment",
        )


def check_file_doc(span: Span, is_late: bool, report: Report) -> None:
    """A ``//!`` stands before all tokens."""
    if is_late:
        report.add(
            catalog.STRAY_DOC,
            span,
            "`//!` documents the file, so it stands before everything else",
            hint="use `///` before a declaration, or `//` for a plain comment",
        )
