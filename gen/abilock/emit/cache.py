"""The folder beside the configuration for what is never checked in and may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path

CACHE = ".abilock-cache"


def cache_folder(root: Path) -> Path:
    """The cache folder of the project in ``root``, made if need be, hidden from git by an ignore file
    of its own.

    Raises:
        OSError: it cannot be made, or something else has taken its name.
    """
    folder = root / CACHE
    try:
        os.mkdir(folder)
    except FileExistsError:
        if folder.is_symlink() or not folder.is_dir():
            raise
    try:
        with open(folder / ".gitignore", "x", encoding="utf-8", newline="\n") as ignore:
            ignore.write("*\n")
    except FileExistsError:
        pass
    return folder


def write_whole(path: Path, data: bytes) -> None:
    """Put a file of the cache folder in place of an older one, and leave nothing else behind.

    Raises:
        OSError: it cannot be written, and the older one is still there.
    """
    temporary = path.with_name(f"{path.name}.new")
    # What a run that was killed has left; only one run at a time writes here.
    temporary.unlink(missing_ok=True)
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
