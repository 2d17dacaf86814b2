"""Descriptions by name: a file, standard input, or a file of a git revision."""

from __future__ import annotations

import os
import os.path
import subprocess
import sys
from pathlib import Path

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax.loading import Reader
from abilock.syntax.reading import MAX_BYTES, decode, read_file

STDIN = "-"
_STDIN_NAME = "<stdin>"
_PIPE = "pass a description on it, or name a file"


def open_description(name: str) -> tuple[str, Reader]:
    """The file name that messages use for a description, and how it and its imports are read.

    ``-`` is standard input, ``REV:path.abi`` is a file of a git revision whose imports are read from
    that revision too; anything else is a path.
    """
    if name == STDIN:
        return _STDIN_NAME, _read_stdin
    if is_of_revision(name):
        return name, _GitReader(name.partition(":")[0])
    return name.replace(os.sep, "/"), _read_path


def is_of_revision(name: str) -> bool:
    """Whether a name is that of a file in a git revision: ``REV:path.abi``."""
    revision, _, path = name.partition(":")
    return bool(revision and path) and revision[0] != "-" and not os.path.exists(name)


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


def root_reader(root: Path) -> Reader:
    """Reads files by their path below ``root``, so that what is generated names no other path."""

    def read(name: str, report: Report) -> SourceFile | None:
        return read_file(root / name, name, report)

    return read


def _read_path(name: str, report: Report) -> SourceFile | None:
    return read_file(Path(name), name, report)


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


class _GitReader:
    """Reads ``REV:path`` through git; imports come with the prefix already in their path."""

    def __init__(self, revision: str) -> None:
        self._revision = revision

    def __call__(self, name: str, report: Report) -> SourceFile | None:
        path = name.removeprefix(f"{self._revision}:")
        try:
            # `./` makes git read the path from the current folder, as the shell that names it does.
            shown = subprocess.run(
                ["git", "show", f"{self._revision}:./{path}"],
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            report.add(
                catalog.FILE_UNREADABLE,
                None,
                f"cannot read {name}: git cannot be run: {error.strerror or error}",
                hint="install git, or see that it is on PATH; a file's own name needs none",
            )
            return None
        if shown.returncode != 0:
            reason = shown.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
            report.add(
                catalog.FILE_UNREADABLE,
                None,
                f"cannot read {name}: {reason}",
                hint="name a file, or a file of a revision as `HEAD~1:abi/x.abi`",
            )
            return None
        return decode(shown.stdout, name, report)
