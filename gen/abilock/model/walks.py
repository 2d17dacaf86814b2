"""Walks over declarations: what they say, what is used where, and who hands over what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from abilock.model.attributes import Attributes
from abilock.model.decls import Alias, Callback, Declaration, EntryFunction, Vtable, members_of
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Nested,
    Pointer,
    Signature,
    Type,
)


def signatures(declared: Declaration) -> Iterator[Signature]:
    """The signatures of what a declaration has by name."""
    if isinstance(declared, Vtable):
        yield from (slot.signature for slot in declared.slots)
    elif isinstance(declared, (Callback, EntryFunction)):
        yield declared.signature


def said(declarations: Sequence[Declaration]) -> Iterator[Attributes]:
    """The attributes of every declaration, member, parameter and result."""
    for declared in declarations:
        yield declared.attributes
        if isinstance(declared, Alias):
            yield declared.type_attributes
        yield from (each.attributes for each in members_of(declared))
        for signature in signatures(declared):
            yield from (each.attributes for each in signature.parameters)
            if signature.result is not None:
                yield signature.result.attributes


def uses(declarations: Sequence[Declaration]) -> Iterator[tuple[Type, bool]]:
    """What fields, parameters and results are, and whether they are owned."""
    for declared in declarations:
        if isinstance(declared, Aggregate):
            yield from ((field.type, field.own) for field in declared.fields)
        if isinstance(declared, Vtable):
            for member in declared.members:
                if isinstance(member, Field):
                    yield member.type, member.own
                else:
                    yield from _signature_uses(member.signature)
        if isinstance(declared, (Callback, EntryFunction)):
            yield from _signature_uses(declared.signature)


def handed_over(
    declarations: Sequence[Declaration],
) -> Iterator[tuple[Type, bool, Attributes]]:
    """What may change hands, with its attributes; of what is written, what is there then."""
    for declared in declarations:
        for member in members_of(declared):
            if isinstance(member, Field):
                yield member.type, member.own, member.attributes
        for signature in signatures(declared):
            yield from _owned_uses(signature)


def places(declarations: Sequence[Declaration]) -> Iterator[tuple[str, Type]]:
    """Every type that something has, with the path to it."""
    for declared in declarations:
        path = declared.name
        match declared:
            case Aggregate():
                for index, field in enumerate(declared.fields):
                    yield from _inside(f"{path}_{field.name or index}", field.type)
            case Vtable():
                for member in declared.members:
                    inner = f"{path}_{member.name}"
                    if isinstance(member, Field):
                        yield from _inside(inner, member.type)
                    else:
                        yield from _of_signature(inner, member.signature)
            case Callback() | EntryFunction():
                yield from _of_signature(path, declared.signature)
            case Alias():
                yield from _inside(path, declared.type)
            case _:
                continue


def _owned_uses(signature: Signature) -> Iterator[tuple[Type, bool, Attributes]]:
    for each in signature.parameters:
        if each.receiver:
            continue
        is_out = each.attributes.has("out") and isinstance(each.type, Pointer)
        type_ = each.type.pointee if is_out and isinstance(each.type, Pointer) else each.type
        yield type_, each.own, each.attributes
    if signature.result is not None:
        yield signature.result.type, signature.result.own, signature.result.attributes


def _inside(path: str, type_: Type) -> Iterator[tuple[str, Type]]:
    yield path, type_
    match type_:
        case Pointer(pointee=inner):
            yield from _inside(path, inner)
        case Array(element=inner):
            yield from _inside(path, inner)
        case FunctionPointer():
            yield from _of_signature(path, type_.signature)
        case Nested():
            for index, field in enumerate(type_.aggregate.fields):
                yield from _inside(f"{path}_{field.name or index}", field.type)
        case _:
            return


def _of_signature(path: str, signature: Signature) -> Iterator[tuple[str, Type]]:
    for index, each in enumerate(signature.parameters):
        yield from _inside(f"{path}_{each.name or index}", each.type)
    if signature.result is not None:
        yield from _inside(f"{path}_result", signature.result.type)


def _signature_uses(signature: Signature) -> Iterator[tuple[Type, bool]]:
    yield from ((each.type, each.own) for each in signature.parameters)
    if signature.result is not None:
        yield signature.result.type, signature.result.own


def given(declarations: Iterable[Declaration]) -> Iterator[tuple[Type, Attributes]]:
    """What fields and parameters are, at every depth of function types, with what is said of them."""
    for declared in declarations:
        for member in members_of(declared):
            if isinstance(member, Field):
                yield from _given(member.type, member.attributes)
        for signature in signatures(declared):
            yield from _taken(signature)


def _given(type_: Type, attributes: Attributes) -> Iterator[tuple[Type, Attributes]]:
    yield type_, attributes
    match type_:
        case FunctionPointer():
            yield from _taken(type_.signature)
        case Nested():
            for field in type_.aggregate.fields:
                yield from _given(field.type, field.attributes)
        case _:
            return


def _taken(signature: Signature) -> Iterator[tuple[Type, Attributes]]:
    for each in signature.parameters:
        yield from _given(each.type, each.attributes)
