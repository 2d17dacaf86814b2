"""The layout of one described type, in a form that tests can write down."""

from __future__ import annotations

from typing import TypeAlias

from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import find_target
from support.library import library_of

#: The offset of a member in bytes; offset and width of a bit-field in bits.
Where: TypeAlias = int | tuple[int, int]


def numbers(text: str, triple: str, name: str = "S") -> tuple[int, int, dict[str, Where]]:
    """Size, alignment and the places of the named members.

    ex) ``struct S { a: u8, b: u16 }`` is ``(4, 2, {"a": 0, "b": 2})``
    """
    found = lay_out(library_of(text), find_target(triple)).types[name]
    assert isinstance(found, AggregateLayout)
    places: dict[str, Where] = {}
    for field in found.flat_fields():
        if field.bit_offset is None or field.bit_size is None:
            places[field.name] = field.offset
        else:
            places[field.name] = (field.bit_offset, field.bit_size)
    return found.size, found.align, places
