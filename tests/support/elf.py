"""The sections of an ELF object file: how tests read what a compiler wrote, on any machine."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Object:
    """An object file. ``sections``: the bytes of each by its name."""

    big_endian: bool
    sections: Mapping[str, bytes]

    def words(self, section: str) -> tuple[int, ...]:
        """The unsigned 64-bit integers that a section consists of."""
        held = self.sections[section]
        return struct.unpack(f"{'>' if self.big_endian else '<'}{len(held) // 8}Q", held)


def read_object(content: bytes) -> Object:
    """The object file in ``content``, of 32 or 64 bits and either byte order (gABI, chapter 4)."""
    assert content[:4] == b"\x7fELF", "no ELF object"
    is_wide, big_endian = content[4] == 2, content[5] == 2
    order = ">" if big_endian else "<"
    start = struct.unpack_from(f"{order}{'Q' if is_wide else 'I'}", content, 40 if is_wide else 32)[
        0
    ]
    entry_size, count, names_at = struct.unpack_from(f"{order}3H", content, 58 if is_wide else 46)
    entry = struct.Struct(f"{order}{'IIQQQQ' if is_wide else 'IIIIII'}")
    headers = [entry.unpack_from(content, start + at * entry_size) for at in range(count)]
    names = content[headers[names_at][4] :]
    sections: dict[str, bytes] = {}
    for name, _, _, _, offset, size in headers:
        text = names[name : names.index(b"\0", name)].decode("ascii")
        sections[text] = content[offset : offset + size]
    return Object(big_endian, sections)
