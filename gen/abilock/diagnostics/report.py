"""Diagnostics, and the report that collects them.

A pass adds what it finds and goes on; whoever drives the passes asks :attr:`Report.failed` and
decides whether to stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code, Severity
from abilock.diagnostics.changed import Changed
from abilock.source import SourceFile, Span

#: Without a lock, nothing is known of releases, and half of all that is generated is in doubt.
_CAUSES = frozenset({catalog.LOCK_INVALID, catalog.LOCK_MERGED, catalog.RELEASED_TWICE})


@dataclass(frozen=True, slots=True)
class Note:
    """A second place, or a remark, that belongs to a diagnostic. ``details``: what is shown of it only
    where there is room, or to whoever asks. ex) each of the slots that a slot has moved
    """

    message: str
    span: Span | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what is wrong, where, and what to do about it.

    Attributes:
        subject: the file that it is about, if there is no place in a source.
        changed: what is known of the change, if it is about one. ``span`` is then its place in the
            description that is at hand, if it has one there, or else in the old one.
        about: the description that it is about, if its place is in another file.
        group: the folder of files about which people are told the same thing once.
    """

    code: Code
    message: str
    span: Span | None
    hint: str | None = None
    notes: tuple[Note, ...] = ()
    subject: str | None = None
    changed: Changed | None = None
    about: str | None = None
    group: str | None = None

    @property
    def severity(self) -> Severity:
        if self.changed is None:
            return self.code.severity
        return self.changed.severity or self.changed.level.severity

    @property
    def label(self) -> str:
        """The one word before the code. ex) ``error``, ``breaking``"""
        return self.severity.value if self.changed is None else self.changed.level.value

    @property
    def element(self) -> str | None:
        """The full name of what was changed."""
        return self.changed.element if self.changed else None


@dataclass
class Report:
    """All diagnostics of a run, and the sources that they point into."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    #: How often something was said, repetitions included.
    said: int = field(default=0, repr=False)
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
        self.said += 1
        if found not in self._seen:
            self._seen.add(found)
            self.diagnostics.append(found)

    def take_over(self, other: Report) -> None:
        """Collect all that another report has, its sources included."""
        self.sources.update(other.sources)
        for each in other.diagnostics:
            self.include(each)

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
        """By file and place, so that a run's order of passes does not show. What has to be put right
        before anything else can be judged stands first."""

        def key(found: Diagnostic) -> tuple[bool, str, int, int, str, str]:
            span = found.span or Span("", 0, 0)
            place = (span.file, span.start, span.end)
            return (found.code not in _CAUSES, *place, found.code.number, found.message)

        return sorted(self.diagnostics, key=key)
