"""How two types differ, where an element has one in the old description and one in the new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeVar

from abilock.compat.changes import Change, Kind
from abilock.layout.measure import is_signed, scalar_extent
from abilock.layout.target import TARGETS
from abilock.model.attributes import Attributes
from abilock.model.decls import Alias, Callback, Declaration, Library, Vtable
from abilock.model.scalars import FLOAT_SCALARS, INTEGER_SCALARS
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Parameter,
    Pointer,
    Result,
    Scalar,
    Signature,
    Type,
)

#: Where something of a type is owned or not, and attributes say more of it.
_Use = TypeVar("_Use", Field, Parameter, Result)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both descriptions. ``renamed``: old names of types and the new names of the same; ``symbols``: the
    same of entries and constants. ``met``: what is different between signatures that were compared."""

    old: Library
    new: Library
    renamed: Mapping[str, str]
    symbols: Mapping[str, str] = field(default_factory=dict)
    met: dict[tuple[int, int], tuple[Change, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def new_of(self, name: str) -> Declaration | None:
        """What the type of this old name is now; None if there is none."""
        try:
            return self.new.find(self.renamed.get(name, name))
        except KeyError:
            return None

    def are_bytes(self, given: Type) -> bool:
        """Whether what a type leads to is bytes unless something says that it is text."""
        found = resolved(given, self.new)
        match found:
            case Named():
                return self.new.find(found.name).attributes.has("bytes")
            case Pointer() | Array():
                inner = found.pointee if isinstance(found, Pointer) else found.element
                return resolved(inner, self.new) == Scalar("u8")
            case _:
                return False

    def is_object(self, given: Type) -> bool:
        """Whether a type leads to something with functions to call."""
        found = resolved(given, self.new)
        if not isinstance(found, Pointer):
            return False
        inner = resolved(found.pointee, self.new)
        declared = self.new.find(inner.name) if isinstance(inner, Named) else None
        return isinstance(declared, Vtable) or (
            isinstance(declared, Aggregate) and declared.attributes.has("object")
        )

    def spelled_out(self, before: _Use, after: _Use) -> tuple[_Use, _Use]:
        """What is used, with all that its aliases say of it. Of one that both use it is told where that
        is declared."""
        old, new = before.type, after.type
        if isinstance(old, Named) and isinstance(new, Named) and self._is_alias_of_both(old, new):
            return before, after
        return _with_aliases(before, self.old), _with_aliases(after, self.new)

    def type_kinds(self, old: Type, new: Type) -> Iterator[Kind]:
        """What is different between two types, outermost first; aliases are what they stand for.

        Functions and written-out structs are compared by whoever knows their names: here they are
        equal if both sides have one.
        """
        if isinstance(old, Named) and isinstance(new, Named) and self._is_alias_of_both(old, new):
            # What it stands for is compared once, where it is declared.
            yield from _null(old.nullable, new.nullable)
            return
        before, after = self._written(resolved(old, self.old), resolved(new, self.new))
        if isinstance(before, Pointer) and isinstance(after, Pointer):
            yield from self._pointers(before, after)
        elif isinstance(before, Array) and isinstance(after, Array):
            if before.length != after.length:
                yield Kind.ARRAY_LENGTH_CHANGED
            yield from self.type_kinds(before.element, after.element)
        elif isinstance(before, Scalar) and isinstance(after, Scalar):
            yield from _scalars(before.name, after.name)
        elif isinstance(before, Named) and isinstance(after, Named):
            if self.renamed.get(before.name, before.name) != after.name:
                yield Kind.TYPE_CHANGED
            yield from _null(before.nullable, after.nullable)
        elif isinstance(before, FunctionPointer) and isinstance(after, FunctionPointer):
            yield from _null(before.nullable, after.nullable)
        elif isinstance(before, Nested) and isinstance(after, Nested):
            if before.aggregate.is_union != after.aggregate.is_union:
                yield Kind.TYPE_RETARGETED
        elif self._is_same_record(before, after):
            return
        elif type(before) is not type(after):
            is_value = all(isinstance(each, _VALUES) for each in (before, after))
            yield Kind.VALUE_KIND_CHANGED if is_value else Kind.TYPE_CHANGED

    def _written(self, before: Type, after: Type) -> tuple[Type, Type]:
        """Functions by what they are, where one side has a name for it and the other has not, or where both
        have names for the same."""
        functions = _function(before, self.old), _function(after, self.new)
        one, other = functions
        if one is None or other is None or (one is before and other is after):
            return before, after
        are_named = isinstance(before, Named) and isinstance(after, Named)
        if are_named and not self._is_same_function(one.signature, other.signature):
            return before, after
        return one, other

    def _is_same_function(self, one: Signature, other: Signature) -> bool:
        results = [each.result.type if each.result else None for each in (one, other)]
        return (
            (one.convention, one.variadic) == (other.convention, other.variadic)
            and len(one.parameters) == len(other.parameters)
            and all(
                self.alike(each.type, its.type)
                and (each.own, each.attributes) == (its.own, its.attributes)
                for each, its in zip(one.parameters, other.parameters, strict=True)
            )
            and (results[0] is None) == (results[1] is None)
            and (results[0] is None or results[1] is None or self.alike(results[0], results[1]))
        )

    def _is_same_record(self, before: Type, after: Type) -> bool:
        """Whether one is written out, and the other has a name and is the same in all else."""
        if isinstance(before, Nested) == isinstance(after, Nested):
            return False
        one, other = _record(before, self.old), _record(after, self.new)
        if one is None or other is None or len(one.fields) != len(other.fields):
            return False
        shapes = [
            (each.is_union, each.packed, each.align, each.attributes) for each in (one, other)
        ]
        return shapes[0] == shapes[1] and all(
            (each.name, each.own, each.bits, each.align, each.attributes)
            == (its.name, its.own, its.bits, its.align, its.attributes)
            and self.alike(each.type, its.type)
            for each, its in zip(one.fields, other.fields, strict=True)
        )

    def _is_alias_of_both(self, old: Named, new: Named) -> bool:
        return old.name == new.name and all(
            isinstance(side.find(old.name), Alias) for side in (self.old, self.new)
        )

    def _pointers(self, before: Pointer, after: Pointer) -> Iterator[Kind]:
        yield from _null(before.nullable, after.nullable)
        if before.mutable != after.mutable:
            yield Kind.POINTEE_MADE_MUTABLE if after.mutable else Kind.POINTEE_MADE_CONST
        ends = before.pointee, after.pointee
        if all(isinstance(each, Named) for each in ends) and not any(self.type_kinds(*ends)):
            return
        inner, outer = resolved(before.pointee, self.old), resolved(after.pointee, self.new)
        if isinstance(inner, Pointer) != isinstance(outer, Pointer):
            yield Kind.POINTER_DEPTH_CHANGED
        elif isinstance(inner, Pointer):
            yield from self.type_kinds(inner, outer)
        else:
            kinds = {*self.type_kinds(inner, outer)}
            if kinds == {Kind.ARRAY_LENGTH_CHANGED}:
                yield Kind.ARRAY_LENGTH_CHANGED
            elif kinds:
                yield Kind.POINTEE_CHANGED

    def signatures(self, old: Type, new: Type) -> tuple[Signature, Signature] | None:
        """The functions that two types lead to, written out or through pointers and arrays."""
        if isinstance(old, Named) and isinstance(new, Named) and self._is_alias_of_both(old, new):
            return None
        before, after = self._written(resolved(old, self.old), resolved(new, self.new))
        if isinstance(before, FunctionPointer) and isinstance(after, FunctionPointer):
            return before.signature, after.signature
        if isinstance(before, Pointer) and isinstance(after, Pointer):
            return self.signatures(before.pointee, after.pointee)
        if isinstance(before, Array) and isinstance(after, Array):
            return self.signatures(before.element, after.element)
        return None

    def alike(self, old: Type, new: Type) -> bool:
        """Whether nothing is different between two types but what they point to may hold."""
        return not any(True for _ in self.type_kinds(old, new))


def resolved(given: Type, library: Library) -> Type:
    """What stands behind aliases; ``?`` on the use is kept."""
    nullable = False
    while isinstance(given, Named):
        declared = library.find(given.name)
        if not isinstance(declared, Alias):
            break
        nullable = nullable or given.nullable
        given = declared.type
    if nullable and isinstance(given, Pointer):
        return Pointer(given.pointee, given.mutable, True)
    if nullable and isinstance(given, FunctionPointer):
        return FunctionPointer(given.signature, True)
    if nullable and isinstance(given, Named):
        return Named(given.name, True)
    return given


def _with_aliases(used: _Use, library: Library) -> _Use:
    """With what is said where its aliases are declared, of which its own words come first."""
    given = used.type
    while isinstance(given, Named):
        declared = library.find(given.name)
        if not isinstance(declared, Alias):
            break
        invalid = tuple(each for each in declared.attributes.all if each.name == "invalid")
        said = used.attributes | declared.type_attributes | Attributes(invalid)
        used = replace(used, own=used.own or declared.own, attributes=said)
        given = declared.type
    return used


def _function(given: Type, library: Library) -> FunctionPointer | None:
    """What a function type is, written out."""
    if isinstance(given, FunctionPointer):
        return given
    declared = library.find(given.name) if isinstance(given, Named) else None
    if isinstance(declared, Callback) and isinstance(given, Named):
        return FunctionPointer(declared.signature, given.nullable)
    return None


def _record(given: Type, library: Library) -> Aggregate | None:
    if isinstance(given, Nested):
        return given.aggregate
    declared = library.find(given.name) if isinstance(given, Named) else None
    return declared if isinstance(declared, Aggregate) else None


def _null(before: bool, after: bool) -> Iterator[Kind]:
    if before != after:
        yield Kind.NULL_ALLOWED if after else Kind.NULL_FORBIDDEN


def _scalars(before: str, after: str) -> Iterator[Kind]:
    """At most one: the width, where both that and the sign are different."""
    if before in FLOAT_SCALARS and after in FLOAT_SCALARS:
        if _widths(before) != _widths(after):
            yield Kind.WIDTH_CHANGED
    elif before not in INTEGER_SCALARS or after not in INTEGER_SCALARS:
        if before != after:
            yield Kind.VALUE_KIND_CHANGED
    else:
        widths = [one == other for one, other in zip(_widths(before), _widths(after), strict=True)]
        signs = [one == other for one, other in zip(_signs(before), _signs(after), strict=True)]
        alike = [width and sign for width, sign in zip(widths, signs, strict=True)]
        if all(alike):
            return
        if any(alike):
            yield Kind.TARGET_SCALAR_CHANGED
        else:
            yield Kind.SIGN_CHANGED if all(widths) else Kind.WIDTH_CHANGED


@cache
def _widths(name: str) -> tuple[int, ...]:
    """On every target, in bytes."""
    return tuple(scalar_extent(name, target).size for target in TARGETS)


@cache
def _signs(name: str) -> tuple[bool, ...]:
    return tuple(is_signed(name, target) for target in TARGETS)


#: What holds one value, which another kind of type would read as another one.
_VALUES = (Scalar, Pointer, FunctionPointer)
