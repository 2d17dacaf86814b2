"""Layouts as the C compiler of each target makes them."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias, assert_never

from abilock.layout.measure import Extent, is_signed, round_up, scalar_extent
from abilock.layout.placement import BYTE, Rules, Spot, placer
from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout, MemberLayout, TypeLayout
from abilock.layout.target import Target
from abilock.model import decls, types
from abilock.model.types import Aggregate, Field

#: Sizes stop growing here, far above what `limits` lets pass; else arrays of arrays of arrays would
#: make numbers that fill the memory.
ENDLESS = 1 << 80


#: Vtables by their names and by how large their members are.
Tables: TypeAlias = MutableMapping[tuple[object, ...], tuple[AggregateLayout, Extent]]


def lay_out(library: decls.Library, target: Target, tables: Tables | None = None) -> Layout:
    """The layout of every struct, union, vtable and enum of the library on the target.

    Guarantee: every size, alignment, offset and width is a number; an aggregate's ``members`` stand
    as they are declared, one for one.

    ``tables`` may be kept from one target of the library to the next.
    """
    return Layout(target, Measure(library, target, tables).layouts)


def lay_out_all(library: decls.Library, targets: Iterable[Target]) -> tuple[Layout, ...]:
    """The layouts on several targets, in their order; those of one data model share the work."""
    shared: dict[Target, Layout] = {}
    tables: Tables = {}
    found: list[Layout] = []
    for target in targets:
        model = data_model(target)
        if model not in shared:
            shared[model] = lay_out(library, target, tables)
        found.append(Layout(target, shared[model].types))
    return tuple(found)


def data_model(target: Target) -> Target:
    """The target without what changes no number: its name, and the byte order, as bits are counted
    in the order in which the target has them."""
    return replace(target, triple="-msvc" if target.is_msvc else "", big_endian=False)


class Measure:
    """Sizes, alignments and layouts on one target.

    The library is laid out in its dependency order, so that what is held by value is known first.
    ``layouts``: every struct, union, vtable and enum, by name, in that order.
    """

    def __init__(
        self, library: decls.Library, target: Target, tables: Tables | None = None
    ) -> None:
        self.target = target
        self.layouts: dict[str, TypeLayout] = {}
        self._tables = {} if tables is None else tables
        #: Everything that has a name and can stand by value.
        self._named: dict[str, Extent] = {}
        self._scalars: dict[str, Extent] = {}
        self._pointer = Extent(target.pointer_size, target.pointer_size)
        for declaration in library.declarations:
            extent = self._declared(declaration)
            if extent is not None:
                self._named[declaration.name] = extent

    def extent(self, given: types.Type) -> Extent:
        """Size and alignment of a type as a member.

        Raises:
            KeyError: the type has none, as ``void`` and opaque types.
        """
        match given:
            case types.Scalar():
                return self._scalar(given.name)
            case types.Pointer() | types.FunctionPointer():
                return self._pointer
            case types.Named():
                return self._named[given.name]
            case types.Array():
                element = self.extent(given.element)
                return replace(element, size=min(element.size * given.length, ENDLESS))
            case types.Nested():
                return self._aggregate(given.aggregate)[1]
            case types.Void():
                raise KeyError("void")
            case _:
                assert_never(given)

    def is_signed(self, scalar: str) -> bool:
        """Whether an integer scalar has negative values."""
        return is_signed(scalar, self.target)

    def _scalar(self, name: str) -> Extent:
        if name not in self._scalars:
            self._scalars[name] = scalar_extent(name, self.target)
        return self._scalars[name]

    def _declared(self, declaration: decls.Declaration) -> Extent | None:
        name = declaration.name
        match declaration:
            case Aggregate():
                self.layouts[name], extent = self._aggregate(declaration)
            case decls.Vtable():
                self.layouts[name], extent = self._table(declaration)
            case decls.EnumDecl():
                extent = self._scalar(declaration.underlying)
                self.layouts[name] = self._enum(declaration, extent)
            case decls.Callback():
                extent = self._pointer
            case decls.Alias():
                extent = self.extent(declaration.type)
            case _:
                return None
        return extent

    def _table(self, table: decls.Vtable) -> tuple[AggregateLayout, Extent]:
        fields = [member for member in table.members if isinstance(member, Field)]
        placed = partial(self._place, table.name, "vtable", table.members, Rules(self.target))
        if not all(map(self._is_plain, fields)):
            return placed()
        # All compilers put such members at the next multiple of their alignment.
        key = table.name, self._pointer, *(self.extent(field.type) for field in fields)
        if key not in self._tables:
            self._tables[key] = placed()
        return self._tables[key]

    def _is_plain(self, field: Field) -> bool:
        """Whether its size and alignment are all that counts."""
        if field.bits is not None or field.align or isinstance(field.type, types.Nested):
            return False
        return self.extent(field.type).required == 1

    def _enum(self, enum: decls.EnumDecl, extent: Extent) -> EnumLayout:
        return EnumLayout(
            enum.name,
            "flags" if enum.kind is decls.EnumKind.FLAGS else "enum",
            extent.size,
            extent.align,
            self.is_signed(enum.underlying),
            tuple((value.name, value.value) for value in enum.values),
        )

    def _aggregate(self, aggregate: Aggregate) -> tuple[AggregateLayout, Extent]:
        kind = "union" if aggregate.is_union else "struct"
        rules = Rules(self.target, aggregate.is_union, aggregate.packed, aggregate.align)
        return self._place(aggregate.name, kind, aggregate.fields, rules)

    def _place(
        self, name: str, kind: str, members: Iterable[decls.Member], rules: Rules
    ) -> tuple[AggregateLayout, Extent]:
        place = placer(rules)
        placed: list[MemberLayout] = []
        for member in members:
            if isinstance(member, decls.Slot):
                spot = place.field(self._pointer)
                placed.append(
                    MemberLayout(member.name, spot.bit // BYTE, self._pointer.size, spot.align)
                )
                continue
            nested = None
            if isinstance(member.type, types.Nested):
                nested, extent = self._aggregate(member.type.aggregate)
            else:
                extent = self.extent(member.type)
            shown = member.name or ""
            if member.bits is not None:
                spot = place.bit_field(extent, member.bits, named=member.name is not None)
                placed.append(_bit_member(shown, spot, member.bits))
            else:
                spot = place.field(extent, member.align or 1)
                placed.append(
                    MemberLayout(shown, spot.bit // BYTE, extent.size, spot.align, nested=nested)
                )
        whole = place.whole()
        whole = replace(whole, size=min(whole.size, ENDLESS))
        return AggregateLayout(name, kind, whole.size, whole.align, tuple(placed)), whole


def _bit_member(name: str, spot: Spot, width: int) -> MemberLayout:
    """A bit-field, with the bytes that hold it."""
    first = spot.bit // BYTE
    size = round_up(spot.bit + width, BYTE) // BYTE - first
    return MemberLayout(name, first, size, spot.align, spot.bit, width)
