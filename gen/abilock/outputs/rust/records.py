"""What Rust can say of each struct, union and vtable: facts, before any text.

Rust has no bit-fields, and a packed type that contains an aligned one is refused (E0587, E0588). Such
a record is stored as bytes behind methods; everything else is a plain ``repr(C)`` type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from abilock.layout.shapes import AggregateLayout, Layout, MemberLayout
from abilock.layout.target import Target
from abilock.model.attributes import Attributes
from abilock.model.decls import (
    Callback,
    EnumDecl,
    EnumKind,
    Library,
    Member,
    Opaque,
    Slot,
    Vtable,
    members_of,
)
from abilock.model.naming import rust_anonymous, rust_name, rust_nested
from abilock.model.scalars import FLOAT_SCALARS
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Scalar,
    Type,
)
from abilock.outputs.rust_declarations import UNSTABLE_CONVENTION, RustTypes

#: Attributes that make someone free what a type holds: a copy would be freed twice.
_FREED = ("owned", "free", "drop", "release", "refcounted")
#: Integer types that a Rust enum can be made of; those of other closed enums differ per target.
_ENUM_REPRS: Mapping[str, str] = {
    "c_int": "C",
    "c_uint": "u32",
    "c_schar": "i8",
    "c_uchar": "u8",
    "c_short": "i16",
    "c_ushort": "u16",
    "c_longlong": "i64",
    "c_ulonglong": "u64",
    "size_t": "usize",
    "ptrdiff_t": "isize",
} | {name: name for name in "i8 i16 i32 i64 isize u8 u16 u32 u64 usize".split()}


@dataclass(frozen=True, slots=True)
class Traits:
    """What holds for values of a type.

    ``copies``: a copy is harmless. ``prints``: it has ``Debug``. ``zero``: all bytes zero is a legal
    value. ``aligned``: it contains a type with ``repr(align)``, which nothing packed may contain.
    ``floats``: it contains a floating-point number, which by value may travel in other registers.
    """

    copies: bool = True
    prints: bool = True
    zero: bool = True
    aligned: bool = False
    floats: bool = False


@dataclass(frozen=True, slots=True)
class RecordMember:
    """A member and the name it has in Rust. ``helper`` names the type of one that is written out."""

    name: str
    member: Member
    helper: str
    traits: Traits


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the description, or a helper type for a nested one, whose ``outer`` is set.

    ``layouts`` has one entry per target; ``placed`` pairs members with a layout's.
    """

    name: str
    declaration: Aggregate | Vtable
    outer: str
    members: tuple[RecordMember, ...]
    layouts: tuple[tuple[Target, AggregateLayout], ...]
    stored: bool
    traits: Traits

    @property
    def is_union(self) -> bool:
        return isinstance(self.declaration, Aggregate) and self.declaration.is_union

    def placed(self, layout: AggregateLayout) -> Iterator[tuple[RecordMember, MemberLayout]]:
        """Members with their places; bits without a name have none in Rust."""
        for member, place in zip(self.members, layout.members, strict=True):
            if member.name:
                yield member, place


def enum_repr(declaration: EnumDecl) -> str | None:
    """The ``repr`` of a Rust enum, or None if it has to be a struct around an integer."""
    if declaration.kind is not EnumKind.CLOSED:
        return None
    return _ENUM_REPRS.get(declaration.underlying)


