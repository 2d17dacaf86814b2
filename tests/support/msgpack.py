"""As much of MessagePack as payloads of drasi have."""

from __future__ import annotations

import struct
from typing import Any


def packed(value: Any) -> bytes:
    """Maps with names, lists, texts, whole numbers, truth and null."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xcf" + value.to_bytes(8, "big") if value >= 0 else struct.pack(">Bq", 0xD3, value)
    if isinstance(value, str):
        text = value.encode()
        return b"\xdb" + len(text).to_bytes(4, "big") + text
    if isinstance(value, list):
        return b"\xdd" + len(value).to_bytes(4, "big") + b"".join(map(packed, value))
    parts = b"".join(packed(each) for pair in value.items() for each in pair)
    return b"\xdf" + len(value).to_bytes(4, "big") + parts


_NUMBERS = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_PLAIN = {0xC0: None, 0xC2: False, 0xC3: True}


def unpacked(data: bytes) -> Any:
    value, end = _value(data, 0)
    assert end == len(data)
    return value


def _value(data: bytes, at: int) -> tuple[Any, int]:
    kind = data[at]
    at += 1
    if kind < 0x80:
        return kind, at
    if kind >= 0xE0:
        return kind - 0x100, at
    if kind in _PLAIN:
        return _PLAIN[kind], at
    if kind in _NUMBERS:
        form = _NUMBERS[kind]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    if kind < 0xC0:
        fixed = {0x80: "map", 0x90: "list", 0xA0: "text", 0xB0: "text"}[kind & 0xF0]
        return _several(data, at, fixed, kind & (0x1F if fixed == "text" else 0x0F))
    shape, width = {
        0xC4: ("bytes", 1),
        0xC5: ("bytes", 2),
        0xC6: ("bytes", 4),
        0xD9: ("text", 1),
        0xDA: ("text", 2),
        0xDB: ("text", 4),
        0xDC: ("list", 2),
        0xDD: ("list", 4),
        0xDE: ("map", 2),
        0xDF: ("map", 4),
    }[kind]
    return _several(data, at + width, shape, int.from_bytes(data[at : at + width], "big"))


def _several(data: bytes, at: int, shape: str, count: int) -> tuple[Any, int]:
    if shape in ("text", "bytes"):
        found = data[at : at + count]
        return found.decode() if shape == "text" else found, at + count
    values = []
    for _ in range(count * (2 if shape == "map" else 1)):
        value, at = _value(data, at)
        values.append(value)
    if shape == "list":
        return values, at
    return dict(zip(values[::2], values[1::2], strict=True)), at
