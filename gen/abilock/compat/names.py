"""Names that attributes mention, where what they name is called something else now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from abilock.compat.enums import renamed_values
from abilock.compat.types import Sides
from abilock.model.attributes import Attributes, Word
from abilock.model.decls import Alias, EnumDecl
from abilock.model.types import Named, Pointer, Type

#: Attributes that name an enum, of whose values others speak.
_OF_ENUMS = ("errors", "as")


def new_names(
    sides: Sides, local: Mapping[str, str], attributes: Attributes, given: Type | None
) -> Mapping[str, str]:
    """Old names and the new ones of the same: types, constants, values of the enums that an element deals
    with, and what is ``local`` to where the attributes stand: its members or parameters.

    ``attributes``, ``given``: of the element in the old description; its type, or what it returns.
    """
    values: dict[str, str] = {}
    for name in _enums(sides, attributes, given):
        before, after = sides.old.find(name), sides.new_of(name)
        if isinstance(before, EnumDecl) and isinstance(after, EnumDecl):
            values |= renamed_values(sides, before, after)
    return {**_allocators(sides), **sides.renamed, **sides.symbols, **values, **local}


def _allocators(sides: Sides) -> Mapping[str, str]:
    """Allocators that are called something else, and work with the same functions."""
    former = {each.name for each in sides.old.allocators}
    present = {each.name for each in sides.new.allocators}
    if former == present:
        return {}
    return {
        before.name: after.name
        for before in sides.old.allocators
        for after in sides.new.allocators
        if before.name not in present
        and after.name not in former
        and before.schemes == after.schemes
    }


def _enums(sides: Sides, attributes: Attributes, given: Type | None) -> Iterator[str]:
    for name in _OF_ENUMS:
        attribute = attributes.get(name)
        if attribute is not None:
            yield from (each.text for each in attribute.arguments if isinstance(each, Word))
    while given is not None:
        match given:
            case Pointer():
                given = given.pointee
            case Named():
                declared = sides.old.find(given.name)
                if isinstance(declared, EnumDecl):
                    yield declared.name
                given = declared.type if isinstance(declared, Alias) else None
            case _:
                given = None
