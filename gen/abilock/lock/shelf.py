"""Where the releases of an ABI stand: a lock, and a folder with the frozen descriptions.

For ``abi/shop.abi``, which begins ``abi shop …``, they are ``abi/shop.lock`` and ``abi/history/shop/``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.lock.frozen import frozen_path, read_frozen, text_digest
from abilock.lock.lockfile import LOCK, Lock, Release, parse_lock
from abilock.model.version import Version

HISTORY = "history"
_UNREADABLE = "see that it is a file that you may read, or restore it from version control"


class Store(Protocol):
    """Files by paths with forward slashes: those of a folder, or of a git revision."""

    def read(self, path: str) -> str | None:
        """The text of a file, None if there is none. Bytes that are no UTF-8 are surrogates."""

    def names(self, folder: str) -> Sequence[str]:
        """The names in a folder, sorted; none if there is no such folder."""


class DiskStore:
    """Files below a folder. Raises :class:`OSError` where they cannot be read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> str | None:
        try:
            data = (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return data.decode("utf-8", "surrogateescape")

    def names(self, folder: str) -> Sequence[str]:
        try:
            return sorted(each.name for each in (self.root / folder).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return ()


@dataclass(frozen=True)
class Shelf:
    """The releases of the ABI ``abi``, whose description lies in ``folder`` of ``store``."""

    store: Store
    folder: str
    abi: str

    @property
    def lock_path(self) -> str:
        return posixpath.join(self.folder, f"{self.abi}{LOCK}")

    @property
    def history(self) -> str:
        """The folder of the frozen descriptions."""
        return posixpath.join(self.folder, HISTORY, self.abi)

    def path(self, version: Version) -> str:
        """Where the description of a release is."""
        return posixpath.join(self.history, frozen_path(version))

    def lock(self, report: Report) -> Lock | None:
        """What is released, nothing if there is no lock; None after reporting that it cannot be told."""
        try:
            text = self.store.read(self.lock_path)
        except OSError as error:
            message = f"cannot read {self.lock_path}: {error.strerror or error}"
            report.include(
                Diagnostic(catalog.LOCK_INVALID, message, None, _UNREADABLE, subject=self.lock_path)
            )
            return None
        if text is None:
            return Lock(self.abi)
        return parse_lock(self.abi, text, self.lock_path, report)

    def digest(self, version: Version) -> str | None:
        """The digest of what stands there for a release; None if there is nothing."""
        found = read_frozen(version, self._read)
        return text_digest(found) if found is not None else None

    def verify(self, release: Release, report: Report) -> bool:
        """Whether a release is what was released: its line, and its files. Reported if not."""
        path = self.path(release.version)
        named = f"{self.abi} {release.version}"
        try:
            digest = self.digest(release.version)
        except OSError as error:
            message = f"cannot read {named} in {self.history}: {error.strerror or error}"
            report.include(
                Diagnostic(catalog.FILE_UNREADABLE, message, None, _UNREADABLE, subject=path)
            )
            return False
        if not release.is_sealed(self.abi):
            code, subject = catalog.RELEASE_EDITED, self.lock_path
            message = f"{self.lock_path}: the line of {named} was edited since it was released"
            hint = "restore the line from version control"
        elif digest is None:
            code, subject = catalog.RELEASE_MISSING, path
            message = f"{path} is not there, and {self.lock_path} has {named}"
            hint = "restore the file from version control; a release stays for good"
        elif digest != release.text:
            code, subject = catalog.RELEASE_EDITED, path
            message = f"{path} was edited since {named} was released"
            hint = (
                "restore it from version control; what shall change goes into a version of its own"
            )
        else:
            return True
        report.include(Diagnostic(code, message, None, hint, subject=subject))
        return False

    def unlisted(self, lock: Lock) -> Iterator[str]:
        """Descriptions that lie among the releases, and of which the lock says nothing."""
        known = {frozen_path(each.version) for each in lock.releases}
        folders = {str(each.version) for each in lock.releases}
        names = self.store.names(self.history)
        for name in names:
            is_strange = name.endswith(".abi") and name not in known
            if is_strange or (name not in folders and self._descriptions(name)):
                yield posixpath.join(self.history, name)
        for release in lock.releases:
            if str(release.version) in names:
                yield from self._unused(release.version)

    def _unused(self, version: Version) -> Iterator[str]:
        """Descriptions in the folder of a release that it does not import."""
        inside = self._descriptions(str(version))
        try:
            taken = read_frozen(version, self._read) or inside
        except OSError:
            taken = inside
        for each in inside:
            if each not in taken:
                yield posixpath.join(self.history, each)

    def _descriptions(self, name: str) -> list[str]:
        """Those in a folder among the releases, by their paths from there."""
        inside = self.store.names(posixpath.join(self.history, name))
        return [posixpath.join(name, each) for each in inside if each.endswith(".abi")]

    def _read(self, path: str) -> str | None:
        return self.store.read(posixpath.join(self.history, path))
