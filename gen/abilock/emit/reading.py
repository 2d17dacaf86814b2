"""Reads files that somebody else may have put in place of ours."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

#: A junction of Windows, which leads elsewhere as a link does.
_JUNCTION = 0xA0000003


def is_link(found: os.stat_result) -> bool:
    """Whether what ``os.lstat`` found leads elsewhere."""
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION


def leads_out(folder: Path | str, root: Path | str) -> bool:
    """Whether ``folder``, links followed, is not below ``root``."""
    # Not `Path.resolve`, which takes a link to itself for an error of the program.
    real, top = Path(os.path.realpath(folder)), Path(os.path.realpath(root))
    return top not in real.parents


def unix_ends(data: bytes) -> bytes:
    """The bytes without what a checkout does to line ends."""
    return data.replace(b"\r\n", b"\n")


def read_regular(path: Path | str) -> bytes:
    """The bytes of a regular file. Never waits on a pipe, never follows a link at the last step."""
    flags = os.O_RDONLY
    for extra in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, extra, 0)
    handle = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(handle)
