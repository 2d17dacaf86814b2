"""Descriptions as they are frozen: canonical text, with everything that they import beside it.

A release must stay what it was whatever becomes of the files that it imports, whether or not those are
released themselves. So they are copied: ``history/shop/1.2.0.abi`` imports ``1.2.0/common.abi``, which is
named after its ABI, since every file that is imported has another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from abilock.diagnostics.report import Report
from abilock.model.version import Version
from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.formatter import format_file
from abilock.syntax.loading import Loaded, import_path
from abilock.syntax.parser import parse
from abilock.syntax.printer import string_text

#: As canonical text has it.
_IMPORT = re.compile(r"^import ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Frozen:
    """``files``: texts by their paths in the folder of the ABI's releases, the description first."""

    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, in hexadecimal digits."""
        return text_digest(self.files)


def text_digest(files: Mapping[str, str]) -> str:
    """SHA-256 over names and texts; what a checkout does to line ends does not count."""
    total = hashlib.sha256()
    for path in sorted(files):
        text = files[path].replace("\r\n", "\n").encode("utf-8", "surrogateescape")
        total.update(f"{path}\0{len(text)}\0".encode())
        total.update(text)
    return total.hexdigest()


def frozen_path(version: Version) -> str:
    """Where a release lies in the folder of its ABI. ex) ``1.2.0.abi``"""
    return f"{version}.abi"


def freeze(loaded: Loaded, version: Version, sources: Mapping[str, SourceFile]) -> Frozen:
    """A description without errors, as it is kept. ``sources``: the texts of its files."""
    root = loaded.root.path
    names = {file.path: f"{version}/{_abi_name(file)}.abi" for file in loaded.files}
    names[root] = frozen_path(version)
    beside = {file.path: f"{_abi_name(file)}.abi" for file in loaded.files}
    from_root = {path: name for path, name in names.items() if path != root}
    files = {}
    for file in (loaded.root, *loaded.files[:-1]):
        targets = from_root if file.path == root else beside
        files[names[file.path]] = _canonical(file, sources[file.path], targets)
    return Frozen(files)


def read_frozen(version: Version, read: Callable[[str], str | None]) -> Mapping[str, str] | None:
    """The texts of a release, by their paths; None if the description is not there. What it imports is
    what its ``import`` lines name, as far as that is there."""
    found: dict[str, str] = {}
    waiting = [frozen_path(version)]
    while waiting:
        path = waiting.pop()
        text = read(path) if path not in found else None
        if text is None:
            continue
        found[path] = text
        waiting += _imports(path, text)
    return found if frozen_path(version) in found else None


def _imports(path: str, text: str) -> list[str]:
    # Most descriptions import nothing, and are not parsed for that.
    if not _IMPORT.search(text):
        return []
    file = parse(SourceFile(path, text), Report())
    named = (import_path(path, each) for each in file.items if isinstance(each, ast.Import))
    return [each for each in named if not each.startswith(("/", ".."))]


def _canonical(file: ast.File, source: SourceFile, targets: Mapping[str, str]) -> str:
    """The text with its imports renamed, formatted."""
    text = source.text
    written = [item for item in file.items if isinstance(item, ast.Import)]
    for item in reversed(written):
        target = targets[import_path(file.path, item)]
        span = item.path.span
        text = f"{text[: span.start]}{string_text(target)}{text[span.end :]}"
    renamed = SourceFile(file.path, text)
    return format_file(parse(renamed, Report()), renamed)


def _abi_name(file: ast.File) -> str:
    return next(item.name.text for item in file.items if isinstance(item, ast.Abi))
