"""A few files that are written whole, and all or none: each beside its place first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_NEW_MODE = 0o666


def write_whole(files: Sequence[tuple[Path, str]]) -> None:
    """Write texts, in this order: what names the others comes last, so that whoever dies in between has
    left files that nothing names.

    Raises:
        OSError: one cannot be written; then all are what they were, and new ones are not there.
    """
    staged: list[tuple[str, Path]] = []
    before: list[tuple[Path, bytes | None]] = []
    try:
        for path, text in files:
            # Links lead to what is to be written, and stay.
            target = path.resolve()
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.append((_staged(target, text.encode("utf-8")), target))
        while staged:
            temporary, target = staged[0]
            before.append((target, target.read_bytes() if target.exists() else None))
            os.replace(temporary, target)
            staged.pop(0)
    except BaseException:
        for temporary, _ in staged:
            with suppress(OSError):
                os.unlink(temporary)
        for target, data in reversed(before):
            with suppress(OSError):
                _restore(target, data)
        raise


def _restore(target: Path, data: bytes | None) -> None:
    if data is None:
        target.unlink(missing_ok=True)
    elif target.read_bytes() != data:
        os.replace(_staged(target, data), target)


def _staged(target: Path, data: bytes) -> str:
    """The content in a file beside its place, on the disk."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, _mode(target))
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _mode(target: Path) -> int:
    try:
        return target.stat().st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return _NEW_MODE & ~mask
