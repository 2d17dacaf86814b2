"""As much of MessagePack as drasi has in payloads: None, booleans, numbers, text, bytes, lists, objects."""

from __future__ import annotations

import struct
from typing import Any


def pack(value: Any) -> bytes:
    """The bytes of a value."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return struct.pack(">BQ", 0xCF, value) if value >= 0 else struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        data = value.encode()
        return struct.pack(">BI", 0xDB, len(data)) + data
    if isinstance(value, bytes):
        return struct.pack(">BI", 0xC6, len(value)) + value
    if type(value) in (list, tuple):
        return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(pack, value))
    if type(value) in (dict,):
        pairs = (pack(key) + pack(each) for key, each in value.items())
        return struct.pack(">BI", 0xDF, len(value)) + b"".join(pairs)
    raise TypeError(f"MessagePack has nothing for {value!r}")


def unpack(data: bytes) -> Any:
    """The value of bytes.

    Raises:
        ValueError: they are something else.
    """
    try:
        value, end = _unpack(data, 0)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"no MessagePack: {error}") from None
    if end != len(data):
        raise ValueError("there is more than one value")
    return value


_NUMBERS = {
    0xCA: ">f", 0xCB: ">d",
    0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
#: The kind of what follows, and how its length is written.
_SIZED = {
    0xC4: ("bytes", ">B"), 0xC5: ("bytes", ">H"), 0xC6: ("bytes", ">I"),
    0xD9: ("text", ">B"), 0xDA: ("text", ">H"), 0xDB: ("text", ">I"),
    0xDC: ("list", ">H"), 0xDD: ("list", ">I"),
    0xDE: ("object", ">H"), 0xDF: ("object", ">I"),
}  # fmt: skip


def _unpack(data: bytes, at: int) -> tuple[Any, int]:
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if first >= 0xE0:
        return first - 0x100, at
    if first < 0x90:
        return _sized("object", first & 15, data, at)
    if first < 0xA0:
        return _sized("list", first & 15, data, at)
    if first < 0xC0:
        return _sized("text", first & 31, data, at)
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at
    if first in _NUMBERS:
        form = _NUMBERS[first]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    if first in _SIZED:
        kind, form = _SIZED[first]
        (size,) = struct.unpack_from(form, data, at)
        return _sized(kind, size, data, at + struct.calcsize(form))
    raise ValueError(f"0x{first:02x} begins nothing that is known here")


def _sized(kind: str, size: int, data: bytes, at: int) -> tuple[Any, int]:
    if kind in ("text", "bytes"):
        if at + size > len(data):
            raise ValueError("it ends early")
        found = data[at : at + size]
        return (found.decode() if kind == "text" else found), at + size
    values: list[Any] = []
    for _ in range(size * (2 if kind == "object" else 1)):
        value, at = _unpack(data, at)
        values.append(value)
    return (values if kind == "list" else dict(zip(values[::2], values[1::2], strict=True))), at
