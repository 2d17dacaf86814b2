"""Names for parameters that have none: a caller has to give them all the same."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from abilock.model.decls import Alias, Callback, EntryFunction, EntryStatic, Library, Slot, Vtable
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Nested,
    Parameter,
    Pointer,
    Result,
    Signature,
)

#: Everything of which a signature can be a part.
_CARRIERS = (
    *(Aggregate, Alias, Callback, EntryFunction, EntryStatic, Field, Parameter, Result),
    *(Signature, Slot, Vtable, Array, FunctionPointer, Nested, Pointer),
)


def with_names(library: Library) -> Library:
    """The same, with a name for every parameter. ex) ``arg0`` in ``fn(i32) -> i32``"""
    declarations = _named(library.declarations)
    if declarations is library.declarations:
        return library
    return replace(library, declarations=declarations)


def _named(value: Any) -> Any:
    """The same object, if there is nothing to be named in it."""
    if isinstance(value, tuple):
        made = tuple(map(_named, value))
        is_same = all(one is other for one, other in zip(made, value, strict=True))
        return value if is_same else made
    if not isinstance(value, _CARRIERS):
        return value
    changes = {
        field.name: made
        for field in fields(value)
        if (made := _named(old := getattr(value, field.name))) is not old
    }
    if isinstance(value, Signature) and any(each.name is None for each in value.parameters):
        changes["parameters"] = _parameters(changes.get("parameters", value.parameters))
    return replace(value, **changes) if changes else value


def _parameters(given: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    taken = {each.name for each in given}
    made = []
    for index, each in enumerate(given):
        name = f"arg{index}"
        while name in taken:
            name = f"{name}_"
        made.append(each if each.name is not None else replace(each, name=name))
    return tuple(made)
