"""Which types a declaration mentions, at every depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, assert_never

from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Opaque,
    Vtable,
)
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
    Void,
)

#: One level of a walk: what stands in a declaration or type itself.
Step: TypeAlias = Callable[[Declaration | Type], Iterator[Type]]


def direct_types(part: Declaration | Type) -> Iterator[Type]:
    """The types that stand in a declaration or type itself, and not in those. A function, whatever
    declares it, is mentioned as a pointer to it."""
    match part:
        # What is mentioned most comes first.
        case Void() | Scalar() | Named():
            return
        case Pointer():
            yield part.pointee
        case FunctionPointer():
            yield from (parameter.type for parameter in part.signature.parameters)
            if part.signature.result:
                yield part.signature.result.type
        case Aggregate():
            yield from (field.type for field in part.fields)
        case Vtable():
            for member in part.members:
                yield (
                    member.type if isinstance(member, Field) else FunctionPointer(member.signature)
                )
        case Alias() | EntryStatic():
            yield part.type
        case Callback() | EntryFunction():
            yield FunctionPointer(part.signature)
        case EnumDecl():
            yield Scalar(part.underlying)
        case Array():
            yield part.element
        case Nested():
            yield from direct_types(part.aggregate)
        case Constant() | Opaque():
            return
        case _:
            assert_never(part)


def names_nothing(given: Type) -> bool:
    """Whether a type mentions no declaration and no function: a scalar, or pointers to one."""
    while isinstance(given, Pointer | Array):
        given = given.pointee if isinstance(given, Pointer) else given.element
    return isinstance(given, Scalar | Void)


def mentioned_types(part: Declaration | Type, step: Step = direct_types) -> Iterator[Type]:
    """Every type in the declaration, those inside other types included.

    ``step``: what is looked at, for a language that does not spell everything.
    """
    for type_ in step(part):
        yield type_
        yield from mentioned_types(type_, step)
