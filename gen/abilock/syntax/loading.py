"""A description and everything that it imports, each file parsed once."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.parser import parse
from abilock.syntax.tokens import is_description

_WORD = re.compile(r"[A-Za-z_]\w*")
#: The source of a file under the name that messages use, or None after reporting why there is none.
Reader = Callable[[str, Report], SourceFile | None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """``files``: the root file last, each behind what it imports. ``imports``: by file name, the names
    of the files that it imports."""

    files: tuple[ast.File, ...]
    imports: Mapping[str, frozenset[str]]

    @property
    def root(self) -> ast.File:
        return self.files[-1]


def load(path: str, read: Reader, report: Report) -> Loaded | None:
    """The file at ``path`` and its imports; None if the file itself cannot be read.

    Imports are relative to the importing file. Cycles and missing files are reported, and files that
    are no descriptions are not looked into.
    """
    source = read(path, report)
    if source is None:
        return None
    done: dict[str, ast.File] = {}
    imports: dict[str, set[str]] = {}
    root = parse(source, report, shares=True)
    # Each entry: a file, and the imports of it that are still to be looked at.
    open_files: list[tuple[ast.File, list[ast.Import]]] = [(root, _imports(root))]
    imports[path] = set()
    texts = {path: source.text}
    incomplete: set[str] = set()
    not_joined: dict[str, set[str]] = {}
    while open_files:
        file, waiting = open_files[-1]
        if not waiting:
            open_files.pop()
            done[file.path] = file
            continue
        written = waiting.pop(0)
        if not _is_path(written, report):
            incomplete.add(file.path)
            continue
        target = _resolve(file.path, written.path.value)
        chain = [opened.path for opened, _ in open_files]
        if target in chain:
            shown = " → ".join([*chain[chain.index(target) :], target])
            report.add(
                catalog.IMPORT_CYCLE,
                written.path.span,
                f"{target} imports itself: {shown}",
                hint="move what both need into a third file",
            )
            # What it would have brought is not unknown.
            of_target = next(opened for opened, _ in open_files if opened.path == target)
            not_joined.setdefault(file.path, set()).update(_declared(of_target))
            continue
        if target in imports[file.path]:
            _report_twice(written, target, file, report)
            continue
        imports[file.path].add(target)
        if target in done:
            continue
        inner = _read_import(target, written, read, report)
        if inner is None:
            incomplete.add(file.path)
            continue
        texts[target] = inner.text
        child = parse(inner, report, shares=True)
        imports[target] = set()
        open_files.append((child, _imports(child)))
    return Loaded(
        tuple(
            replace(file, broken=file.broken | not_joined.get(file.path, set()))
            for file in (
                _excused(file, texts[file.path]) if file.path in incomplete else file
                for file in done.values()
            )
        ),
        {name: frozenset(targets) for name, targets in imports.items()},
    )


def _excused(file: ast.File, text: str) -> ast.File:
    """The file, all words of which are names that may come from an import that could not be read."""
    return replace(file, broken=file.broken | frozenset(_WORD.findall(text)))


def _imports(file: ast.File) -> list[ast.Import]:
    return [item for item in file.items if isinstance(item, ast.Import)]


def import_path(importer: str, written: ast.Import) -> str:
    """The name of the file that an ``import`` of another file means."""
    return _resolve(importer, written.path.value)


def _resolve(importer: str, written: str) -> str:
    joined = os.path.join(os.path.dirname(importer), written)
    return os.path.normpath(joined).replace(os.sep, "/")


def _declared(file: ast.File) -> set[str]:
    nameless = ast.Abi | ast.Compat | ast.Targets | ast.Import
    return {item.name.text for item in file.items if not isinstance(item, nameless)} | file.broken


def _is_path(written: ast.Import, report: Report) -> bool:
    if written.path.value and "\0" not in written.path.value:
        return True
    report.add(
        catalog.IMPORT_MISSING,
        written.path.span,
        "this is not the path of a file",
        hint='a file is joined by `import "other.abi";`',
    )
    return False


def _read_import(
    target: str, written: ast.Import, read: Reader, report: Report
) -> SourceFile | None:
    trial = Report()
    source = read(target, trial)
    readable = source or trial.sources.get(target)
    if readable is not None and not is_description(readable.text):
        _report_foreign(target, written, report)
        return None
    for found in trial.diagnostics:
        if found.code is catalog.FILE_UNREADABLE:
            report.add(
                catalog.IMPORT_MISSING,
                written.path.span,
                found.message,
                hint="the path is relative to the importing file",
            )
        else:
            here = written.path.span
            notes = (*found.notes, Note("imported here", here)) if found.span else found.notes
            report.add(found.code, found.span or here, found.message, hint=found.hint, notes=notes)
    report.sources.update(trial.sources)
    return source


def _report_foreign(target: str, written: ast.Import, report: Report) -> None:
    report.add(
        catalog.ABI_MISSING,
        written.path.span,
        f"{target} does not start with `abi NAME VERSION;`, so it is no description",
        hint="`import` joins descriptions; what a C header declares is described anew",
    )


def _report_twice(written: ast.Import, target: str, file: ast.File, report: Report) -> None:
    first = next(item for item in _imports(file) if _resolve(file.path, item.path.value) == target)
    report.add(
        catalog.ABI_REPEATED,
        written.path.span,
        f"{target} is imported twice",
        hint="leave one of them out",
        notes=(Note("first here", first.path.span),),
    )
