"""The few things that the writer does to a disk, so that a test can make any of them fail."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Disk:
    """Files and folders. Every method raises :class:`OSError` where the system refuses."""

    def read(self, path: Path) -> bytes | None:
        """The content of a file, None if nothing is there."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: Path, data: bytes) -> None:
        """Make a new file, and return when it is on the disk."""
        with path.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    def replace(self, source: Path, target: Path) -> None:
        """Move a file over another, which is one step for whoever reads."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)

    def remove_folder_if_empty(self, path: Path) -> bool:
        """Whether the folder was empty and is gone."""
        try:
            path.rmdir()
        except OSError:
            return False
        return True

    def remove_tree(self, path: Path) -> None:
        shutil.rmtree(path)
