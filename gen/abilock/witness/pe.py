"""Exports of PE libraries, 32 and 64 bits: the export table, by which Windows finds them too."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.witness.scan import BrokenFile, Bytes, Segment, mapped, rest

MAGIC = b"MZ"

_MACHINES = {0x14C: "i686", 0x8664: "x86_64", 0xAA64: "aarch64", 0x1C4: "armv7"}
_PE32, _PE32_PLUS = 0x10B, 0x20B


def describe(data: bytes) -> tuple[str, int, bool]:
    """Machine, bits and whether the first byte is the highest."""
    file, start = _head(data)
    machine = file.number(start + 4, 2)
    wide = file.number(start + 24, 2) == _PE32_PLUS
    return _MACHINES.get(machine, f"machine {machine:#x}"), 64 if wide else 32, False


def exports(data: bytes, prefix: str) -> Iterator[tuple[str, bytes]]:
    """The exported names that begin so, each with what the file has from there on."""
    file, start = _head(data)
    sections, optional_size = file.number(start + 6, 2), file.number(start + 20, 2)
    optional = start + 24
    kind = file.number(optional, 2)
    if kind not in (_PE32, _PE32_PLUS):
        raise BrokenFile(f"its optional header is of the unknown kind {kind:#x}")
    directories = optional + (112 if kind == _PE32_PLUS else 96)
    if file.number(directories - 4, 4) == 0:
        return
    table = file.number(directories, 4)
    if table == 0:
        return
    segments = list(_sections(file, optional + optional_size, sections))
    place = mapped(file, segments, table)
    functions, names, addresses, labels, ordinals = file.numbers(place + 20, "5I")
    if names == 0:
        return
    addresses, labels, ordinals = (
        mapped(file, segments, each) for each in (addresses, labels, ordinals)
    )
    for at in range(names):
        label = file.number(labels + at * 4, 4)
        name = file.name(mapped(file, segments, label))
        # 32-bit compilers decorate what no definition file renames.
        plain = name.removeprefix("_")
        if not plain.startswith(prefix):
            continue
        ordinal = file.number(ordinals + at * 2, 2)
        if ordinal >= functions:
            raise BrokenFile(f"`{plain}` has the number {ordinal} of {functions} exports")
        yield plain, rest(file, segments, file.number(addresses + ordinal * 4, 4))


def _head(data: bytes) -> tuple[Bytes, int]:
    file = Bytes(data)
    start = file.number(0x3C, 4)
    if file.part(start, 4) != b"PE\0\0":
        raise BrokenFile("it begins as a program of DOS and is none of Windows")
    return file, start


def _sections(file: Bytes, start: int, count: int) -> Iterator[Segment]:
    for at in range(count):
        size, address, raw_size, raw = file.numbers(start + at * 40 + 8, "IIII")
        # What a section has beyond its bytes in the file is zero.
        yield Segment(address, raw, min(size, raw_size) if size else raw_size)
