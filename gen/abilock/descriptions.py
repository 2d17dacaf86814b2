"""Descriptions by name: a file, standard input, a release, or a file of a git revision."""

from __future__ import annotations

import os
import os.path
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from abilock.check.symbols import nearest
from abilock.config import Config, find_config
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.lock.lockfile import Lock, Release
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.version import Version
from abilock.source import SourceFile
from abilock.syntax.loading import Reader
from abilock.syntax.reading import MAX_BYTES, decode, read_file
from abilock.syntax.tokens import abi_name
from abilock.troubles import said_by_git, what_to_do

STDIN = "-"
_STDIN_NAME = "<stdin>"
#: ex) ``drasi@0.8.0``, ``abi/drasi.abi@0.8.0``
_RELEASE = re.compile(r"([^:@]+|[A-Za-z]:[\\/][^:@]*)@([^:@/\\{}]*)")
#: How many of the known releases a message names.
_SHOWN = 8
_PATH = "see whether the path is right: a description is named by its file, such as `abi/x.abi`"
_PIPE = "pass a description on it, or name a file"


def open_description(name: str) -> tuple[str, Reader]:
    """The file name that messages use for a description, and how it and its imports are read.

    ``-`` is standard input, ``REV:path.abi`` is a file of a git revision whose imports are read from
    that revision too, ``drasi@0.8.0`` and ``abi/drasi.abi@0.8.0`` are releases; anything else is a path.
    """
    if name == STDIN:
        return _STDIN_NAME, _read_stdin
    if is_release(name):
        return _open_release(name)
    if is_of_revision(name):
        return name, _GitReader(name.partition(":")[0])
    return name.replace(os.sep, "/"), _read_path


def is_of_revision(name: str) -> bool:
    """Whether a name is that of a file in a git revision: ``REV:path.abi``."""
    revision, _, path = name.partition(":")
    return bool(revision and path) and revision[0] != "-" and not os.path.exists(name)


def is_release(name: str) -> bool:
    """Whether a name is that of a released version: ``NAME@VERSION``, or ``path.abi@VERSION``."""
    return _RELEASE.fullmatch(name) is not None and not os.path.exists(name)


def shelf_of(path: str, report: Report, store: DiskStore | None = None) -> Shelf | None:
    """Where the releases of a description are; None after reporting that it is none.

    ``store``: the folder that the path is relative to, the current one if none is given.
    """
    found = store or DiskStore(Path())
    try:
        text = found.read(path)
    except OSError as error:
        message, hint = f"cannot read {path}: {error.strerror or error}", what_to_do(error)
        report.add(catalog.FILE_UNREADABLE, None, message, hint=hint)
        return None
    if text is None:
        hint = _PATH if store is not None else description_of(path) or _PATH
        report.add(catalog.FILE_UNREADABLE, None, f"cannot read {path}: no such file", hint=hint)
        return None
    name = abi_name(text.removeprefix("\ufeff"))
    if name is None:
        report.add(
            catalog.ABI_MISSING,
            None,
            f"{path} does not start with `abi NAME VERSION;`, so it is no description",
            hint="releases are those of a description: name its `.abi` file",
        )
        return None
    return Shelf(found, os.path.dirname(path), name)


def _open_release(name: str) -> tuple[str, Reader]:
    """The file of a release, and how it is read."""
    report = Report()
    found = find_release(name, report)
    if found is not None:
        shelf, _, release = found
        if shelf.verify(release, report):
            return shelf.path(release.version), _read_path
    return name, _Refused(report)


def find_release(name: str, report: Report) -> tuple[Shelf, Lock, Release] | None:
    """Where a release is that is named ``NAME@VERSION``, or ``path.abi@VERSION``; None after reporting that
    there is none."""
    what, written = name.rsplit("@", 1)
    shelf = find_shelf(what, report)
    lock = shelf.lock(report) if shelf is not None else None
    if shelf is None or lock is None:
        return None
    version = Version.parse(written)
    release = lock.find(version) if version is not None else None
    if release is not None:
        return shelf, lock, release
    hint = _near_release(what, written, lock)
    message = f"{shelf.lock_path} has no release {written!a} of {lock.abi}"
    report.add(catalog.UNKNOWN_RELEASE, None, message, hint=hint)
    return None


def find_shelf(what: str, report: Report) -> Shelf | None:
    """Where the releases are of a description that is named by its path, by its ABI, or by its file without
    the ending; None after reporting that there is no such description."""
    what = what.replace(os.sep, "/")
    if what.endswith(".abi"):
        return shelf_of(what, report)
    config = find_config(Path.cwd(), report)
    if config is None:
        return None
    paths = _listed(config)
    shelves = list(_shelves(paths))
    for path, shelf in shelves:
        if what in (shelf.abi, PurePosixPath(path).stem):
            return shelf
    # What is not described any more may still have releases.
    for path in paths:
        gone = Shelf(DiskStore(Path()), os.path.dirname(path), what)
        if gone.store.read(gone.lock_path) is not None:
            return gone
    names = [shelf.abi for _, shelf in shelves]
    report.add(
        catalog.UNKNOWN_RELEASE,
        None,
        f"{config.path} lists no ABI {what!a}",
        hint=nearest(what, names) or f"it lists {', '.join(names)}",
    )
    return None


