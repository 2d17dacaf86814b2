"""Texts that outlive the run that made them, by key, in the cache folder.

One file, one line per text, new ones at its end; each line tells by a checksum whether it is whole.
What is missing, damaged or unreadable was never there, and what cannot be written is not kept, so that
no run depends on it. As with everything in the cache folder, whoever can write it is trusted.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

from abilock.emit.cache import CACHE, cache_folder, write_whole
from abilock.emit.reading import read_regular

#: What the formatter and the judge said, which is the most of it.
_FILE = "formatted.jsonl"
#: The checksum of a line and the blank behind it.
_TOTAL = 9
#: Bytes of the file, many times what the Python of a large project takes.
LIMIT = 64 * 1024 * 1024


class Memory:
    """The texts of the project in ``root``; new ones are on the disk after :meth:`save`.

    ``file``: where, in the cache folder.
    """

    def __init__(self, root: Path, file: str = _FILE) -> None:
        self._root = root
        self._file = file
        self._lines = _read(root / CACHE / file)
        self._used: dict[str, bytes] = {}
        self._new: list[bytes] = []

    def get(self, key: str, /) -> str | None:
        """The text, or None."""
        line = self._used.get(key) or self._lines.get(key.encode())
        text = _text(line) if line is not None else None
        if line is not None and text is not None:
            self._used[key] = line
        return text

    def __setitem__(self, key: str, text: str, /) -> None:
        line = _line(key, text)
        self._used[key] = line
        self._new.append(line)

    def save(self) -> None:
        """Add what is new to the file. One that has grown too large keeps what this run has used."""
        if not self._new:
            return
        try:
            path = cache_folder(self._root) / self._file
            if _append(path, b"".join(self._new)) > LIMIT:
                _replace(path, self._used.values())
        except OSError:
            return
        self._new.clear()


def _read(path: Path) -> dict[bytes, bytes]:
    try:
        if os.lstat(path).st_size > LIMIT:
            return {}
        return _by_key(read_regular(path))
    except OSError:
        return {}


def _by_key(data: bytes) -> dict[bytes, bytes]:
    """The lines, whole or not; of several with one key the last, which is the newest."""
    return {line[_TOTAL : line.find(b" ", _TOTAL)]: line for line in data.split(b"\n")}


def _append(path: Path, data: bytes) -> int:
    """Add to the file in one step, so that lines of two processes do not mix, and return its size."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    for extra in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, extra, 0)
    handle = os.open(path, flags, 0o666)
    try:
        os.write(handle, data)
        return os.fstat(handle).st_size
    finally:
        os.close(handle)


def _replace(path: Path, lines: Iterable[bytes]) -> None:
    write_whole(path, b"".join(line.rstrip(b"\n") + b"\n" for line in lines))


def _line(key: str, text: str) -> bytes:
    body = f"{key} {json.dumps(text)}".encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _text(line: bytes) -> str | None:
    """The text of a line, if it is as it was written."""
    total, _, body = line.rstrip(b"\n").partition(b" ")
    if total != b"%08x" % zlib.crc32(body):
        return None
    return str(json.loads(body.partition(b" ")[2]))
