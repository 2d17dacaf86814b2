"""The record that a witness is: bytes to rows, as ``docs/witness.md`` specifies it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from abilock.model.version import Version

MAGIC = b"ABILOCK\0"
FORMAT = 1
#: More is no record, whatever it says.
_LONGEST = 1 << 26
_HEAD = 40
_UNKNOWN = 0xFFFFFFFF
#: Rows that belong to the declaration before them.
_INNER = ("field", "slot", "value")


class DamagedRecord(Exception):
    """Bytes that are no record; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A row: what a compiler saw, and what the description said. ``size`` and ``offset`` are None where
    no compiler was asked.

    ex) ``Proof("slot", "id_fn", "SourceVtable", "fn(self: const) -> FfiStr", 8, 16, …)``
    """

    kind: str
    name: str
    owner: str
    text: str
    size: int | None
    offset: int | None
    form: int
    contract: int


@dataclass(frozen=True, slots=True)
class Record:
    """``target`` is a triple, or nothing where the compiler's was none of the ABI's."""

    abi: str
    version: Version
    target: str
    pointer_size: int
    big_endian: bool
    size: int
    rows: tuple[Proof, ...]


def read_record(data: bytes) -> Record:
    """The record at the beginning of the bytes.

    Raises:
        DamagedRecord: it is none, or one of a format that is not known.
    """
    if data[:8] != MAGIC or len(data) < _HEAD:
        raise DamagedRecord("it does not begin as one")
    big_endian = data[8:12] == FORMAT.to_bytes(4, "big")
    order = ">" if big_endian else "<"
    numbers = struct.unpack_from(f"{order}8I", data, 8)
    version, size, pointer, count, rows, text, length, _ = numbers
    if version != FORMAT:
        raise DamagedRecord(f"it is of format {version}, and {FORMAT} is what is known")
    if pointer not in (4, 8):
        raise DamagedRecord(f"its pointers have {pointer} bytes")
    if size > _LONGEST or size > len(data):
        raise DamagedRecord(f"it says that it has {size} bytes, and {len(data)} are there")
    if rows < _HEAD or rows + count * 16 > size or text < _HEAD or text + length > size:
        raise DamagedRecord(f"its {count} rows and {length} bytes of text do not fit into {size}")
    try:
        lines = [line for line in data[text : text + length].decode("utf-8").split("\0") if line]
    except UnicodeDecodeError as error:
        raise DamagedRecord("its text is no UTF-8") from error
    if len(lines) != count + 2:
        raise DamagedRecord(f"it has {count} rows, and text for {len(lines) - 2}")
    abi, named, target = _about(lines)
    every = struct.iter_unpack(f"{order}4I", data[rows : rows + count * 16])
    owner = ""
    found = []
    for line, row in zip(lines[2:], every, strict=True):
        kind, _, more = line.partition(" ")
        name, _, said = more.partition(" ")
        if not name:
            raise DamagedRecord("a row has no name")
        if kind not in _INNER:
            owner = name
        elif not owner:
            raise DamagedRecord("its first row belongs to nothing")
        inside = owner if kind in _INNER else ""
        found.append(
            Proof(kind, name, inside, said, _known(row[0]), _known(row[1]), row[2], row[3])
        )
    return Record(abi, named, target, pointer, big_endian, size, tuple(found))


def _about(lines: list[str]) -> tuple[str, Version, str]:
    words = lines[0].split(" ")
    if len(words) != 3 or words[0] != "abi" or not lines[1].startswith("target "):
        raise DamagedRecord("it does not say of which ABI it is")
    version = Version.parse(words[2])
    if version is None:
        raise DamagedRecord("it does not say of which version it is")
    return words[1], version, lines[1].removeprefix("target ").strip()


def _known(number: int) -> int | None:
    return None if number == _UNKNOWN else number
