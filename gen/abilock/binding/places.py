"""Every type that something of a library has, with the path to it, to name what has no name."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.model.decls import (
    Aggregate,
    Alias,
    Callback,
    EntryFunction,
    Field,
    Library,
    Signature,
    Vtable,
)
from abilock.model.types import Array, FunctionPointer, Nested, Pointer, Type


def places(library: Library) -> Iterator[tuple[str, Type]]:
    """ex) ``FfiPluginRegistration_set_log_callback`` and the type of that field"""
    for declared in library.declarations:
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
