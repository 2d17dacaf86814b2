"""What a layout is: sizes, alignments and offsets in bytes, bit-fields in bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from abilock.frozen import frozen
from abilock.layout.target import Target

_BYTE = 8


@frozen
class MemberLayout:
    """One member. A bit-field has ``bit_offset``, counted from the start of the whole struct in the
    order in which the target numbers bits, and ``bit_size``; then ``offset`` and ``size`` are those
    of the bytes that hold it. ``nested`` is the layout of a member whose type is written out.

    ``name`` is empty for anonymous nested members and for padding bits.
    """

    name: str
    offset: int
    size: int
    align: int
    bit_offset: int | None = None
    bit_size: int | None = None
    nested: AggregateLayout | None = None


@frozen
class FlatField:
    """A named leaf or nested member under its dotted name, with offsets from the outermost struct."""

    name: str
    offset: int
    size: int
    bit_offset: int | None = None
    bit_size: int | None = None

    @property
    def extent(self) -> tuple[int, int]:
        """Where it begins and ends, in bits, whatever it is."""
        if self.bit_offset is None or self.bit_size is None:
            return self.offset * _BYTE, (self.offset + self.size) * _BYTE
        return self.bit_offset, self.bit_offset + self.bit_size


@frozen
class Hole:
    """Padding: ``size`` bytes at ``offset``; ``tail`` if nothing follows."""

    offset: int
    size: int
    tail: bool


@frozen
class AggregateLayout:
    """``kind`` is ``struct``, ``union`` or ``vtable``."""

    name: str
    kind: str
    size: int
    align: int
    members: tuple[MemberLayout, ...]

    def flat_fields(self, prefix: str = "", base: int = 0) -> Iterator[FlatField]:
        """Every named member, nested ones expanded under dotted names; ``head`` itself is followed
        by ``head.x``, and the members of an anonymous one belong to the outer struct."""
        for member in self.members:
            name = f"{prefix}{member.name}"
            offset = base + member.offset
            if member.name:
                if member.bit_offset is None:
                    yield FlatField(name, offset, member.size)
                else:
                    bits = base * _BYTE + member.bit_offset
                    yield FlatField(name, offset, member.size, bits, member.bit_size)
            if member.nested is not None:
                inner = f"{name}." if member.name else prefix
                yield from member.nested.flat_fields(inner, offset)

    def holes(self) -> tuple[Hole, ...]:
        """Padding between members and behind the last, not that inside nested ones; whole bytes
        only, and none in a union but its tail."""
        found: list[Hole] = []
        end = 0
        for member in self.members:
            if self.kind != "union" and member.offset > end:
                found.append(Hole(end, member.offset - end, tail=False))
            end = max(end, member.offset + member.size)
        if self.size > end:
            found.append(Hole(end, self.size - end, tail=True))
        return tuple(found)


@frozen
class EnumLayout:
    """``kind`` is ``enum`` or ``flags``."""

    name: str
    kind: str
    size: int
    align: int
    signed: bool
    values: tuple[tuple[str, int], ...]


TypeLayout: TypeAlias = AggregateLayout | EnumLayout


@frozen
class Layout:
    """The layouts of a library on one target, in the library's order."""

    target: Target
    types: Mapping[str, TypeLayout]
