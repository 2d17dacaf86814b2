"""The log of commands on disk: what has to be run again to have all records back.

A line of text says what the file is and for which schema; then come entries, each with the length of its
body, a checksum, and the body: kind (u8), place in the queue (u64), time (u64), payload, little-endian.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from statevec import Command

HEAD = struct.Struct("<II")
BODY = struct.Struct("<BQQ")


class LogError(Exception):
    """The log is of another schema, damaged before its end, or in use."""


class CommandLog:
    """An open log. What was appended and synced is there after any crash."""

    def __init__(self, path: Path, fingerprints: dict[str, str]) -> None:
        """
        Raises:
            LogError: the file belongs to another schema, or somebody else has it open.
            OSError: the disk refuses.
        """
        self.path = path
        #: The place of the next command in the queue.
        self.next_seq = 1
        self._unsure = False
        self._title = (
            json.dumps({"statevec-log": 1, **fingerprints}, sort_keys=True).encode() + b"\n"
        )
        if not path.exists():
            self._begin()
        self._file: int | None = os.open(path, os.O_RDWR)
        try:
            self._lock()
            self._require_title()
        except BaseException:
            self.close()
            raise
        self._end = len(self._title)

    def _begin(self) -> None:
        """An empty log appears with its title, or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(self.path.name + ".new")
        with open(new, "wb") as file:
            file.write(self._title)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.path)

    @property
    def _open(self) -> int:
        if self._file is None:
            raise LogError(f"{self.path}: the log is closed")
        return self._file

    def _lock(self) -> None:
        """Two who append would overwrite each other's entries. The lock ends with the process."""
        try:
            fcntl.flock(self._open, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LogError(
                f"{self.path}: another engine has this log open: close it first"
            ) from error

    def _require_title(self) -> None:
        found = os.read(self._open, len(self._title))
        if found != self._title:
            raise LogError(f"{self.path}: this is no log of this plugin's schema: {found[:200]!r}")

    def replay(self) -> Iterator[Command]:
        """Every command in order. Then the file ends behind the last whole entry, and can be appended to.

        Raises:
            LogError: an entry that is followed by others is damaged, or entries do not follow each other.
        """
        with open(self.path, "rb") as file:
            data = file.read()
        at = len(self._title)
        while at + HEAD.size <= len(data):
            length, checksum = HEAD.unpack_from(data, at)
            body = data[at + HEAD.size : at + HEAD.size + length]
            whole = len(body) == length >= BODY.size and zlib.crc32(body) == checksum
            if not whole:
                break
            kind, ext_seq, time = BODY.unpack_from(body)
            if ext_seq != self.next_seq:
                raise LogError(
                    f"{self.path}: the entry at byte {at} is command {ext_seq}, and command"
                    f" {self.next_seq} is due: entries are missing or there twice; take it from a backup"
                )
            at += HEAD.size + length
            self.next_seq = ext_seq + 1
            yield Command(kind, ext_seq, time, body[BODY.size :])
        if (next_one := self._whole_after(data, at)) is not None:
            raise LogError(
                f"{self.path}: the entry at byte {at} is damaged, and the one at byte {next_one} is not:"
                " no crash leaves such an end; nothing was cut off, take the log from a backup"
            )
        if at < len(data):
            # Half an entry, as a crash leaves it. Should it have been more, somebody can look at it.
            self.path.with_name(self.path.name + ".cut").write_bytes(data[at:])
            os.ftruncate(self._open, at)
        self._end = at

    def _whole_after(self, data: bytes, at: int) -> int | None:
        """Where a whole entry follows something that is none: so what is there was once more than half
        written. The length of what is damaged may be what is wrong with it, so every place is tried."""
        smallest = HEAD.size + BODY.size
        last = self.next_seq + len(data) // smallest
        for start in range(at + 1, len(data) - smallest + 1):
            length, checksum = HEAD.unpack_from(data, start)
            end = start + HEAD.size + length
            if length < BODY.size or end > len(data):
                continue
            # Before the checksum, which takes time: it is one of those that could come here.
            _, seq, _ = BODY.unpack_from(data, start + HEAD.size)
            if not self.next_seq <= seq <= last:
                continue
            if zlib.crc32(data[start + HEAD.size : end]) == checksum:
                return start
        return None

    def append(self, command: Command) -> None:
        """Add an entry. It is safe from a crash of the machine after the next ``sync``.

        Raises:
            OSError: the disk refuses. The log is as it was.
        """
        if self._unsure:
            raise OSError(
                f"{self.path}: the disk did not take what was written before: open the log anew"
            )
        body = (
            BODY.pack(command.command_kind, command.ext_seq, command.ref_ext_time_us)
            + command.payload
        )
        entry = HEAD.pack(len(body), zlib.crc32(body)) + body
        end = self._end + len(entry)
        try:
            written = os.pwrite(self._open, entry, self._end)
            if written != len(entry):
                raise OSError(f"{self.path}: only {written} of {len(entry)} bytes were written")
        except BaseException:
            # Also if it is Ctrl-C: nothing is left behind the end that a shorter entry would not cover.
            os.ftruncate(self._open, self._end)
            raise
        self._end, self.next_seq = end, command.ext_seq + 1

    def sync(self) -> None:
        """Return when the disk has everything.

        Raises:
            OSError: it has not. What of it is there is not known, so nothing is appended any more.
        """
        try:
            os.fsync(self._open)
        except OSError:
            self._unsure = True
            raise

    def close(self) -> None:
        """End it, once: its number may be that of another file by the second time."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
