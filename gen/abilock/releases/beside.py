"""A description among releases that it does not follow, and that loaders could take for it all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.compat.findings import Verdict, version_text
from abilock.compat.verdict import judge
from abilock.compat.versions import has_lower_number, release_of, takes
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.lock.lockfile import Lock
from abilock.lock.shelf import Shelf
from abilock.model.decls import Library
from abilock.releases.agreed import Comparison
from abilock.releases.reading import sound_release, version_span
from abilock.releases.words import change_notes, changes_text

_OF_NUMBERS = (
    "give it a number that no release has, and none of those whose plugins it cannot take; or make the"
    " changes compatible"
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is released, or is to be, and is not judged yet by what comes after it.

    ``since``: the revision since which it is released; empty if it is not.
    """

    library: Library
    shelf: Shelf
    lock: Lock
    since: str = ""

    def comparisons(self, report: Report) -> Iterator[Comparison]:
        """Those in which it comes to harm. Releases that cannot be read are reported."""
        above = self.above(report)
        if above is not None:
            yield above
        yield from self.numbered(report)

    def numbered(self, report: Report) -> Iterator[Comparison]:
        """The releases beyond its neighbours, whose numbers it takes, or which take its own, and must not.
        Versions tell those apart from which they tell the neighbours; numbers may come again."""
        if not self.library.compat.is_number:
            return
        version = self.library.version
        older = [each for each in self.lock.releases if each.version < version]
        newer = [each for each in self.lock.releases if each.version > version]
        for release in (*older[:-1], *newer[1:]):
            other = sound_release(self.shelf, release, report)
            if other is not None:
                yield from self._by_number(other)

    def _by_number(self, other: Library) -> Iterator[Comparison]:
        library = self.library
        mine, theirs = release_of(library), release_of(other)
        if not takes(mine, theirs) and not takes(theirs, mine):
            return

        def tell(verdict: Verdict, report: Report) -> None:
            if verdict.loader.accepts_wrongly:
                taken = f"takes plugins of {other.version} by their number {theirs.number}"
                lent = f"has the number {mine.number}, by which {other.version} takes its plugins"
                said = taken if takes(mine, theirs) else lent
                told = f"{said}, and must not; {changes_text(verdict.findings)}"
                self._tell(told, _OF_NUMBERS, verdict, report)

        old, new = (other, library) if other.version < library.version else (library, other)
        verdict = judge(old, new)
        if verdict.loader.accepts_wrongly:
            yield Comparison(old, new, verdict, tell)

    def above(self, report: Report) -> Comparison | None:
        """The next release, if it says too little of what it changes of this. Its number is for good."""
        library, release = self.library, self.lock.following(self.library.version)
        newer = sound_release(self.shelf, release, report) if release is not None else None
        if newer is None:
            return None

        def tell(verdict: Verdict, report: Report) -> None:
            if not _is_told_apart(library, newer, verdict):
                needed = version_text(verdict.required, verdict.required_numbers)
                self._tell(
                    f"is too close to {newer.version}, which is released: what that changes of it needs"
                    f" {needed}; {changes_text(verdict.findings)}",
                    f"give it a number that loaders tell from {newer.version}; or make it compatible with"
                    " that",
                    verdict,
                    report,
                )

        verdict = judge(library, newer)
        is_fine = _is_told_apart(library, newer, verdict)
        return None if is_fine else Comparison(library, newer, verdict, tell)

    def _tell(self, message: str, hint: str, verdict: Verdict, report: Report) -> None:
        library, since = self.library, self.since
        named = f"{library.name} {library.version}"
        undone = "nobody has it yet: take line and file out again; then "
        report.include(
            Diagnostic(
                catalog.VERSION_TOO_LOW,
                f"{named}, released since {since}, {message}" if since else f"{named} {message}",
                None if since else version_span(library, report),
                f"{undone}{hint}" if since else hint,
                # A frozen text is not among those that are shown.
                tuple(replace(each, span=None) for each in change_notes(verdict.findings)),
                self.shelf.path(library.version) if since else None,
            )
        )


def _is_told_apart(old: Library, new: Library, verdict: Verdict) -> bool:
    """Whether nobody takes one for the other. What was numbered later may have a greater number, though its
    version is an older one."""
    if verdict.is_honest:
        return True
    return has_lower_number(release_of(old), release_of(new)) and not verdict.loader.accepts_wrongly
