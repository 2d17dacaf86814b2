"""What a library uses of the language: a walk over every type that it spells."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.model.decls import (
    Aggregate,
    Alias,
    Callback,
    Constant,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Field,
    Library,
    Signature,
    Vtable,
)
from abilock.model.types import Array, FunctionPointer, Nested, Pointer, Scalar, Type, Void
from abilock.outputs.rust.records import enum_repr
from abilock.outputs.rust_declarations import UNSTABLE_CONVENTION


def used_scalars(library: Library) -> frozenset[str]:
    """Names of scalars, and ``c_void`` for the pointee of ``*mut void``."""
    names = set()
    for type_ in _types(library):
        if isinstance(type_, Scalar):
            names.add(type_.name)
        elif isinstance(type_, Void):
            names.add("c_void")
    for declaration in library.declarations:
        if isinstance(declaration, Constant):
            names.add(declaration.type)
    return frozenset(names)


def used_conventions(library: Library) -> frozenset[str]:
    """Conventions that decide a type's text; a variadic function always has C's."""
    return frozenset(
        signature.convention for signature in _signatures(library) if not signature.variadic
    )


def _types(library: Library) -> Iterator[Type]:
    for declaration in library.declarations:
        match declaration:
            case Alias(type=type_) | EntryStatic(type=type_):
                yield from _inside(type_)
            case EnumDecl(underlying=name):
                if enum_repr(declaration) is None:
                    yield Scalar(name)
            case Aggregate():
                yield from _inside(Nested(declaration))
            case Vtable(members=members):
                for member in members:
                    if isinstance(member, Field):
                        yield from _inside(member.type)
                    else:
                        yield from _of_signature(member.signature)
            case Callback(signature=signature) | EntryFunction(signature=signature):
                yield from _of_signature(signature)


def _inside(type_: Type) -> Iterator[Type]:
    yield type_
    match type_:
        case Pointer(pointee=inner) | Array(element=inner):
            yield from _inside(inner)
        case FunctionPointer(signature=signature):
            yield from _of_signature(signature)
        case Nested(aggregate=aggregate):
            for field in aggregate.fields:
                if field.name is not None or field.bits is None:
                    yield from _inside(field.type)


def _of_signature(signature: Signature) -> Iterator[Type]:
    if signature.convention == UNSTABLE_CONVENTION:
        yield Void()
        return
    for parameter in signature.parameters:
        yield from _inside(parameter.type)
    result = signature.result
    if result is not None and not isinstance(result.type, Void):
        yield from _inside(result.type)


def _signatures(library: Library) -> Iterator[Signature]:
    for declaration in library.declarations:
        if isinstance(declaration, Callback | EntryFunction):
            yield declaration.signature
        elif isinstance(declaration, Vtable):
            yield from (slot.signature for slot in declaration.slots)
    for type_ in _types(library):
        if isinstance(type_, FunctionPointer):
            yield type_.signature
