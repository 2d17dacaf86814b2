"""Everything that a run makes, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file: its path below the output folder, the output that made it, its content."""

    path: str
    output: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class FileSet:
    """Files by path; adding a path twice is reported, also if only letter case differs, since some
    file systems cannot hold both."""

    _files: dict[str, MadeFile] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, output: str, text: str, report: Report) -> None:
        """Put ``text`` at ``path``, a relative path with forward slashes."""
        first = self._folded.setdefault(path.casefold(), path)
        if first != path or path in self._files:
            report.add(
                catalog.OUTPUT_DUPLICATE,
                None,
                f"two outputs would be written to {path}"
                + (f" and {first}, which some systems take for one" if first != path else ""),
                hint="rename one of the ABIs",
            )
            return
        self._files[path] = MadeFile(path, output, text.encode("utf-8"))

    def __iter__(self) -> Iterator[MadeFile]:
        return iter(sorted(self._files.values(), key=lambda made: made.path))

    def get(self, path: str) -> MadeFile | None:
        return self._files.get(path)
