"""The rows of one record on one target: members, holes, padding, and where cache lines begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from abilock.layout.gaps import Gap, amount, bit_range, gap_amount
from abilock.layout.placement import BYTE
from abilock.layout.shapes import AggregateLayout, MemberLayout
from abilock.model import decls, types
from abilock.model.text import signature_text, slot_words, type_text
from abilock.model.types import Aggregate, Field

CACHE_LINE = 64
_LINE = CACHE_LINE * BYTE
_INDENT = "    "
#: A slot whose signature is longer shows its first parameter and its result.
_LONGEST = 80


class Kind(Enum):
    """What a row tells of."""

    MEMBER = auto()
    #: A bit-field without a name, which holds nothing.
    FILLER = auto()
    HOLE = auto()
    PADDING = auto()
    CACHE_LINE = auto()

    @property
    def is_member(self) -> bool:
        return self in (Kind.MEMBER, Kind.FILLER)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. ``detail`` is what only holds on one target, behind ``text``.

    ex) ``Row(Kind.HOLE, "4:3", ":5", "-- hole", ", 5 bits")``
    """

    kind: Kind
    offset: str
    size: str
    text: str
    detail: str = ""
    slot: str = ""


def rows_of(declaration: Aggregate | decls.Vtable, shape: AggregateLayout) -> tuple[Row, ...]:
    """What stands where, from the first byte to the last."""
    return tuple(_Walk().record(declaration, shape))


class _Walk:
    """From the first byte on; remembers which cache line it was last in."""

    def __init__(self) -> None:
        self._reached = 0
        self._slots = 0

    def record(
        self, declaration: Aggregate | decls.Vtable, shape: AggregateLayout
    ) -> Iterator[Row]:
        yield from self._members(decls.members_of(declaration), shape, 0, "", in_order=True)
        # A line that begins behind the last byte is somebody else's.
        yield from self._cache_lines(shape.size * BYTE, (shape.size * BYTE - 1) // _LINE, "")

    def _members(
        self,
        written: Sequence[decls.Member],
        shape: AggregateLayout,
        base: int,
        indent: str,
        *,
        in_order: bool,
    ) -> Iterator[Row]:
        """``in_order``: each row is behind the one before, which those inside a union are not."""
        in_order = in_order and shape.kind != "union"
        end = 0
        for member, placed in zip(written, shape.members, strict=True):
            start, stop = bit_range(placed)
            if shape.kind != "union" and start > end:
                gap = Gap(base + end, start - end)
                yield from self._gap(Kind.HOLE, gap, indent, in_order=in_order)
            if in_order:
                yield from self._reach(base + start, indent)
            yield self._member(member, placed, base, indent)
            if placed.nested is not None and isinstance(member, Field):
                assert isinstance(member.type, types.Nested)
                inner = member.type.aggregate.fields
                yield from self._members(
                    inner, placed.nested, base + start, indent + _INDENT, in_order=in_order
                )
            end = max(end, stop)
        if shape.size * BYTE > end:
            gap = Gap(base + end, shape.size * BYTE - end)
            yield from self._gap(Kind.PADDING, gap, indent, in_order=in_order)

    def _gap(self, kind: Kind, gap: Gap, indent: str, *, in_order: bool) -> Iterator[Row]:
        if in_order:
            yield from self._reach(gap.start, indent)
        size = str(gap.bits // BYTE) if gap.is_bytes else f":{gap.bits}"
        text = f"{indent}-- {'hole' if kind is Kind.HOLE else 'padding'}"
        offset = str(gap.start // BYTE) if gap.is_bytes else _bit_text(gap.start)
        yield Row(kind, offset, size, text, f", {gap_amount(gap)}")

    def _member(self, member: decls.Member, placed: MemberLayout, base: int, indent: str) -> Row:
        row = Row(
            Kind.MEMBER,
            str(base // BYTE + placed.offset),
            str(placed.size),
            f"{indent}{_member_text(member)}",
        )
        if isinstance(member, decls.Slot):
            self._slots += 1
            return replace(row, slot=str(self._slots - 1))
        if placed.bit_offset is None:
            return row
        return replace(
            row,
            kind=Kind.MEMBER if placed.name else Kind.FILLER,
            offset=_bit_text(base + placed.bit_offset),
            size=f":{placed.bit_size}",
        )

    def _reach(self, bit: int, indent: str) -> Iterator[Row]:
        yield from self._cache_lines(bit, bit // _LINE, indent)

    def _cache_lines(self, bit: int, line: int, indent: str) -> Iterator[Row]:
        """Those that begin behind the last row, up to this one."""
        if line <= self._reached:
            return
        first, self._reached = self._reached + 1, line
        ago = bit - line * _LINE
        was = f" was {amount(ago)} ago" if ago else ""
        if first == line:
            text, detail, offset = "-- cache line", f" {line}{was}", str(first * CACHE_LINE)
        else:
            text = "-- cache lines"
            detail = f" {first} to {line}{f', the last{was}' if was else ''}"
            offset = f"{first * CACHE_LINE}-{line * CACHE_LINE}"
        yield Row(Kind.CACHE_LINE, offset, "", f"{indent}{text}", detail)


def _bit_text(bit: int) -> str:
    """ex) ``8:3``, the fourth bit of byte 8"""
    return f"{bit // BYTE}:{bit % BYTE}"


def _member_text(member: decls.Member) -> str:
    if isinstance(member, decls.Slot):
        return _slot_text(member)
    own = "own " if member.own else ""
    bits = "" if member.bits is None else f" : {member.bits}"
    return f"{member.name or '_'}: {own}{type_text(member.type)}{bits}"


def _slot_text(slot: decls.Slot) -> str:
    """ex) ``optional fn put(self: mut, key: u32)``, or ``fn put(self: mut, …) -> FfiResult``"""
    whole = f"{slot_words(slot)} {signature_text(slot.signature, slot.name)}".lstrip()
    if len(whole) <= _LONGEST:
        return whole
    first = slot.signature.parameters[:1] if slot.receiver is not None else ()
    short = signature_text(replace(slot.signature, parameters=first, variadic=True), slot.name)
    return f"{slot_words(slot)} {short.replace('...)', '…)', 1)}".lstrip()
