"""Exports of Mach-O libraries: 32 and 64 bits, both byte orders, alone or several in one file.

Apple's loader finds them in the export trie; where there is none, they are in the symbol table. In both,
names of C begin with an underscore.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from abilock.witness.scan import OBJECT_FILE, BrokenFile, Bytes, Segment, rest

#: Of one library, by byte order, and of several in one file.
MAGICS = (b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf")
FAT_MAGICS = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")

_MACHINES = {7: "i686", 0x01000007: "x86_64", 12: "armv7", 0x0100000C: "aarch64",
             18: "powerpc", 0x01000012: "powerpc64"}  # fmt: skip
_OBJECT = 1
_SEGMENT, _SYMTAB, _SEGMENT_64 = 0x1, 0x2, 0x19
_DYLD_INFO, _DYLD_INFO_ONLY, _EXPORTS_TRIE = 0x22, 0x80000022, 0x80000033
#: Java's classes begin with the same four bytes, and then with a version that is higher.
_MOST_SLICES = 40
_EXTERNAL, _KIND, _IN_SECTION = 0x01, 0x0E, 0x0E
_REEXPORT = 0x08
_DEEPEST = 512


def slices(data: bytes) -> Iterator[bytes]:
    """The libraries of a file that has several.

    Raises:
        BrokenFile: it has none, or one that is not in it.
    """
    file = Bytes(data, big_endian=True)
    count = file.number(4, 4)
    if not 0 < count <= _MOST_SLICES:
        raise BrokenFile(
            f"it begins as several libraries in one file, and says that it has {count}"
        )
    wide = data[:4] == FAT_MAGICS[1]
    for at in range(count):
        if wide:
            _, _, offset, size, _, _ = file.numbers(8 + at * 32, "IIQQII")
        else:
            _, _, offset, size, _ = file.numbers(8 + at * 20, "IIIII")
        yield file.part(offset, size)


def describe(data: bytes) -> tuple[str, int, bool]:
    """Machine, bits and whether the first byte is the highest."""
    file = _head(data)
    machine, _, kind = file.numbers(4, "III")
    if kind == _OBJECT:
        raise BrokenFile(OBJECT_FILE)
    wide = _is_wide(data)
    return _MACHINES.get(machine, f"machine {machine:#x}"), 64 if wide else 32, file.big_endian


def exports(data: bytes, prefix: str) -> Iterator[tuple[str, bytes]]:
    """The exported names that begin so, each with what the file has from there on."""
    image = _read(data)
    wanted = f"_{prefix}"
    found = dict(image.symbols(wanted)) | dict(image.exported(wanted))
    for name, address in found.items():
        yield name[1:], rest(image.file, image.segments, address)


@dataclass(slots=True)
class _Image:
    """What the load commands say. ``trie`` and ``table``: where they are, and how large."""

    file: Bytes
    wide: bool
    segments: list[Segment] = field(default_factory=list)
    base: int = 0
    trie: tuple[int, int] = (0, 0)
    table: tuple[int, int, int] = (0, 0, 0)

    def symbols(self, prefix: str) -> Iterator[tuple[str, int]]:
        start, count, names = self.table
        size = 16 if self.wide else 12
        for at in range(count):
            place = start + at * size
            name, kind, _, _, value = self.file.numbers(place, "IBBHQ" if self.wide else "IBBHI")
            if not kind & _EXTERNAL or kind & _KIND != _IN_SECTION:
                continue
            text = self.file.name(names + name)
            if text.startswith(prefix):
                yield text, value

    def exported(self, prefix: str) -> Iterator[tuple[str, int]]:
        """A walk of the trie into what may begin so, and nowhere twice."""
        start, size = self.trie
        if size == 0:
            return
        trie = Bytes(self.file.part(start, size))
        seen: set[int] = set()
        waiting = [("", 0)]
        while waiting:
            name, node = waiting.pop()
            if node in seen or len(name) > _DEEPEST:
                raise BrokenFile("its export trie leads back into itself")
            seen.add(node)
            length, at = _uleb(trie, node)
            if length and name.startswith(prefix):
                flags, place = _uleb(trie, at)
                if not flags & _REEXPORT:
                    yield name, self.base + _uleb(trie, place)[0]
            at += length
            children = trie.number(at, 1)
            at += 1
            for _ in range(children):
                label = trie.name(at)
                child, at = _uleb(trie, at + len(label) + 1)
                longer = name + label
                if longer.startswith(prefix) or prefix.startswith(longer):
                    waiting.append((longer, child))


def _uleb(data: Bytes, at: int) -> tuple[int, int]:
    """A number of as many bytes as it needs, and where it ends."""
    value = shift = 0
    while True:
        byte = data.number(at, 1)
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise BrokenFile("its export trie has a number that is too large")


def _is_wide(data: bytes) -> bool:
    return data[:4] in (MAGICS[1], MAGICS[3])


def _head(data: bytes) -> Bytes:
    return Bytes(data, big_endian=data[:4] in MAGICS[2:])


def _read(data: bytes) -> _Image:
    file, wide = _head(data), _is_wide(data)
    image = _Image(file, wide)
    count = file.number(16, 4)
    at = 32 if wide else 28
    for _ in range(count):
        command, size = file.numbers(at, "II")
        if size < 8:
            raise BrokenFile(f"a load command at offset {at} has {size} bytes")
        _command(image, command, at)
        at += size
    return image


def _command(image: _Image, command: int, at: int) -> None:
    file = image.file
    if command == _SEGMENT_64:
        address, _, offset, size = file.numbers(at + 24, "QQQQ")
    elif command == _SEGMENT:
        address, _, offset, size = file.numbers(at + 24, "IIII")
    elif command == _SYMTAB:
        start, count, names, _ = file.numbers(at + 8, "IIII")
        image.table = (start, count, names)
        return
    elif command in (_DYLD_INFO, _DYLD_INFO_ONLY):
        offset, size = file.numbers(at + 40, "II")
        image.trie = (offset, size)
        return
    elif command == _EXPORTS_TRIE:
        offset, size = file.numbers(at + 8, "II")
        image.trie = (offset, size)
        return
    else:
        return
    image.segments.append(Segment(address, offset, size))
    if offset == 0 and size:
        image.base = address
