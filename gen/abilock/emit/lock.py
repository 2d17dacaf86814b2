"""One writer at a time. The lock is one of the operating system: it ends with whoever holds it.

Where folders can be locked, that of the configuration is, and nothing is left behind; elsewhere a
file in the cache folder stands in.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.cache import cache_folder

WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.05
#: What the systems answer where somebody else holds the lock.
_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})


@contextmanager
def exclusive(
    root: Path,
    report: Report,
    *,
    wait: float = WAIT_SECONDS,
    leave_no_trace: bool = False,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[bool]:
    """Hold the lock of the project in ``root`` while the block runs. Yields False, after reporting
    it, if another run holds the lock for longer than ``wait`` seconds.

    ``waiting`` is called once if it has to wait. With ``leave_no_trace`` no file is made for the
    lock. Where nothing can be locked, as on a network drive without a lock service, the block runs
    all the same.
    """
    until = time.monotonic() + wait
    for open_handle in (_open_folder,) if leave_no_trace else (_open_folder, _open_file):
        try:
            handle = open_handle(root)
        except OSError:
            continue
        try:
            held = _acquire(handle, until, waiting)
        except OSError:
            # Not held by somebody else: this cannot be locked at all.
            os.close(handle)
            continue
        try:
            if not held:
                report.add(
                    catalog.OUTPUT_BUSY,
                    None,
                    f"another abilock has been writing here for more than {wait:.0f} seconds",
                    hint="wait for it and run the command again",
                )
            yield held
        finally:
            os.close(handle)
        return
    yield True


def _open_folder(root: Path) -> int:
    if sys.platform == "win32":
        raise OSError(errno.EISDIR, "folders cannot be locked")
    return os.open(root, os.O_RDONLY)


def _open_file(root: Path) -> int:
    no_follow = getattr(os, "O_NOFOLLOW", 0)
    return os.open(cache_folder(root) / "lock", os.O_RDWR | os.O_CREAT | no_follow, 0o666)


def _acquire(handle: int, until: float, waiting: Callable[[], None]) -> bool:
    if _try(handle):
        return True
    waiting()
    while not _try(handle):
        if time.monotonic() >= until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _try(handle: int) -> bool:
    """Whether the lock could be had at once.

    Raises:
        OSError: this cannot be locked.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True
