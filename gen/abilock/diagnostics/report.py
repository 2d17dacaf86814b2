"""Diagnostics, and the report that collects them.

A pass adds what it finds and goes on; whoever drives the passes asks :attr:`Report.failed` and
decides whether to stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from abilock.diagnostics.catalog import Code, Severity
from abilock.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Note:
    """A second place, or a remark, that belongs to a diagnostic."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what is wrong, where, and what to do about it. ``subject``: the file that it is
    about, if there is no place in a source; ``group``: the folder of files about which people are told
    the same thing once."""

    code: Code
    message: str
    span: Span | None
    hint: str | None = None
    notes: tuple[Note, ...] = ()
    subject: str | None = None
    group: str | None = None

    @property
    def severity(self) -> Severity:
        return self.code.severity


@dataclass
class Report:
    """All diagnostics of a run, and the sources that they point into."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    _seen: set[Diagnostic] = field(default_factory=set, repr=False)

    def add(
        self,
        code: Code,
        span: Span | None,
        message: str,
        *,
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Collect one diagnostic; the same one is reported only once."""
        self.include(Diagnostic(code, message, span, hint, notes))

    def include(self, found: Diagnostic) -> None:
        """Collect a diagnostic that is made already."""
        if found not in self._seen:
            self._seen.add(found)
            self.diagnostics.append(found)

    def drop(self, is_no_news: Callable[[Diagnostic], bool]) -> None:
        """Take back what turns out to be none."""
        self.diagnostics[:] = [each for each in self.diagnostics if not is_no_news(each)]

    def amend(self, found: Diagnostic, note: Note) -> None:
        """Add a note to what is collected."""
        at = self.diagnostics.index(found)
        self.diagnostics[at] = replace(found, notes=(*found.notes, note))

    def add_source(self, source: SourceFile) -> None:
        """Make a source's lines available to whoever prints the report."""
        self.sources[source.path] = source

    @property
    def failed(self) -> bool:
        """Whether anything was found that stops the run."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)

    def sorted(self) -> list[Diagnostic]:
        """By file and place, so that a run's order of passes does not show."""

        def key(found: Diagnostic) -> tuple[str, int, int, str, str]:
            span = found.span or Span("", 0, 0)
            return (span.file, span.start, span.end, found.code.number, found.message)

        return sorted(self.diagnostics, key=key)
