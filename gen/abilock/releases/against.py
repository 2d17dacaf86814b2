"""Releases of another revision: they are the same here, and what came since was released honestly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from abilock.compat.findings import Verdict, version_text
from abilock.compat.verdict import judge
from abilock.config import Config
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.lock.lockfile import Lock, Release
from abilock.lock.shelf import Shelf
from abilock.model.decls import Library
from abilock.model.version import Version
from abilock.releases.agreed import Comparison
from abilock.releases.beside import Beside
from abilock.releases.former import Former, GitStore, formers
from abilock.releases.gate import shelves
from abilock.releases.reading import read_release, sound_release
from abilock.releases.words import change_notes


def compare_against(
    revision: str, config: Config, libraries: Mapping[str, Library], report: Report
) -> list[Comparison] | None:
    """Report releases of ``revision`` that are not the same here; those that came since, each compared with
    the one before it. None if the revision cannot be read, which is reported."""
    there = GitStore(config.root, revision)
    try:
        if not there.is_known():
            report.add(
                catalog.FILE_UNREADABLE,
                None,
                f"git knows no revision {revision!a} here",
                hint="fetch it, such as by `git fetch origin main`; a checkout in CI may be shallow",
            )
            return None
        here = tuple(shelf for shelf, _ in shelves(config, libraries))
        former = formers(there, here)
    except OSError as error:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read the revision {revision!a}: {_trouble(error)}",
            hint="see that git is on PATH, and that `git log` works here",
        )
        return None
    found: list[Comparison] = []
    for each in former:
        for shelf in each.heirs:
            _compare(each, shelf, revision, report)
    for shelf in here:
        lock = shelf.lock(Report())
        if lock is not None:
            found += _new(shelf, lock, _known(former, shelf), revision)
    return found


def _known(former: Sequence[Former], shelf: Shelf) -> set[Version]:
    """The versions that the other revision has of what is on a shelf."""
    locks = [each.lock() for each in former if shelf in each.heirs]
    return {release.version for lock in locks if lock is not None for release in lock.releases}


def _trouble(error: OSError) -> str:
    return str(error) if error.errno is None else f"git cannot be run: {error.strerror}"


def _compare(former: Former, here: Shelf, revision: str, report: Report) -> None:
    """Report what a lock of the other revision has, and the one here has not, or otherwise."""
    there, lock = former.lock(), here.lock(Report())
    if there is None or lock is None:
        return
    for release in there.releases:
        now = lock.find(release.version)
        named = f"{lock.abi} {release.version}"
        if now is None:
            message = f"{named} is released at {revision}, and {here.lock_path} has lost it"
        elif not _is_same(here, release, now):
            message = f"{named} is another release at {revision} than here"
        else:
            continue
        report.include(
            Diagnostic(
                catalog.RELEASE_LOST,
                message,
                None,
                f"take line and files from there: `git checkout {revision} -- {former.path}"
                f" {former.history}`{_moved(former, here)}; then `abilock release` again what is new here",
                subject=here.lock_path,
            )
        )


def _moved(former: Former, here: Shelf) -> str:
    """Where that belongs now, if it lies elsewhere."""
    return "" if former.path == here.lock_path else f", and move them to {here.folder or '.'}"


def _is_same(here: Shelf, release: Release, now: Release) -> bool:
    """Whether two lines are of one release. What is seen in its text may change with abilock; then the line
    has what this one sees in it."""
    if now.text != release.text:
        return False
    return now.meaning == release.meaning or sound_release(here, now, Report()) is not None


def _new(shelf: Shelf, lock: Lock, known: set[Version], revision: str) -> Iterator[Comparison]:
    """Releases that the other revision does not have stand among those that it has."""
    if not known:
        return  # the lock is new, and what it begins with was published before
    for previous, release in pairwise((None, *lock.releases)):
        if release is None or release.version in known:
            continue
        if previous is not None:
            yield from _comparison(shelf, previous, release, revision)
        yield from _beside(shelf, lock, release, known, revision)


def _beside(
    shelf: Shelf, lock: Lock, release: Release, known: set[Version], revision: str
) -> Iterator[Comparison]:
    """Releases that it does not follow, and what follows it, unless that is new itself."""
    library = read_release(shelf, release, Report())
    if library is None:
        return
    beside, following = Beside(library, shelf, lock, revision), lock.following(release.version)
    above = beside.above(Report()) if following and following.version in known else None
    if above is not None:
        yield above
    yield from beside.numbered(Report())


def _comparison(
    shelf: Shelf, previous: Release, release: Release, revision: str
) -> Iterator[Comparison]:
    old, new = (read_release(shelf, each, Report()) for each in (previous, release))
    if old is None or new is None:
        return

    def tell(verdict: Verdict, report: Report) -> None:
        if verdict.is_honest:
            return
        report.include(
            Diagnostic(
                catalog.VERSION_TOO_LOW,
                f"{shelf.abi} {version_text(str(release.version), verdict.declared_numbers)}, released"
                f" since {revision}, is too low: what changed since {previous.version} needs"
                f" {version_text(verdict.required, verdict.required_numbers)}",
                None,
                "nobody has it yet: take line and file out again, `abilock bump`, `abilock release`",
                # A frozen text is not among those that are shown.
                tuple(replace(each, span=None) for each in change_notes(verdict.findings)),
                subject=shelf.path(release.version),
            )
        )

    yield Comparison(old, new, judge(old, new), tell)
