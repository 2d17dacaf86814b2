"""Releases that were found to be right, remembered so that the next run need not look."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from abilock.config import Config
from abilock.descriptions import root_reader
from abilock.diagnostics.report import Report
from abilock.emit import stamp
from abilock.emit.manifest import digest
from abilock.emit.reading import unix_ends
from abilock.lock.lockfile import LOCK
from abilock.lock.shelf import HISTORY, Shelf
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.releases.gate import check_all, shelves


def remember(config: Config, libraries: Mapping[str, Library]) -> None:
    """Look whether releases are right, and remember it if they are. ``libraries``: of all descriptions."""
    found = [shelf for shelf, _ in shelves(config, libraries)]
    report = Report()
    try:
        # Read first: what is saved while this runs is not what was looked at.
        files = _digests(found)
        check_all(config, tuple(libraries), libraries, report)
        folders = [folder for each in found for folder in (*_folders(each), *_around(each))]
    except OSError:
        return
    if not report.diagnostics:
        stamp.record_releases(config, files, folders)


def remember_current(config: Config) -> None:
    """The same where nothing else is to be looked at: generated files are what descriptions say."""
    if not stamp.is_current(config):
        return
    libraries = {
        path: read_library(path, Report(), root_reader(config.root)) for path in config.abi
    }
    sound = {path: library for path, library in libraries.items() if library is not None}
    if len(sound) == len(libraries):
        remember(config, sound)


def _digests(found: Sequence[Shelf]) -> dict[str, str | None]:
    files: dict[str, str | None] = {}
    for shelf in found:
        for path in (shelf.lock_path, *_files(shelf)):
            text = shelf.store.read(path)
            data = None if text is None else text.encode("utf-8", "surrogateescape")
            files[path] = None if data is None else digest(unix_ends(data))
    return files


def _files(shelf: Shelf) -> list[str]:
    return [
        f"{folder}/{name}"
        for folder in _folders(shelf)
        for name in shelf.store.names(folder)
        if name.endswith(".abi")
    ]


def _around(shelf: Shelf) -> tuple[str, ...]:
    """Where what is of no release is found."""
    beside = posixpath.join(shelf.folder, "*")
    return f"{beside}{LOCK}", f"{beside}.abi", posixpath.join(shelf.folder, HISTORY)


def _folders(shelf: Shelf) -> list[str]:
    """The folder of the releases, and those of what they import."""
    inside = [f"{shelf.history}/{name}" for name in shelf.store.names(shelf.history)]
    return [shelf.history, *(each for each in inside if shelf.store.names(each))]
