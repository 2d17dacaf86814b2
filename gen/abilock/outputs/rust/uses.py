"""What a library uses of the language: of every type that is mentioned, what Rust spells."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.model.decls import Constant, Declaration, EnumDecl, Library
from abilock.model.mentions import direct_types, mentioned_types
from abilock.model.types import Aggregate, FunctionPointer, Nested, Scalar, Type, Void
from abilock.outputs.rust.records import enum_repr
from abilock.outputs.rust_declarations import UNSTABLE_CONVENTION


def used_scalars(library: Library) -> frozenset[str]:
    """Names of scalars, and ``c_void`` for the pointee of ``*mut void``."""
    names = {each.type for each in library.declarations if isinstance(each, Constant)}
    for type_ in _spelled_types(library):
        if isinstance(type_, Scalar):
            names.add(type_.name)
        elif isinstance(type_, Void):
            names.add("c_void")
    return frozenset(names)


def used_conventions(library: Library) -> frozenset[str]:
    """Conventions that decide a type's text; a variadic function always has C's."""
    return frozenset(
        type_.signature.convention
        for type_ in _spelled_types(library)
        if isinstance(type_, FunctionPointer) and not type_.signature.variadic
    )


def _spelled_types(library: Library) -> Iterator[Type]:
    for declaration in library.declarations:
        yield from mentioned_types(declaration, _spelled)


def _spelled(part: Declaration | Type) -> Iterator[Type]:
    match part:
        case Nested(aggregate=Aggregate() as aggregate) | (Aggregate() as aggregate):
            # Bits without a name are bytes that no method reaches.
            named = (each for each in aggregate.fields if each.name or each.bits is None)
            yield from (field.type for field in named)
        case EnumDecl() if enum_repr(part):
            # The enum has a `repr` instead.
            return
        case FunctionPointer(signature=signature) if signature.convention == UNSTABLE_CONVENTION:
            # It is an address, `*const c_void`.
            yield Void()
        case _:
            yield from direct_types(part)