def _shelves(paths: Sequence[str]) -> Iterator[tuple[str, Shelf]]:
    """Those of the descriptions that can be read."""
    for path in paths:
        shelf = shelf_of(path, Report())
        if shelf is not None:
            yield path, shelf


def _near_release(what: str, written: str, lock: Lock) -> str:
    known = [str(each.version) for each in lock.releases]
    if not known:
        return "nothing was released so far; `abilock release` does it"
    near = nearest(written, known)
    if near is not None:
        return near
    some = "" if len(known) <= _SHOWN else "the last ones are "
    return f"{some}{', '.join(f'{what}@{version}' for version in known[-_SHOWN:])}"


class _Refused:
    """What reads nothing, and says why."""

    def __init__(self, found: Report) -> None:
        self._found = found

    def __call__(self, name: str, report: Report) -> SourceFile | None:
        report.take_over(self._found)
        return None


def repository_name(root: Path, name: str) -> str:
    """What a file, which is named from ``root``, is called from the top of its git repository.

    Outside of a repository, ``root`` is the top. What lies above the top keeps its absolute path.

    ex) ``sdk/abi/shop.abi`` for ``abi/shop.abi`` of ``/work/checkout/sdk``
    """
    here = os.path.abspath(root)
    folders = (Path(here), *Path(here).parents)
    top = next((each for each in folders if (each / ".git").exists()), folders[0])
    path = os.path.normpath(os.path.join(here, name))
    inside = os.path.relpath(path, top).replace(os.sep, "/")
    return path.replace(os.sep, "/") if inside.startswith("../") else inside


def in_repository(root: Path, name: str) -> str:
    """The same of what messages call a description: of a file of a revision, it is the file."""
    file = name.partition(":")[2] if is_of_revision(name) else name
    return repository_name(root, file)


def root_reader(root: Path) -> Reader:
    """Reads files by their path below ``root``, so that what is generated names no other path."""

    def read(name: str, report: Report) -> SourceFile | None:
        return read_file(root / name, name, report)

    return read


def description_of(name: str) -> str | None:
    """What to say to who names an ABI where a file is meant; None if there is no such ABI."""
    if posixpath.basename(name) != name or name.endswith(".abi"):
        return None
    config = find_config(Path.cwd(), Report())
    for path, shelf in _shelves(_listed(config)) if config is not None else ():
        if name in (shelf.abi, PurePosixPath(path).stem):
            return f"`{name}` is an ABI: name its description, `{path}`"
    return None


def _listed(config: Config) -> list[str]:
    """The descriptions of a configuration, by their paths from the current folder."""
    root = os.path.relpath(config.root).replace(os.sep, "/")
    return [os.path.normpath(os.path.join(root, each)).replace(os.sep, "/") for each in config.abi]


def _read_path(name: str, report: Report) -> SourceFile | None:
    hint = None if os.path.lexists(name) else description_of(name)
    if hint is None:
        return read_file(Path(name), name, report)
    message = f"cannot read {name}: no such file"
    report.add(
        catalog.FILE_UNREADABLE, None, message, hint=f"{hint}, or a release, `{name}@VERSION`"
    )
    return None


def _read_stdin(name: str, report: Report) -> SourceFile | None:
    if name != _STDIN_NAME:
        return _read_path(name, report)
    if sys.stdin is None:
        report.add(
            catalog.FILE_UNREADABLE, None, "cannot read standard input: it is closed", hint=_PIPE
        )
        return None
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read standard input: {error.strerror or error}",
            hint=_PIPE,
        )
        return None
    return decode(data, name, report)


def revision_reader(revision: str, root: Path) -> Reader:
    """Reads files of a git revision by their path below ``root``."""
    return _GitReader(revision, root)


class _GitReader:
    """Reads ``REV:path`` through git; imports come with the prefix already in their path.

    A path is one from the current folder, as the shell that names it has it. Where there is no such file,
    it is one from the top of the repository, as git has it. With a ``folder``, all are from there.
    """

    def __init__(self, revision: str, folder: Path | None = None) -> None:
        self._revision = revision
        self._folder = folder
        #: What goes before the paths; that of the first file that is found holds for its imports.
        self._bases = ["./", ""] if folder is None else ["./"]

    def __call__(self, name: str, report: Report) -> SourceFile | None:
        path = name.removeprefix(f"{self._revision}:")
        try:
            for base in self._bases:
                shown = self._show(f"{base}{path}")
                if shown.returncode == 0:
                    self._bases = [base]
                    return decode(shown.stdout, name, report)
        except OSError as error:
            report.add(
                catalog.FILE_UNREADABLE,
                None,
                f"cannot read {name}: git cannot be run: {error.strerror or error}",
                hint="install git, or see that it is on PATH; a file's own name needs none",
            )
            return None
        reason = said_by_git(shown.stderr)
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read {name}: {reason}",
            hint="name a file, a file of a revision as `HEAD~1:abi/x.abi`, or a release as `x@1.2.0`",
        )
        return None

    def _show(self, path: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", "show", f"{self._revision}:{path}"],
            cwd=self._folder,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
