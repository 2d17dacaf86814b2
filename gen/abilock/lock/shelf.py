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
from abilock.lock.lockfile import Lock, Release, parse_lock
from abilock.model.version import Version

HISTORY = "history"


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
        return posixpath.join(self.folder, f"{self.abi}.lock")

    @property
    def history(self) -> str:
        """The folder of the frozen descriptions."""
        return posixpath.join(self.folder, HISTORY, self.abi)

    def path(self, version: Version) -> str:
        """Where the description of a release is."""
        return posixpath.join(self.history, frozen_path(version))

    def lock(self, report: Report) -> Lock | None:
        """What is released, nothing if there is no lock; None after reporting that it cannot be told."""
        text = self.store.read(self.lock_path)
        if text is None:
            return Lock(self.abi)
        return parse_lock(self.abi, text, self.lock_path, report)

    def digest(self, version: Version) -> str | None:
        """The digest of what stands there for a release; None if there is nothing."""
        found = read_frozen(
            version, lambda path: self.store.read(posixpath.join(self.history, path))
        )
        return text_digest(found) if found is not None else None

    def verify(self, release: Release, report: Report) -> bool:
        """Whether a release is what was released: its line, and its files. Reported if not."""
        path = self.path(release.version)
        named = f"{self.abi} {release.version}"
        if not release.is_sealed(self.abi):
            code, subject = catalog.RELEASE_EDITED, self.lock_path
            message = f"{self.lock_path}: the line of {named} was edited since it was released"
            hint = "restore the line from version control"
        elif (digest := self.digest(release.version)) is None:
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
        for name in self.store.names(self.history):
            is_strange = name.endswith(".abi") and name not in known
            if is_strange or (name not in folders and self._holds_descriptions(name)):
                yield posixpath.join(self.history, name)

    def _holds_descriptions(self, name: str) -> bool:
        inside = self.store.names(posixpath.join(self.history, name))
        return any(each.endswith(".abi") for each in inside)
