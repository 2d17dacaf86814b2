"""Bytes that somebody else wrote: read with care for where they end."""

from __future__ import annotations

import struct
from dataclasses import dataclass


class BrokenFile(Exception):
    """A file that is no library, or one that contradicts itself; the message says what is wrong."""


#: What is said of files that become a library only when they are linked.
OBJECT_FILE = "it is no library: an object file, from which one is linked"


@dataclass(frozen=True, slots=True)
class Bytes:
    """Numbers and names in a file of one byte order.

    Every method raises :class:`BrokenFile` for what is not in the file.
    """

    data: bytes
    big_endian: bool = False

    def part(self, start: int, size: int) -> bytes:
        if start < 0 or size < 0 or start + size > len(self.data):
            raise BrokenFile(
                f"it ends early: {size} bytes at offset {start} of {len(self.data)} are wanted"
            )
        return self.data[start : start + size]

    def number(self, start: int, size: int) -> int:
        return int.from_bytes(self.part(start, size), "big" if self.big_endian else "little")

    def numbers(self, start: int, pattern: str) -> tuple[int, ...]:
        """As ``struct`` has it. ex) ``IIHH``"""
        known = struct.Struct(f"{'>' if self.big_endian else '<'}{pattern}")
        found: tuple[int, ...] = known.unpack(self.part(start, known.size))
        return found

    def name(self, start: int, longest: int = 256) -> str:
        """A name that ends with a NUL, or its beginning; what is no ASCII is replaced."""
        if not 0 <= start <= len(self.data):
            raise BrokenFile(f"a name at offset {start} of {len(self.data)} is wanted")
        return self.data[start : start + longest].partition(b"\0")[0].decode("ascii", "replace")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a file that is mapped: ``size`` bytes at ``offset`` of the file, at ``address``."""

    address: int
    offset: int
    size: int


def mapped(data: Bytes, segments: list[Segment], address: int) -> int:
    """Where in the file the byte of an address is.

    Raises:
        BrokenFile: in none of the segments, or behind the end of the file.
    """
    for segment in segments:
        if segment.address <= address < segment.address + segment.size:
            found = segment.offset + address - segment.address
            if found < len(data.data):
                return found
    raise BrokenFile(f"address {address:#x} is in no part of the file")


def rest(data: Bytes, segments: list[Segment], address: int) -> bytes:
    """What a file has from an address on, to the end of the segment."""
    for segment in segments:
        if segment.address <= address < segment.address + segment.size:
            start = segment.offset + address - segment.address
            return data.data[start : segment.offset + segment.size]
    raise BrokenFile(f"address {address:#x} is in no part of the file")
