"""Locks of another git revision, and those here that have what they had."""

from __future__ import annotations

import posixpath
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from abilock.diagnostics.report import Report
from abilock.lock.lockfile import LOCK, Lock, is_lock
from abilock.lock.shelf import DiskStore, Shelf
from abilock.releases.strays import is_described
from abilock.troubles import said_by_git

#: With what git ends where it does not even look.
_FATAL = 128


class GitStore:
    """The files of a revision, by their paths below a folder. Raises :class:`OSError` without git, and
    where git does not tell what there is."""

    def __init__(self, root: Path, revision: str) -> None:
        self.root = root
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

    def locks_around(self, names: Collection[str]) -> Iterator[str]:
        """Those of these names in the whole revision. Of what lies elsewhere, the path leads out of the
        folder."""
        if not names:
            return
        prefix = self._git("rev-parse", "--show-prefix").stdout.decode("utf-8", "surrogateescape")
        for whole in self._list("-r", "--full-tree", ""):
            if posixpath.basename(whole) in names:
                path = posixpath.relpath(whole, prefix.rstrip("\n") or ".")
                if is_lock(self.read(path) or ""):
                    yield path

    def _list(self, *arguments: str) -> list[str]:
        # Paths are those from the folder, as long as nothing is asked of those above it.
        *options, path = arguments
        below = ("--", path) if path else ()
        found = self._git("ls-tree", "-z", "--name-only", *options, self._revision, *below)
        if found.returncode:
            raise _refused(found)
        listed = found.stdout.split(b"\0")
        return [each.decode("utf-8", "surrogateescape") for each in listed if each]

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )


def _refused(done: subprocess.CompletedProcess[bytes]) -> OSError:
    return OSError(said_by_git(done.stderr) or f"it ends with {done.returncode}")


@dataclass(frozen=True)
class Former:
    """A lock of the other revision. ``heirs``: where its releases are here, or should be."""

    shelf: Shelf
    heirs: tuple[Shelf, ...]

    @property
    def path(self) -> str:
        return self.shelf.lock_path

    @property
    def history(self) -> str:
        return self.shelf.history

    def lock(self) -> Lock | None:
        # What is wrong over there is not for here.
        return self.shelf.lock(Report())


def formers(there: GitStore, here: Sequence[Shelf]) -> tuple[Former, ...]:
    """The locks of another revision. One whose place has the ABI still is compared with that; any other has
    moved to where the ABI is now, if that was nowhere before. What is described nowhere keeps its place.

    Of what lies beside the project, only an ABI that has come from there is looked at: the folder of the
    project may have been called otherwise.
    """
    inside = tuple(there.locks())
    new = [each for each in here if each.lock_path not in inside]
    found = [Former(_shelf(there, path), _heirs(there, path, here, new)) for path in inside]
    taken = {shelf.lock_path for each in found for shelf in each.heirs}
    lost = [each for each in new if each.lock_path not in taken]
    for path in there.locks_around({posixpath.basename(each.lock_path) for each in lost}):
        heirs = _heirs(there, path, here, lost)
        if path not in inside and any(each in lost for each in heirs):
            found.append(Former(_shelf(there, path), heirs))
    return tuple(found)


def _heirs(
    there: GitStore, path: str, here: Sequence[Shelf], new: Sequence[Shelf]
) -> tuple[Shelf, ...]:
    disk = DiskStore(there.root)
    own = Shelf(disk, posixpath.dirname(path), _abi(path))
    described = tuple(each for each in here if each.lock_path == path)
    if described or is_described(disk, own.folder, own.abi):
        return described or (own,)
    return tuple(each for each in new if each.abi == own.abi) or (own,)


def _shelf(there: GitStore, path: str) -> Shelf:
    return Shelf(there, posixpath.dirname(path), _abi(path))


def _abi(path: str) -> str:
    return posixpath.basename(path).removesuffix(LOCK)
