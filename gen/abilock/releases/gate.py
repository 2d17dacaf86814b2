"""What is wrong with the releases of ABIs, and with the version of a description that follows them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from abilock.compat.findings import Verdict, version_text
from abilock.compat.verdict import judge
from abilock.config import Config
from abilock.descriptions import shelf_of
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.lock.lockfile import Lock
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library
from abilock.releases.agreed import Comparison
from abilock.releases.beside import Beside
from abilock.releases.reading import (
    Standing,
    report_unreadable,
    sound_release,
    standing,
    version_span,
)
from abilock.releases.strays import report_strays
from abilock.releases.words import change_notes, changes_text


@dataclass(frozen=True, slots=True)
class Compared:
    """``unsound``: descriptions whose releases are not what was released, so that it is not known what
    changed since."""

    comparisons: tuple[Comparison, ...]
    unsound: frozenset[str]


def check_all(
    config: Config, names: Sequence[str], libraries: Mapping[str, Library], report: Report
) -> None:
    """Report what is wrong with the releases of the descriptions ``names``, and with the versions of these,
    whatever is accepted.

    ``libraries``: those that are right, by their paths.
    """
    for each in compare_all(config, names, libraries, report).comparisons:
        each.tell(each.verdict, report)


def compare_all(
    config: Config, names: Sequence[str], libraries: Mapping[str, Library], report: Report
) -> Compared:
    """Report what is wrong with the releases of the descriptions ``names``; each that follows a release,
    compared with it.

    ``libraries``: those that are right, by their paths. The releases of the others are looked at all the
    same, if it can be told what they are of.
    """
    store = DiskStore(config.root)
    found: list[Comparison] = []
    unsound = set()
    for name in names:
        library, own = libraries.get(name), Report(sources=report.sources)
        try:
            shelf = shelf_of(name, Report(), store)
            lock = check_releases(shelf, own) if shelf is not None else None
            if shelf is not None and library is not None and lock is not None:
                found += _compared(library, shelf, lock, config, own)
        except OSError as error:
            report_unreadable(error, own)
        if own.failed:
            unsound.add(name)
        report.take_over(own)
    report_strays(store, names, report)
    return Compared(tuple(found), frozenset(unsound))


def _compared(
    library: Library, shelf: Shelf, lock: Lock, config: Config, report: Report
) -> list[Comparison]:
    """A description and the releases with which it is compared: the one before it, if there is one, and
    those that loaders could take for it."""
    comparison = compare_version(library, shelf, lock, report)
    if comparison is None and config.accept:
        comparison = compare_release(library, shelf, lock)
    found = [comparison] if comparison is not None else []
    if lock.find(library.version) is None:
        found += Beside(library, shelf, lock).comparisons(report)
    return found


def shelves(config: Config, libraries: Mapping[str, Library]) -> tuple[tuple[Shelf, Library], ...]:
    """Where the releases of each library are."""
    store = DiskStore(config.root)
    return tuple(
        (Shelf(store, posixpath.dirname(path), library.name), library)
        for path, library in libraries.items()
    )


def check_releases(shelf: Shelf, report: Report) -> Lock | None:
    """Report every release that is not what was released. The lock, if it can be used."""
    lock = shelf.lock(report)
    if lock is None:
        return None
    for release in lock.releases:
        shelf.verify(release, report)
    for path in shelf.unlisted(lock):
        may_be_one = path.endswith(".abi") and posixpath.dirname(path) == shelf.history
        taken_in = f"`abilock release {path}` takes it in, if it was released; else "
        report.include(
            Diagnostic(
                catalog.RELEASE_UNLISTED,
                f"{path} lies among the releases of {lock.abi}, and {shelf.lock_path} does not have it",
                None,
                f"{taken_in if may_be_one else ''}move it elsewhere",
                subject=path,
            )
        )
    return lock


def compare_version(
    library: Library, shelf: Shelf, lock: Lock, report: Report
) -> Comparison | None:
    """A description and the release that it follows: its version is that of another ABI, or says less
    than what changed."""
    found = standing(library, lock)
    if found.before is None or found.is_released:
        return None
    old = sound_release(shelf, found.before, report)
    if old is None:
        return None

    def tell(verdict: Verdict, report: Report) -> None:
        if found.same is not None:
            report_taken(found, judged, report)
        elif not verdict.is_honest:
            report_too_low(found, verdict, report)

    judged = judge(old, library)
    return Comparison(old, library, judged, tell, shows_changes=True)


def compare_release(library: Library, shelf: Shelf, lock: Lock) -> Comparison | None:
    """A description that is released as it stands, and the release before it: exceptions that it was
    released with are needed for as long as it is the present one. Its number is not judged again."""
    earlier = [each for each in lock.releases if each.version < library.version]
    if not standing(library, lock).is_released or not earlier:
        return None
    old = sound_release(shelf, earlier[-1], Report())
    if old is None:
        return None
    return Comparison(old, library, judge(old, library), lambda *_: None)


def report_taken(found: Standing, verdict: Verdict, report: Report) -> None:
    """A description of a released version that says something else than the release."""
    library, before = found.library, found.before
    assert before is not None
    named = f"{library.name} {library.version}"
    report.add(
        catalog.VERSION_TAKEN,
        version_span(library, report),
        f"{named} is released, and this is another ABI: {changes_text(verdict.findings)}",
        hint=f"`abilock bump {library.source}` gives it the number that the changes need; or undo them",
        notes=change_notes(verdict.findings),
    )


def _told(library: Library, verdict: Verdict) -> str:
    """What loaders compare. ex) ``0.6.0, which plugins of 1.1.0 tell,``"""
    told = version_text(verdict.declared, verdict.declared_numbers)
    if verdict.declared == str(library.version):
        return told
    return f"{told}, which plugins of {library.version} tell,"


def report_too_low(found: Standing, verdict: Verdict, report: Report) -> None:
    """A description whose version is lower than what it changes asks for."""
    library, before = found.library, found.before
    assert before is not None
    report.add(
        catalog.VERSION_TOO_LOW,
        version_span(library, report),
        f"{_told(library, verdict)} is too low: what changed since"
        f" {before.version} needs {version_text(verdict.required, verdict.required_numbers)};"
        f" {changes_text(verdict.findings)}",
        hint=f"`abilock bump {library.source}` writes it; or make the changes compatible",
        notes=change_notes(verdict.findings),
    )
