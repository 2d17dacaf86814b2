"""What stands in the output folder. Links are seen, never followed."""

from __future__ import annotations

import os.path
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.disk import Disk, Kind
from abilock.emit.paths import parents
from abilock.emit.reading import leads_out


@dataclass(frozen=True, slots=True)
class Sight:
    """What stands at a path below the output folder: ``kind``, and ``data`` if it is a file.

    If something on the way is no folder, then that is what was seen, and ``at`` is its path.
    """

    kind: Kind
    at: str
    data: bytes | None = None


class Tree:
    """The output folder.

    Args:
        folder: where it is; it need not exist.
        root: the folder of the configuration, which the output folder must not lead out of.
        name: the output folder relative to ``root``, as messages name it.
    """

    def __init__(self, folder: Path, root: Path, name: str, disk: Disk) -> None:
        self.folder = folder
        self.root = root
        self.name = name
        self.disk = disk

    def place(self, path: str) -> Path:
        """Where a path below the output folder is."""
        return self.folder / path

    def shown(self, path: str) -> str:
        """A path below the output folder as messages name it: relative to the configuration."""
        return f"{self.name}/{path}"

    def is_usable(self, report: Report) -> bool:
        """Whether the output folder is, or can be, a folder of the project; reported if not.

        Raises:
            OSError: it cannot be told.
        """
        real = Path(os.path.realpath(self.folder))
        if leads_out(self.folder, self.root):
            report.add(
                catalog.OUTPUT_ESCAPES,
                None,
                f"{self.name} leads out of the project, to {real.as_posix()}",
                hint="remove the link, or choose another `output`",
            )
            return False
        kind = self.disk.kind(real)
        if kind not in (Kind.FOLDER, Kind.NOTHING):
            report.add(
                catalog.OUTPUT_NOT_OURS,
                None,
                f"{self.name} is {kind.value}, where the output folder should go",
                hint="move or delete it, or choose another `output`",
            )
            return False
        return True

    def look(self, path: str) -> Sight:
        """What stands at ``path``.

        Raises:
            OSError: it cannot be told, or the file cannot be read.
        """
        for folder in parents(path):
            kind = self.disk.kind(self.place(folder))
            if kind is Kind.NOTHING:
                return Sight(kind, path)
            if kind is not Kind.FOLDER:
                return Sight(kind, folder)
        kind = self.disk.kind(self.place(path))
        data = self.disk.read(self.place(path)) if kind is Kind.FILE else None
        return Sight(kind, path, data)

    def holds_only(self, folder: str, paths: Set[str]) -> bool:
        """Whether all that is in a folder is files of ``paths``, and folders of those."""
        for name in self.disk.names(self.place(folder)):
            inner = f"{folder}/{name}"
            kind = self.disk.kind(self.place(inner))
            is_theirs = inner in paths and kind is Kind.FILE
            if not is_theirs and not (kind is Kind.FOLDER and self.holds_only(inner, paths)):
                return False
        return True

    def missing_folders(self, path: str) -> list[str]:
        """The folders on the way to ``path`` that are not there, outermost first."""
        return [
            folder
            for folder in parents(path)
            if self.disk.kind(self.place(folder)) is not Kind.FOLDER
        ]

    def make_folders(self, path: str) -> None:
        """Make what is missing on the way to ``path``."""
        for folder in self.missing_folders(path):
            self.disk.make_folder(self.place(folder))

    def drop_folder(self, folder: str) -> bool:
        """Remove a folder if it is empty; whether it is gone."""
        try:
            self.disk.remove_folder(self.place(folder))
        except OSError:
            return False
        return True

    def drop_empty(self, folder: str) -> None:
        """Remove a folder that holds nothing but empty folders."""
        for name in self.disk.names(self.place(folder)):
            self.drop_empty(f"{folder}/{name}")
        self.disk.remove_folder(self.place(folder))
