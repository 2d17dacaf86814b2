"""The few things that are done to a disk, so that a test can make any of them fail.

Links are never followed at the last step of a path, and only regular files are read: a pipe or a
device would keep a run waiting for ever.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from enum import Enum
from pathlib import Path

from abilock.emit.reading import is_link, read_regular


class Kind(Enum):
    """What stands at a path; the values are what messages say."""

    NOTHING = "nothing"
    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a symbolic link"
    OTHER = "a device, pipe or socket"


class Disk:
    """Every method raises :class:`OSError` where the system refuses, and does nothing in part but
    ``write`` and ``keep``, which make files that nobody knows yet."""

    def kind(self, path: Path) -> Kind:
        """What stands there."""
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return Kind.NOTHING
        if is_link(found):
            return Kind.LINK
        if stat.S_ISDIR(found.st_mode):
            return Kind.FOLDER
        return Kind.FILE if stat.S_ISREG(found.st_mode) else Kind.OTHER

    def names(self, path: Path) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(os.listdir(path))

    def read(self, path: Path) -> bytes:
        """The content of a regular file."""
        return read_regular(path)

    def write(self, path: Path, data: bytes) -> None:
        """Make a new file, and return when it is on the disk."""
        with path.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    def keep(self, path: Path, copy: Path) -> None:
        """Give a file a second name, under which it outlives the first; a copy where there are no
        such names."""
        try:
            os.link(path, copy, follow_symlinks=False)
        except (OSError, NotImplementedError):
            with path.open("rb") as source, copy.open("xb") as target:
                shutil.copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())
            shutil.copystat(path, copy)

    def replace(self, source: Path, target: Path) -> None:
        """Move a file over another, which is one step for whoever reads."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)

    def make_folder(self, path: Path) -> None:
        """Make one folder."""
        os.mkdir(path)

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        os.rmdir(path)

    def sync_folder(self, path: Path) -> None:
        """Wait until the names in a folder are on the disk, where the system can do that."""
        if os.name != "posix":
            return
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError:
            return  # a folder that may be written to but not listed
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT):
                raise
        finally:
            os.close(handle)
