"""Which types a declaration mentions, at every depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from abilock.model.decls import (
    Aggregate,
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Field,
    Opaque,
    Vtable,
)
from abilock.model.types import Array, FunctionPointer, Named, Nested, Pointer, Scalar, Type, Void


def mentioned_types(declaration: Declaration) -> Iterator[Type]:
    """Every type in the declaration, those inside other types included."""
    match declaration:
        case Aggregate():
            for field in declaration.fields:
                yield from _inside(field.type)
        case Vtable():
            for member in declaration.members:
                if isinstance(member, Field):
                    yield from _inside(member.type)
                else:
                    yield from _inside(FunctionPointer(member.signature))
        case Alias() | EntryStatic():
            yield from _inside(declaration.type)
        case Callback() | EntryFunction():
            yield from _inside(FunctionPointer(declaration.signature))
        case EnumDecl():
            yield Scalar(declaration.underlying)
        case Constant() | Opaque():
            return
        case _:
            assert_never(declaration)


def _inside(type_: Type) -> Iterator[Type]:
    yield type_
    match type_:
        case Void() | Scalar() | Named():
            return
        case Pointer():
            yield from _inside(type_.pointee)
        case Array():
            yield from _inside(type_.element)
        case FunctionPointer():
            for parameter in type_.signature.parameters:
                yield from _inside(parameter.type)
            if type_.signature.result:
                yield from _inside(type_.signature.result.type)
        case Nested():
            for field in type_.aggregate.fields:
                yield from _inside(field.type)
        case _:
            assert_never(type_)
