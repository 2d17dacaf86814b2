"""What git's merges leave in files: conflict markers, with the lines of both sides between them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from abilock.conflicts import IN_BYTES
from abilock.emit.cache import CACHE, cache_folder
from abilock.emit.reading import unix_ends

#: Where files go that a merge has left, and that may hold what somebody has written into them since.
ASIDE = f"{CACHE}/merged"


def is_in_conflict(data: bytes) -> bool:
    """Whether a file has a conflict as git writes it, with the common base between the sides or
    without: all of its lines, in their order."""
    awaited = [IN_BYTES.ours, IN_BYTES.between, IN_BYTES.theirs]
    for line in unix_ends(data).split(b"\n"):
        if awaited and awaited[0].fullmatch(line):
            awaited.pop(0)
    return not awaited


def lines_of_all_sides(data: bytes) -> list[bytes]:
    """The lines of a file without the markers. Those of both sides are left, and of the base."""
    lines = unix_ends(data).split(b"\n")
    return [line for line in lines if not any(marker.fullmatch(line) for marker in IN_BYTES)]


def put_aside(root: Path, files: Mapping[str, bytes]) -> None:
    """Keep copies of files that are about to be written anew, by their paths.

    Raises:
        OSError: one cannot be kept.
    """
    if not files:
        return
    folder = cache_folder(root) / os.path.basename(ASIDE)
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
