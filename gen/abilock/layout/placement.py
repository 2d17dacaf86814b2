"""Where members go: one class per family of rules, fed one member after the other.

Each follows what its compilers do, also where no ABI document says a word:

* System V: gcc and clang outside Windows (Itanium C++ ABI 2.4, the psABI supplements, the AAPCS);
* ms_struct: gcc and clang for ``-windows-gnu``, which read Microsoft's rules for bit-fields only;
* Microsoft: its own compiler and clang for ``-windows-msvc``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from abilock.layout.measure import Extent, round_up
from abilock.layout.target import BitFieldRule, Target

BYTE = 8


class Spot(NamedTuple):
    """Where a member went: its first bit, and the alignment in bytes that it was given."""

    bit: int
    align: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a whole struct or union. ``packed`` and ``align`` in bytes, None without."""

    target: Target
    is_union: bool = False
    packed: int | None = None
    align: int | None = None


class Placer(Protocol):
    """Places the members of one struct or union, in order."""

    def field(self, extent: Extent, asked: int = 1) -> Spot:
        """Place a plain member; ``asked`` is what ``@align`` on it says."""

    def bit_field(self, extent: Extent, width: int, *, named: bool) -> Spot:
        """Place a bit-field of the type that has this extent; width 0 closes the unit."""

    def whole(self) -> Extent:
        """The struct or union after its last member."""


def placer(rules: Rules) -> Placer:
    """A placer that has seen no member yet."""
    if rules.target.is_msvc:
        return _Microsoft(rules)
    if rules.target.bit_fields is BitFieldRule.MICROSOFT:
        return _MsStruct(rules)
    return _SystemV(rules)


class _SystemV:
    """Members at the next multiple of their alignment, bit-fields as close as their types allow."""

    def __init__(self, rules: Rules) -> None:
        self._is_union = rules.is_union
        self._packed = rules.packed
        self._asked = self._align = rules.align or 1
        self._unnamed_align = rules.target.bit_fields is BitFieldRule.AAPCS
        self._end = self._most = 0

    def field(self, extent: Extent, asked: int = 1) -> Spot:
        # `#pragma pack` wins over every wish for more, be it of the member or of its type.
        align = _limited(max(extent.align, asked), self._packed)
        start = 0 if self._is_union else round_up(self._end, align * BYTE)
        self._put(start + extent.size * BYTE, align)
        return Spot(start, align)

    def bit_field(self, extent: Extent, width: int, *, named: bool) -> Spot:
        # Closing the unit is all that a zero-width field is for; packing does not change that.
        align = _limited(extent.align, self._packed) if width else extent.align
        start = 0 if self._is_union else self._end
        step = align * BYTE
        # It must not reach over more units than its type does (System V psABI, "Bit-Fields"). With
        # `#pragma pack` it may: gcc and clang ask whether there is one, not what it limits.
        reaches_over = self._packed is None and start % step + width > extent.size * BYTE
        if width == 0 or reaches_over:
            start = round_up(start, step)
        # One without a name has a say in the alignment of the whole under AAPCS only (AAPCS32 8.1.8,
        # AAPCS64 10.1.8), where even a zero-width one has.
        self._put(start + width, align if named or self._unnamed_align else 1)
        return Spot(start, align)

    def whole(self) -> Extent:
        return Extent(round_up(self._most, self._align * BYTE) // BYTE, self._align, self._asked)

    def _put(self, end: int, align: int) -> None:
        self._end = end
        self._most = max(self._most, end)
        self._align = max(self._align, align)


class _Units:
    """Microsoft's bit-fields: each takes a whole unit of its type, which the next ones share if their
    types have the same size and they still fit (Microsoft C reference, "C Bit Fields")."""

    def __init__(self, rules: Rules) -> None:
        self._is_union = rules.is_union
        self._packed = rules.packed
        self._end = self._most = 0
        self._align = 1
        #: Bits of the open unit, and of those what is free; 0 if the last member was no bit-field.
        self._unit = self._free = 0

    def _add(self, extent: Extent, align: int) -> Spot:
        start = 0 if self._is_union else round_up(self._end, align * BYTE)
        self._unit = self._free = 0
        self._put(start + extent.size * BYTE, align)
        return Spot(start, align)

    def _share(self, unit: int, width: int, align: int) -> Spot:
        if self._unit != unit or self._free < width:
            self._unit = self._free = unit
            self._put(round_up(self._end, align * BYTE) + unit, align)
        start = self._end - self._free
        self._free -= width
        return Spot(start, align)

    def _put(self, end: int, align: int) -> None:
        self._end = end
        self._most = max(self._most, end)
        self._align = max(self._align, align)


class _MsStruct(_Units):
    """Plain members as System V has them; gcc calls the struct ``ms_struct``."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self._asked = self._align = rules.align or 1

    def field(self, extent: Extent, asked: int = 1) -> Spot:
        return self._add(extent, _limited(max(extent.align, asked), self._packed))

    def bit_field(self, extent: Extent, width: int, *, named: bool) -> Spot:
        unit = extent.size * BYTE
        if self._is_union:
            # Each has a unit of its own, and nothing to say about alignment.
            self._put(unit if width else BYTE, 1)
            return Spot(0, 1)
        if width:
            return self._share(unit, width, _limited(extent.size, self._packed))
        return self._close(unit, extent.size)

    def _close(self, unit: int, align: int) -> Spot:
        """A zero-width field; it counts only behind another bit-field, and then packing does not
        reach it."""
        if not self._unit:
            return Spot(self._end, 1)
        used = self._end - self._free if self._unit == unit else self._end
        self._unit = self._free = 0
        self._put(round_up(used, align * BYTE), align)
        return Spot(self._end, align)

    def whole(self) -> Extent:
        return Extent(round_up(self._most, self._align * BYTE) // BYTE, self._align, self._asked)


class _Microsoft(_Units):
    """What ``__declspec(align)`` asks for is required: it stands against ``#pragma pack``, and what
    contains the member requires it as well (Microsoft C++ reference, "align")."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self._asked = rules.align
        self._asked = rules.align
        self._required = rules.align or 1

    def field(self, extent: Extent, asked: int = 1) -> Spot:
        required = max(asked, extent.required)
        self._required = max(self._required, required)
        return self._add(extent, max(_limited(extent.align, self._packed), required))

    def bit_field(self, extent: Extent, width: int, *, named: bool) -> Spot:
        unit = extent.size * BYTE
        align = _limited(extent.align, self._packed)
        if width == 0:
            return self._close(unit, align)
        if self._is_union:
            self._unit = unit
            self._put(unit, 1)
            return Spot(0, 1)
        return self._share(unit, width, align)

    def _close(self, unit: int, align: int) -> Spot:
        """A zero-width field; it counts only behind another bit-field."""
        is_open, self._unit, self._free = self._unit > 0, 0, 0
        if self._is_union:
            self._put(unit if is_open else 0, 1)
            return Spot(0, 1)
        if is_open:
            self._put(round_up(self._end, align * BYTE), align)
        return Spot(self._end, align)

    def whole(self) -> Extent:
        align = max(self._align, self._required)
        # A type that asks for any alignment requires all that it has, once it is a member.
        required = align if self._asked else self._required
        return Extent(round_up(self._most, align * BYTE) // BYTE, align, required)


def _limited(align: int, packed: int | None) -> int:
    return min(align, packed) if packed else align
