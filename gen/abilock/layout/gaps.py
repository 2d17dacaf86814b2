"""What no field of a record uses, to the bit: holes between fields, and padding behind the last.

Types that are written out inside a record are taken apart, as in ``AggregateLayout.flat_fields``; what
is unused inside a type with a name is that type's business. Unnamed bit-fields hold nothing, so their
bits are unused. Of a union, that is unused which none of its members uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.layout.placement import BYTE
from abilock.layout.shapes import AggregateLayout, MemberLayout


@dataclass(frozen=True, slots=True)
class Gap:
    """``bits`` unused bits from bit ``start`` of the record on, counted as bit-fields are."""

    start: int
    bits: int

    @property
    def is_bytes(self) -> bool:
        """Whether it begins and ends with a byte, so that bytes are what to count it in."""
        return self.start % BYTE == 0 and self.bits % BYTE == 0


@dataclass(frozen=True, slots=True)
class Gaps:
    """``holes`` in the order of their offsets; ``padding`` reaches to the end of the record."""

    holes: tuple[Gap, ...]
    padding: Gap | None

    @property
    def bits(self) -> int:
        """How many bits are unused altogether."""
        return sum(gap.bits for gap in (*self.holes, *((self.padding,) if self.padding else ())))


def find_gaps(shape: AggregateLayout) -> Gaps:
    """Everything of a record that no field uses.

    ex) ``struct { a: u8, b: u32 : 3, c: u64 }`` has a hole of 53 bits behind ``b``
    """
    holes: list[Gap] = []
    end = 0
    for start, stop in sorted(_used(shape, 0)):
        if start > end:
            holes.append(Gap(end, start - end))
        end = max(end, stop)
    size = shape.size * BYTE
    return Gaps(tuple(holes), Gap(end, size - end) if size > end else None)


def bit_range(member: MemberLayout) -> tuple[int, int]:
    """The first bit of a member and the one behind its last, from the start of what it stands in."""
    if member.bit_offset is None or member.bit_size is None:
        return member.offset * BYTE, (member.offset + member.size) * BYTE
    return member.bit_offset, member.bit_offset + member.bit_size


def _used(shape: AggregateLayout, base: int) -> Iterator[tuple[int, int]]:
    for member in shape.members:
        start, stop = bit_range(member)
        if member.nested is not None:
            yield from _used(member.nested, base + start)
        elif stop > start and (member.name or member.bit_size is None):
            yield base + start, base + stop


# --- in words

_MANY = 64


def amount(bits: int) -> str:
    """ex) ``5 bits``, ``1 byte``, ``3 bytes and 5 bits``"""
    whole, rest = divmod(bits, BYTE)
    parts = [_count(whole, "byte")] if whole or not rest else []
    return " and ".join([*parts, *([_count(rest, "bit")] if rest else [])])


def gap_amount(gap: Gap) -> str:
    """In bytes where it consists of bytes, else in bits. ex) ``3 bytes``, ``29 bits``"""
    return amount(gap.bits) if gap.is_bytes else _in_bits(gap.bits)


def gaps_text(gaps: Gaps) -> Sequence[str]:
    """What is unused, in a few words each.

    ex) ``("2 holes of 7 bytes", "1 bit hole of 5 bits", "29 bits of padding")``
    """
    found = []
    whole = [gap.bits for gap in gaps.holes if gap.is_bytes]
    if whole:
        found.append(f"{_count(len(whole), 'hole')} of {amount(sum(whole))}")
    partial = [gap.bits for gap in gaps.holes if not gap.is_bytes]
    if partial:
        found.append(f"{_count(len(partial), 'bit hole')} of {_in_bits(sum(partial))}")
    if gaps.padding is not None:
        found.append(f"{gap_amount(gaps.padding)} of padding")
    return found


def _in_bits(bits: int) -> str:
    """Nobody reads a hundred bits as such. ex) ``29 bits``, ``12 bytes and 5 bits``"""
    return _count(bits, "bit") if bits < _MANY else amount(bits)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