class Records:
    """The records of a library, nested ones before those that they stand in."""

    def __init__(self, library: Library, layouts: tuple[Layout, ...], types: RustTypes) -> None:
        self._types = types
        self._names = {rust_name(each.name) for each in library.declarations}
        self._declared = {each.name: each for each in library.declarations}
        self._by_declaration: dict[str, tuple[Record, ...]] = {}
        for declaration in library.declarations:
            if isinstance(declaration, Aggregate | Vtable):
                found = [
                    (each.target, shape)
                    for each in layouts
                    if isinstance(shape := each.types[declaration.name], AggregateLayout)
                ]
                records = self._records(declaration, rust_name(declaration.name), "", tuple(found))
                self._by_declaration[declaration.name] = tuple(records)

    def of(self, name: str) -> tuple[Record, ...]:
        """The record of this name, last, after the helpers for what is nested in it."""
        return self._by_declaration[name]

    def __iter__(self) -> Iterator[Record]:
        for records in self._by_declaration.values():
            yield from records

    def field_aligns(self) -> tuple[int, ...]:
        """Alignments that ``@align`` asks for on fields of records that are not bytes."""
        found = {
            member.member.align
            for record in self
            for member in record.members
            if isinstance(member.member, Field) and not record.stored
        }
        return tuple(sorted(each for each in found if each is not None))

    def traits(self, type_: Type) -> Traits:
        """What holds for values of a type that stands in a field."""
        resolved = self._types.resolved(type_)
        match resolved:
            case Scalar(name):
                return Traits(floats=name in FLOAT_SCALARS)
            case Array(element, _):
                return self.traits(element)
            case FunctionPointer(signature, nullable):
                is_address = signature.convention == UNSTABLE_CONVENTION
                return Traits(zero=nullable or self._nullable(type_) or is_address)
            case Named(name):
                return self._named_traits(name, self._nullable(type_))
        return Traits()

    @staticmethod
    def _nullable(type_: Type) -> bool:
        return isinstance(type_, Named) and type_.nullable

    def _named_traits(self, name: str, nullable: bool) -> Traits:
        declaration = self._declared[name]
        if isinstance(declaration, EnumDecl):
            legal = enum_repr(declaration) is None or any(not v.value for v in declaration.values)
            return Traits(zero=legal)
        if isinstance(declaration, Callback):
            return Traits(zero=nullable)
        assert not isinstance(declaration, Opaque), "an opaque type has no values"
        return self._by_declaration[name][-1].traits

    def _records(
        self,
        declaration: Aggregate | Vtable,
        name: str,
        outer: str,
        layouts: tuple[tuple[Target, AggregateLayout], ...],
    ) -> Iterator[Record]:
        members: list[RecordMember] = []
        anonymous = 0
        for at, member in enumerate(members_of(declaration)):
            member_name, helper = self._member_name(member, anonymous), ""
            traits = self._member_traits(member)
            inner = _nested(member)
            if inner is not None:
                anonymous += member.name is None
                helper = self._fresh(rust_nested(f"{bare(name)}.{bare(member_name)}"))
                below = tuple((target, _inner(layout, at)) for target, layout in layouts)
                path = f"{outer or declaration.name}.{bare(member_name)}"
                for record in self._records(inner, helper, path, below):
                    yield record
                    traits = record.traits
            members.append(RecordMember(member_name, member, helper, traits))
        stored = _needs_bytes(declaration, members)
        yield Record(
            name,
            declaration,
            outer,
            tuple(members),
            layouts,
            stored,
            _record_traits(declaration, members, stored, layouts),
        )

    def _member_traits(self, member: Member) -> Traits:
        if isinstance(member, Slot):
            legal = member.optional
            return Traits(zero=legal or member.signature.convention == UNSTABLE_CONVENTION)
        if _nested(member) is not None:
            return Traits()
        traits = self.traits(member.type)
        if member.own or _is_freed(member.attributes):
            return replace(traits, copies=False)
        return traits

    @staticmethod
    def _member_name(member: Member, anonymous: int) -> str:
        if member.name is not None:
            return rust_name(member.name)
        return rust_anonymous(anonymous) if _nested(member) is not None else ""

    def _fresh(self, name: str) -> str:
        while name in self._names:
            name += "_"
        self._names.add(name)
        return name


def bare(name: str) -> str:
    """A Rust name for another to be made of. ex) ``type`` for ``r#type``"""
    return name.removeprefix("r#")


def _is_freed(attributes: Attributes) -> bool:
    return any(attributes.has(name) for name in _FREED)


def _nested(member: Member) -> Aggregate | None:
    """The aggregate that is written out as a member's type, or as its array's element."""
    if isinstance(member, Slot):
        return None
    type_ = member.type
    while isinstance(type_, Array | Pointer):
        type_ = type_.element if isinstance(type_, Array) else type_.pointee
    return type_.aggregate if isinstance(type_, Nested) else None


def _inner(layout: AggregateLayout, at: int) -> AggregateLayout:
    nested = layout.members[at].nested
    assert nested is not None, f"{layout.name}: member {at} has no layout of its own"
    return nested


def _needs_bytes(declaration: Aggregate | Vtable, members: list[RecordMember]) -> bool:
    fields = [each.member for each in members if isinstance(each.member, Field)]
    if any(field.bits is not None for field in fields):
        return True
    if isinstance(declaration, Vtable) or declaration.packed is None:
        return False
    aligned = declaration.align is not None or any(field.align is not None for field in fields)
    return aligned or any(each.traits.aligned for each in members)


def _record_traits(
    declaration: Aggregate | Vtable,
    members: list[RecordMember],
    stored: bool,
    layouts: tuple[tuple[Target, AggregateLayout], ...],
) -> Traits:
    """A vtable is one object's table, so it is not copied; what is freed is not copied either."""
    plain = isinstance(declaration, Aggregate) and not _is_freed(declaration.attributes)
    copies = plain and all(each.traits.copies for each in members)
    union = isinstance(declaration, Aggregate) and declaration.is_union
    packed = isinstance(declaration, Aggregate) and declaration.packed is not None
    prints = not union and all(each.traits.prints for each in members) and (copies or not packed)
    asked = isinstance(declaration, Aggregate) and declaration.align is not None
    asked |= any(isinstance(each.member, Field) and each.member.align for each in members)
    aligned = asked or any(each.traits.aligned for each in members)
    if stored:
        aligned = any(layout.align > 1 for _, layout in layouts)
        prints = True
    zero = all(each.traits.zero for each in members)
    floats = any(each.traits.floats for each in members)
    return Traits(copies, prints, zero, aligned, floats)
