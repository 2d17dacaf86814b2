"""Sizes and alignments of types on one target."""

from __future__ import annotations

from dataclasses import dataclass

from abilock.layout.target import Target
from abilock.model import scalars

#: Scalars that are as wide as a pointer on every target of the table.
_POINTER_WIDE = frozenset({"isize", "usize", "size_t", "ptrdiff_t"})


@dataclass(frozen=True, slots=True)
class Extent:
    """Size and alignment in bytes. ``required`` is the alignment that ``@align`` asks for, here or in
    something held by value, 1 if nothing does; Microsoft's rules let it win over packing."""

    size: int
    align: int
    required: int = 1


def scalar_extent(name: str, target: Target) -> Extent:
    """Size and alignment of a scalar as a member."""
    if name in _POINTER_WIDE:
        return Extent(target.pointer_size, target.pointer_size)
    if name in ("c_long", "c_ulong"):
        return Extent(target.long_size, target.long_size)
    if name == "wchar_t":
        return Extent(target.wchar_size, target.wchar_size)
    if name in ("f64", "c_double"):
        return Extent(8, target.int64_align)
    if name in ("f32", "c_float"):
        return Extent(4, 4)
    if name == "bool":
        return Extent(1, 1)
    size = scalars.WIDEST_BITS[name] // 8
    return Extent(size, target.int64_align if size == 8 else size)


def is_signed(scalar: str, target: Target) -> bool:
    """Whether an integer scalar has a sign on the target."""
    if scalar == "c_char":
        return target.char_signed
    if scalar == "wchar_t":
        return target.wchar_signed
    return scalar in scalars.SIGNED_SCALARS


def round_up(number: int, multiple: int) -> int:
    """The least multiple that is not below the number."""
    return -(-number // multiple) * multiple
