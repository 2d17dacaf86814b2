"""Types that must have exactly their size: what stands side by side, or is passed by value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abilock.model.attributes import SEVERAL, Attributes, Word
from abilock.model.decls import Alias, EntryStatic, Library, Member, members_of
from abilock.model.mentions import mentioned_types
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Signature,
    Type,
)


def exact_types(library: Library) -> frozenset[str]:
    """Declared types that have no room to grow: those that are passed by value, and elements of arrays,
    where the place of the next one follows from the size."""
    found: set[str] = set()
    for declaration in library.declarations:
        listed = declaration.attributes.get("list") if isinstance(declaration, Aggregate) else None
        first = listed.arguments[0] if listed is not None else None
        if isinstance(declaration, EntryStatic):
            found |= _by_value(declaration.type, library)
        for member in _fields(members_of(declaration)):
            is_list = isinstance(first, Word) and member.name == first.text
            found |= _elements(member.type, member.attributes, library, is_list)
        for mentioned in mentioned_types(declaration):
            if isinstance(mentioned, Array):
                found |= _by_value(mentioned.element, library)
            elif isinstance(mentioned, FunctionPointer):
                found |= _passed(mentioned.signature, library)
    return frozenset(found)


def _fields(members: Iterable[Member]) -> Iterator[Field]:
    """Fields, those of nested types included."""
    for member in members:
        if isinstance(member, Field):
            yield member
            if isinstance(member.type, Nested):
                yield from _fields(member.type.aggregate.fields)


def _passed(signature: Signature, library: Library) -> set[str]:
    found: set[str] = set()
    parts = [(each.type, each.attributes) for each in signature.parameters]
    if signature.result is not None:
        parts.append((signature.result.type, signature.result.attributes))
    for type_, attributes in parts:
        found |= _by_value(type_, library)
        found |= _elements(type_, attributes, library, False)
    return found


def _elements(given: Type, attributes: Attributes, library: Library, is_list: bool) -> set[str]:
    """What a pointer leads to, if it leads to several."""
    while isinstance(given, Named):
        alias = library.find(given.name)
        if not isinstance(alias, Alias):
            return set()
        given = alias.type
    is_list = is_list or any(attributes.has(name) for name in SEVERAL)
    if not is_list or not isinstance(given, Pointer):
        return set()
    found = _by_value(given.pointee, library)
    if attributes.has("lens"):
        # Each element leads to several of its own.
        found |= _elements(given.pointee, Attributes(), library, True)
    return found


def _by_value(given: Type, library: Library) -> set[str]:
    if not isinstance(given, Named):
        return set()
    found = library.find(given.name)
    return _by_value(found.type, library) if isinstance(found, Alias) else {given.name}
