"""One writer at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report

try:
    import fcntl
except ImportError:  # pragma: no cover  # Windows
    fcntl = None  # type: ignore[assignment]

WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.05


@contextmanager
def exclusive(cache: Path, report: Report, wait: float = WAIT_SECONDS) -> Iterator[bool]:
    """Hold the lock of a project while the block runs. Yields False, after reporting it, if another
    run holds the lock for longer than ``wait`` seconds.

    The lock is one of the operating system, so it ends with the process that holds it.
    """
    try:
        handle = os.open(cache / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        # A folder that cannot hold a lock cannot hold output either; writing will say why.
        yield True
        return
    try:
        held = _acquire(handle, wait)
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


def _acquire(handle: int, wait: float) -> bool:
    if fcntl is None:
        return True
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True
