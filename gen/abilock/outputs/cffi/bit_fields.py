"""Packed bit-fields that cffi does not place as compilers do, so that it must not be told of them.

Compilers let a packed bit-field cross the unit of its type. cffi refuses to, or moves the field on.
"""

from __future__ import annotations

from abilock.layout.measure import scalar_extent
from abilock.layout.shapes import AggregateLayout, Layout, MemberLayout
from abilock.layout.target import Target
from abilock.model.decls import Alias, Declaration, EnumDecl, Library
from abilock.model.types import Aggregate, Named, Scalar, Type
from abilock.outputs.spec import Layouts


def can_place_bits(declaration: Declaration, library: Library, layouts: Layouts) -> bool:
    """Whether cffi places the bit-fields of a packed type where the targets have them."""
    if not isinstance(declaration, Aggregate) or declaration.packed is None:
        return True
    return all(_agrees(declaration, library, layout) for layout in layouts)


def _agrees(aggregate: Aggregate, library: Library, layout: Layout) -> bool:
    shape = layout.types[aggregate.name]
    assert isinstance(shape, AggregateLayout)
    for field, member in zip(aggregate.fields, shape.members, strict=True):
        # How far a field of no width moves the next one is the business of each compiler.
        if field.bits == 0:
            return False
        scalar = _scalar(field.type, library) if field.bits is not None else ""
        if scalar and not _fits(scalar, member, aggregate.packed or 0, layout.target):
            return False
    return True


def _fits(scalar: str, member: MemberLayout, packed: int, target: Target) -> bool:
    """Whether a bit-field ends in the unit of its type in which it begins."""
    assert member.bit_offset is not None
    assert member.bit_size is not None
    unit = scalar_extent(scalar, target)
    start = member.bit_offset % (min(packed, unit.align) * 8)
    return start + member.bit_size <= unit.size * 8


def _scalar(type_: Type, library: Library) -> str:
    """The integer behind the type of a bit-field."""
    match type_:
        case Scalar(name=name):
            return name
        case Named(name=name):
            found = library.find(name)
            if isinstance(found, EnumDecl):
                return found.underlying
            if isinstance(found, Alias):
                return _scalar(found.type, library)
    raise ValueError(f"{type_} is not the type of a bit-field")
