"""Releases as libraries, and where a description stands among them."""

from __future__ import annotations

from dataclasses import dataclass

from abilock.descriptions import root_reader
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.lock.fingerprint import fingerprint
from abilock.lock.lockfile import Lock, Release
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.source import Span
from abilock.syntax.tokens import abi_words
from abilock.troubles import what_to_do


@dataclass(frozen=True)
class Standing:
    """A description among the releases of its ABI.

    ``same``: the release of its version, if there is one. ``before``: the newest release that is not newer
    than it, which is ``same`` where there is one.
    """

    library: Library
    lock: Lock
    same: Release | None
    before: Release | None

    @property
    def is_released(self) -> bool:
        """Whether it is a release as it stands."""
        return self.same is not None and self.same.meaning == fingerprint(self.library)


def standing(library: Library, lock: Lock) -> Standing:
    version = library.version
    return Standing(library, lock, lock.find(version), lock.last(version))


def read_release(shelf: Shelf, release: Release, report: Report) -> Library | None:
    """What a release describes; None after reporting why that is not known. Warnings were told when it
    was released."""
    if not isinstance(shelf.store, DiskStore):
        raise TypeError("a release is read from a folder")
    inner = Report()
    reader = root_reader(shelf.store.root)
    library = read_library(shelf.path(release.version), inner, reader)
    report.sources.update(inner.sources)
    if library is None:
        for each in inner.diagnostics:
            report.include(each)
    return library


def sound_release(shelf: Shelf, release: Release, report: Report) -> Library | None:
    """The same, of what was released and nothing else: line, files and meaning belong together."""
    if not shelf.verify(release, report):
        return None
    library = read_release(shelf, release, report)
    if library is None or fingerprint(library) == release.meaning:
        return library
    report.include(
        Diagnostic(
            catalog.RELEASE_EDITED,
            f"{shelf.path(release.version)} does not mean what {shelf.lock_path} has of {shelf.abi}"
            f" {release.version}",
            None,
            f"restore both from version control; if this is another abilock than the one that released it,"
            f" `abilock release {shelf.path(release.version)}` writes the line anew",
            subject=shelf.lock_path,
        )
    )
    return None


def report_unreadable(error: OSError, report: Report) -> None:
    """Releases that the system does not hand out."""
    name = error.filename or "a release"
    report.add(
        catalog.FILE_UNREADABLE,
        None,
        f"cannot read {name}: {error.strerror or error}",
        hint=what_to_do(error),
    )


def version_span(library: Library, report: Report) -> Span | None:
    """Where a description says its version, for whoever points there."""
    source = report.sources.get(library.source)
    words = abi_words(source.text) if source is not None else None
    return Span(library.source, *words[1]) if words else None
