"""Witnesses in the files of libraries, which are read and never loaded.

The readers are our own, and find exported symbols only. pyelftools, pefile and macholib would be three
dependencies for everybody who installs abilock, of which each knows one format and none tells a damaged
file apart from what a program did wrong; LIEF knows all three, and brings 10 MB of compiled code that is
to be trusted with files from strangers. What a record needs of a format is one table, which does not
change any more, and fits on a page.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from abilock.model.naming import WITNESS_PREFIX
from abilock.witness import elf, macho, pe
from abilock.witness.scan import BrokenFile

_Describe: TypeAlias = Callable[[bytes], tuple[str, int, bool]]
_Exports: TypeAlias = Callable[[bytes, str], Iterator[tuple[str, bytes]]]

_ARCHIVE = b"!<arch>\n"
#: Nobody's library is longer, and all of a file is read.
_LONGEST = 1 << 31


@dataclass(frozen=True, slots=True)
class Image:
    """One library of a file. ``records``: what follows each exported witness, by its symbol.

    ex) ``Image("ELF", "x86_64", 64, False, {"abilock_witness_drasi": b"ABILOCK…"})``
    """

    format: str
    machine: str
    bits: int
    big_endian: bool
    records: dict[str, bytes]


def read_images(path: Path) -> tuple[Image, ...]:
    """The libraries of a file.

    Raises:
        BrokenFile: it is no library, or a damaged one.
        OSError: it cannot be read.
    """
    found = path.stat()
    if found.st_size > _LONGEST:
        raise BrokenFile("it is larger than 2 GiB")
    # Devices may have no end, and others are waited for; a pipe has what somebody writes to it.
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode) or path.is_dir()):
        raise BrokenFile("it is no file but a device or a socket")
    with path.open("rb") as file:
        return images(file.read(_LONGEST))


def images(data: bytes) -> tuple[Image, ...]:
    """The libraries in the bytes of a file.

    Raises:
        BrokenFile: it is no library, or a damaged one.
    """
    return tuple(_images(data))


def _images(data: bytes) -> Iterator[Image]:
    if data[:4] == elf.MAGIC:
        yield _image("ELF", elf.describe, elf.exports, data)
    elif data[:2] == pe.MAGIC:
        yield _image("PE", pe.describe, pe.exports, data)
    elif data[:4] in macho.MAGICS:
        yield _image("Mach-O", macho.describe, macho.exports, data)
    elif data[:4] in macho.FAT_MAGICS:
        for each in macho.slices(data):
            if each[:4] not in macho.MAGICS:
                raise BrokenFile("one of the libraries in it is none of Mach-O")
            yield _image("Mach-O", macho.describe, macho.exports, each)
    else:
        what = "an empty file" if not data else "neither ELF nor PE nor Mach-O"
        if data[: len(_ARCHIVE)] == _ARCHIVE:
            what = "an archive of object files, from which one is linked"
        raise BrokenFile(f"it is no library: {what}")


def _image(name: str, describe: _Describe, exports: _Exports, data: bytes) -> Image:
    machine, bits, big_endian = describe(data)
    return Image(name, machine, bits, big_endian, dict(exports(data, WITNESS_PREFIX)))
