"""Releases of another revision: they are the same here, and what came since was released honestly."""

from __future__ import annotations

import posixpath
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from abilock.compat.findings import Verdict, version_text
from abilock.compat.verdict import judge
from abilock.config import Config
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.lock.lockfile import LOCK, Lock, Release, is_lock
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library
from abilock.releases.agreed import Comparison
from abilock.releases.gate import change_notes, shelves
from abilock.releases.reading import read_release, sound_release
from abilock.troubles import said_by_git

#: With what git ends where it does not even look.
_FATAL = 128


class GitStore:
    """The files of a revision, by their paths below a folder. Raises :class:`OSError` without git, and
    where git does not tell what there is."""

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        self._revision = revision

    def is_known(self) -> bool:
        """Whether there is such a revision."""
        # What begins with a dash would be an option.
        asked = "" if self._revision.startswith("-") else self._revision
        done = self._git("rev-parse", "--verify", "--quiet", f"{asked}^{{commit}}")
        # With a revision that there is none of, it ends with 1.
        if done.returncode == _FATAL:
            raise _refused(done)
        return done.returncode == 0

    def read(self, path: str) -> str | None:
        done = self._git("show", f"{self._revision}:./{path}")
        return None if done.returncode else done.stdout.decode("utf-8", "surrogateescape")

    def names(self, folder: str) -> Sequence[str]:
        listed = self._list(f"./{folder}/")
        return sorted(posixpath.basename(each) for each in listed)

    def locks(self) -> Iterator[str]:
        """Every lock, wherever it lies."""
        for path in self._list("-r", "."):
            if path.endswith(LOCK) and is_lock(self.read(path) or ""):
                yield path

    def _list(self, *arguments: str) -> list[str]:
        # Paths are those from the folder, as long as nothing is asked of those above it.
        *options, path = arguments
        found = self._git("ls-tree", "-z", "--name-only", *options, self._revision, "--", path)
        if found.returncode:
            raise _refused(found)
        listed = found.stdout.split(b"\0")
        return [each.decode("utf-8", "surrogateescape") for each in listed if each]

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", *arguments],
            cwd=self._root,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )


def _refused(done: subprocess.CompletedProcess[bytes]) -> OSError:
    return OSError(said_by_git(done.stderr) or f"it ends with {done.returncode}")


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
        former = {_abi(path): _Former(there, path, revision) for path in there.locks()}
    except OSError as error:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read the revision {revision!a}: {_trouble(error)}",
            hint="see that git is on PATH, and that `git log` works here",
        )
        return None
    here = {shelf.abi: shelf for shelf, _ in shelves(config, libraries)}
    for abi, each in former.items():
        # An ABI that is not described any more keeps its releases where they were.
        shelf = here.get(abi) or Shelf(DiskStore(config.root), posixpath.dirname(each.path), abi)
        each.compare(shelf, report)
    found: list[Comparison] = []
    for abi, shelf in here.items():
        lock = shelf.lock(Report())
        if lock is not None:
            before = former[abi].lock() if abi in former else None
            found += _new(shelf, lock, before, revision)
    return found


def _trouble(error: OSError) -> str:
    return str(error) if error.errno is None else f"git cannot be run: {error.strerror}"


def _abi(path: str) -> str:
    return posixpath.basename(path).removesuffix(LOCK)


class _Former:
    """A lock of the other revision."""

    def __init__(self, store: GitStore, path: str, revision: str) -> None:
        self.path = path
        self._shelf = Shelf(store, posixpath.dirname(path), _abi(path))
        self._revision = revision

    def lock(self) -> Lock | None:
        # What is wrong over there is not for here.
        return self._shelf.lock(Report())

    def compare(self, here: Shelf, report: Report) -> None:
        there, lock = self.lock(), here.lock(Report())
        if there is None or lock is None:
            return
        for release in there.releases:
            now = lock.find(release.version)
            named = f"{lock.abi} {release.version}"
            if now is None:
                message = (
                    f"{named} is released at {self._revision}, and {here.lock_path} has lost it"
                )
            elif not _is_same(here, release, now):
                message = f"{named} is another release at {self._revision} than here"
            else:
                continue
            report.include(
                Diagnostic(
                    catalog.RELEASE_LOST,
                    message,
                    None,
                    f"take line and files from there: `git checkout {self._revision} -- {here.lock_path}"
                    f" {here.history}`, then `abilock release` again what is new here",
                    subject=here.lock_path,
                )
            )


def _is_same(here: Shelf, release: Release, now: Release) -> bool:
    """Whether two lines are of one release. What is seen in its text may change with abilock; then the line
    has what this one sees in it."""
    if now.text != release.text:
        return False
    return now.meaning == release.meaning or sound_release(here, now, Report()) is not None


def _new(shelf: Shelf, lock: Lock, before: Lock | None, revision: str) -> Iterator[Comparison]:
    """Releases that the other revision does not have follow those that it has."""
    known = {each.version for each in before.releases} if before is not None else set()
    if not known:
        return  # the lock is new, and what it begins with was published before
    for previous, release in zip(lock.releases, lock.releases[1:], strict=False):
        if release.version not in known:
            comparison = _comparison(shelf, previous, release, revision)
            if comparison is not None:
                yield comparison


def _comparison(
    shelf: Shelf, previous: Release, release: Release, revision: str
) -> Comparison | None:
    old, new = (read_release(shelf, each, Report()) for each in (previous, release))
    if old is None or new is None:
        return None

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

    return Comparison(old, new, judge(old, new), tell)
