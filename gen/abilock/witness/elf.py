"""Exports of ELF libraries: 32 and 64 bits, both byte orders, with or without section headers.

What a system's loader uses is used here: program headers and the dynamic section, which no `strip` takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from abilock.witness.scan import OBJECT_FILE, BrokenFile, Bytes, Segment, mapped, rest

MAGIC = b"\x7fELF"

_RELOCATABLE = 1
_LOAD, _DYNAMIC = 1, 2
_HASH, _STRTAB, _SYMTAB, _GNU_HASH = 4, 5, 6, 0x6FFFFEF5
_MACHINES = {3: "i686", 8: "mips", 20: "powerpc", 21: "powerpc64", 22: "s390x", 40: "armv7",
             62: "x86_64", 183: "aarch64", 243: "riscv64", 258: "loongarch64"}  # fmt: skip
_LOCAL = 0


def describe(data: bytes) -> tuple[str, int, bool]:
    """Machine, bits and whether the first byte is the highest."""
    head = _head(data)
    wide = data[4] == 2
    if head.number(16, 2) == _RELOCATABLE:
        raise BrokenFile(OBJECT_FILE)
    machine = head.number(18, 2)
    return _MACHINES.get(machine, f"machine {machine}"), 64 if wide else 32, head.big_endian


def exports(data: bytes, prefix: str) -> Iterator[tuple[str, bytes]]:
    """The exported names that begin so, each with what the file has from there on."""
    file = _head(data)
    wide = data[4] == 2
    segments, dynamic = _segments(file, wide)
    tags = dict(_tags(file, wide, dynamic))
    if _SYMTAB not in tags or _STRTAB not in tags:
        return
    symbols = mapped(file, segments, tags[_SYMTAB])
    names = mapped(file, segments, tags[_STRTAB])
    size = 24 if wide else 16
    for at in range(_count(file, wide, segments, tags)):
        start = symbols + at * size
        if wide:
            name, info, _, section, value, _ = file.numbers(start, "IBBHQQ")
        else:
            name, value, _, info, _, section = file.numbers(start, "IIIBBH")
        if section == 0 or info >> 4 == _LOCAL:
            continue
        found = file.name(names + name)
        if found.startswith(prefix):
            yield found, rest(file, segments, value)


def _head(data: bytes) -> Bytes:
    if len(data) < 52 or data[4] not in (1, 2) or data[5] not in (1, 2):
        raise BrokenFile("its ELF header is damaged")
    return Bytes(data, big_endian=data[5] == 2)


def _segments(file: Bytes, wide: bool) -> tuple[list[Segment], Segment | None]:
    start = file.number(32 if wide else 28, 8 if wide else 4)
    each, count = file.numbers(54 if wide else 42, "HH")
    found, dynamic = [], None
    for at in range(count):
        place = start + at * each
        if wide:
            kind, _, offset, address, _, size = file.numbers(place, "IIQQQQ")
        else:
            kind, offset, address, _, size = file.numbers(place, "IIIII")
        if kind == _LOAD:
            found.append(Segment(address, offset, size))
        elif kind == _DYNAMIC:
            dynamic = Segment(address, offset, size)
    return found, dynamic


def _tags(file: Bytes, wide: bool, dynamic: Segment | None) -> Iterator[tuple[int, int]]:
    if dynamic is None:
        return
    size = 16 if wide else 8
    for at in range(dynamic.size // size):
        tag, value = file.numbers(dynamic.offset + at * size, "QQ" if wide else "II")
        if tag == 0:
            return
        yield tag, value


def _count(file: Bytes, wide: bool, segments: list[Segment], tags: dict[int, int]) -> int:
    """How many symbols there are, which only the hash tables tell."""
    if _GNU_HASH in tags:
        return _count_hashed(file, wide, mapped(file, segments, tags[_GNU_HASH]))
    if _HASH not in tags:
        return 0
    start = mapped(file, segments, tags[_HASH])
    # The first number, of buckets, is never 0: then it is the upper half of a wider one.
    if wide and file.big_endian and file.number(start, 4) == 0:
        return _plausible(file, file.number(start + 8, 8))
    return _plausible(file, file.number(start + 4, 4))


def _count_hashed(file: Bytes, wide: bool, start: int) -> int:
    buckets, first, blooms, _ = file.numbers(start, "IIII")
    table = start + 16 + blooms * (8 if wide else 4)
    last = max(file.numbers(table, f"{_plausible(file, buckets)}I"), default=0)
    if last < first:
        return _plausible(file, first)
    chains = table + buckets * 4
    while not file.number(chains + (last - first) * 4, 4) & 1:
        last += 1
    return _plausible(file, last + 1)


def _plausible(file: Bytes, count: int) -> int:
    if count > len(file.data):
        raise BrokenFile(f"it says that it has {count} symbols, in {len(file.data)} bytes")
    return count
