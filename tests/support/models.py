"""Random models: libraries with everything that a layout can consist of.

They are what the checks let pass, and no more: a bit-field fits its type where that is narrowest,
packed items have no aligned fields, aggregates have a member with a name.

What to choose is up to a ``Choose``: hypothesis, which finds small failures, or a plain generator
of random numbers, which makes thousands of models in a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from abilock.model import decls, scalars, types
from abilock.model.types import Aggregate, Doc, Field, Signature
from abilock.model.version import Version

T = TypeVar("T")

#: A number from the first to the last, both included.
Choose = Callable[[int, int], int]

_ALIGNS = (1, 2, 4, 8, 16, 32, 64)
_PACKINGS = (1, 2, 4, 8, 16)
_INTEGERS = sorted(scalars.INTEGER_SCALARS)
_SCALARS = sorted(scalars.SCALARS)
#: Bit-fields like company of their own kind.
_BIT_TYPES = (*_INTEGERS, *["u8", "u16", "u32", "u64", "i32", "i64", "c_long", "bool"] * 2)
_SIGNATURE = Signature((), None)


@st.composite
def libraries(draw: st.DrawFn) -> decls.Library:
    """A library of up to seven declarations that use each other."""
    return _Chooser(lambda first, last: draw(st.integers(first, last))).library("lib")


def sample(count: int, seed: int) -> tuple[decls.Library, ...]:
    """As many libraries; the same seed makes the same ones."""
    chooser = _Chooser(Random(seed).randint)
    return tuple(chooser.library(f"m{at}") for at in range(count))


def library(declared: Sequence[decls.Declaration], name: str = "lib") -> decls.Library:
    """A library of these declarations."""
    return decls.Library(
        name=name,
        version=Version(1, 0, 0),
        source=f"{name}.abi",
        doc=Doc(),
        compat=decls.Compat("exact"),
        targets=(),
        allocators=(),
        declarations=tuple(declared),
    )


class _Chooser:
    """Makes libraries of what it is told to choose."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._declared: list[decls.Declaration] = []

    def library(self, name: str) -> decls.Library:
        self._declared = []
        for at in range(self._choose(0, 6)):
            self._declared.append(self._declaration(f"T{at}"))
        self._declared.append(self._aggregate("Last"))
        return library(self._declared, name)

    def _one_in(self, times: int) -> bool:
        return self._choose(1, times) == times

    def _of(self, given: Sequence[T]) -> T:
        return given[self._choose(0, len(given) - 1)]

    def _declaration(self, name: str) -> decls.Declaration:
        match self._choose(0, 9):
            case 0:
                return decls.Callback(name, _SIGNATURE)
            case 1:
                return decls.Alias(name, self._type())
            case 2:
                return self._enum(name)
            case 3:
                return self._vtable(name)
            case _:
                return self._aggregate(name)

    def _enum(self, name: str) -> decls.EnumDecl:
        kind = self._of(tuple(decls.EnumKind))
        bare = kind is decls.EnumKind.CLOSED and self._one_in(2)
        underlying = "c_int" if bare else self._of(_INTEGERS)
        values = tuple(decls.EnumValue(f"V{at}", at) for at in range(self._choose(1, 3)))
        return decls.EnumDecl(name, kind, underlying, values)

    def _vtable(self, name: str) -> decls.Vtable:
        members: list[decls.Member] = []
        for at in range(self._choose(1, 5)):
            if self._one_in(2):
                optional, drop = self._one_in(4), self._one_in(4)
                members.append(decls.Slot(f"slot{at}", _SIGNATURE, optional=optional, drop=drop))
            else:
                members.append(Field(f"field{at}", self._type()))
        return decls.Vtable(name, tuple(members))

    def _aggregate(self, name: str, depth: int = 0) -> Aggregate:
        """``depth``: inside how many others it is written. Members carry its name, since those of an
        anonymous one belong to the next outside."""
        packed = self._of(_PACKINGS) if self._one_in(4) else None
        has_bits = self._one_in(2)
        fields = [
            self._field(f"{name.lower().replace('.', '_')}_{at}", packed, has_bits, depth)
            for at in range(self._choose(1, 8 if has_bits else 5))
        ]
        if not any(field.name or isinstance(field.type, types.Nested) for field in fields):
            fields.append(Field(f"{name.lower()}_last", types.Scalar(self._of(_SCALARS))))
        align = self._of(_ALIGNS) if self._one_in(8) else None
        return Aggregate(name, self._one_in(5), tuple(fields), packed, align)

    def _field(self, name: str, packed: int | None, has_bits: bool, depth: int) -> Field:
        if has_bits and not self._one_in(4):
            return self._bit_field(name)
        align = self._of(_ALIGNS) if packed is None and self._one_in(8) else None
        if depth < 2 and self._one_in(8):
            nested = types.Nested(self._aggregate(f"{name}_n", depth + 1))
            # gcc has no spelling for the alignment of a member without a name that is not also that
            # of its type.
            return Field(name, nested, align=align) if self._one_in(2) else Field(None, nested)
        return Field(name, self._type(), align=align)

    def _bit_field(self, name: str) -> Field:
        scalar = self._of(_BIT_TYPES)
        if self._one_in(8):
            return Field(None, types.Scalar(scalar), bits=0)
        most = 1 if scalar == "bool" else scalars.NARROWEST_BITS[scalar]
        # Narrow ones meet in one unit, wide ones do not fit.
        bits = self._choose(1, most if self._one_in(2) else min(most, 7))
        return Field(None if self._one_in(7) else name, types.Scalar(scalar), bits=bits)

    def _type(self, depth: int = 0) -> types.Type:
        kind = self._choose(0, 9)
        if kind == 0:
            return types.Pointer(types.Void(), mutable=True)
        if kind == 1:
            return types.FunctionPointer(_SIGNATURE)
        if kind == 2 and depth < 2:
            return types.Array(self._type(depth + 1), self._choose(1, 3))
        if kind < 6 and self._declared:
            return types.Named(self._of(self._declared).name)
        return types.Scalar(self._of(_SCALARS))
