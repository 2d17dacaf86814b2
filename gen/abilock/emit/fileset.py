"""Everything that a run makes, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.paths import fold, page_problem, parents


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file: its path below the output folder, the output that made it, its content.

    ex) ``MadeFile("drasi/include/drasi.h", "header", b"#ifndef …")``
    """

    path: str
    output: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


class FileSet:
    """Files by path. What is in it can be written below one folder of any system: every path is
    portable, and no two need one name, also where letter case makes no difference."""

    def __init__(self) -> None:
        self._files: dict[str, MadeFile] = {}
        #: Every name that is taken, as a system without letter case sees it: the first path that
        #: needs it, how that path writes it, and whether as a folder.
        self._taken: dict[str, tuple[str, str, bool]] = {}

    def add(self, path: str, output: str, text: str, report: Report) -> None:
        """Put ``text`` at ``path``, a relative path with forward slashes, or report why not."""
        problem = page_problem(path)
        if problem:
            report.add(
                catalog.OUTPUT_ESCAPES,
                None,
                f"{output} cannot make the file {path!a}: {problem}",
                hint="rename the ABI",
            )
            return
        clash = self._clash(path)
        if clash:
            report.add(
                catalog.OUTPUT_DUPLICATE,
                None,
                clash,
                hint="rename one of the ABIs, or of the types",
            )
            return
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError as error:
            report.add(
                catalog.RENDER_FAILED,
                None,
                f"{path} has no UTF-8 form: {error.reason}",
                hint="look for a lone surrogate, such as `\\u{d800}`, in the description",
            )
            return
        for folder in parents(path):
            self._taken.setdefault(fold(folder), (path, folder, True))
        self._taken[fold(path)] = (path, path, False)
        self._files[path] = MadeFile(path, output, data)

    def _clash(self, path: str) -> str | None:
        """What keeps ``path`` from standing beside the others."""
        if path in self._files:
            return f"two outputs would be written to {path}"
        for name, is_folder in ((path, False), *((folder, True) for folder in parents(path))):
            found = self._taken.get(fold(name))
            if found is None:
                continue
            other, spelling, other_is_folder = found
            if other_is_folder != is_folder:
                return f"{path} and {other} need one name for a file and for a folder"
            if spelling != name:
                return (
                    f"two outputs would be written to {path} and {other}, which some systems mix up"
                )
        return None

    def __iter__(self) -> Iterator[MadeFile]:
        return iter(sorted(self._files.values(), key=lambda made: made.path))

    def get(self, path: str) -> MadeFile | None:
        return self._files.get(path)
