"""How two declarations differ that stand for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from abilock.compat.changes import Change, Kind
from abilock.compat.enums import enums
from abilock.compat.functions import told_functions, uses
from abilock.compat.meaning import meaning
from abilock.compat.names import new_names
from abilock.compat.records import records
from abilock.compat.types import Sides
from abilock.compat.versions import has_lower_number, release_of
from abilock.model.attributes import Text
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
from abilock.model.text import signature_text, type_text
from abilock.model.types import Aggregate

#: What is a type by itself.
TYPES = (Aggregate, Vtable, Opaque, EnumDecl, Callback)
ENTRIES = (EntryFunction, EntryStatic)
_Entry: TypeAlias = EntryFunction | EntryStatic


def is_type(declared: Declaration) -> bool:
    """Whether it is a type by itself, and not another name of one."""
    return isinstance(declared, TYPES)


def declarations(sides: Sides, before: Declaration, after: Declaration) -> Iterator[Change]:
    """The changes of one declaration, of whatever kind."""
    if before == after:
        return  # What stands in other places, or says other names of languages, is no difference.
    spans = before.span, after.span
    match before, after:
        case Constant(), Constant():
            yield from _constants(sides, before, after)
        case ((EntryFunction() | EntryStatic()), (EntryFunction() | EntryStatic())):
            yield from entries(sides, before, after)
        case _ if type(before) is type(after) and is_same_kind(before, after):
            yield from typed(sides, before, after)
        case _:
            yield Change(Kind.TYPE_RETARGETED, after.name, text_of(before), text_of(after), *spans)


def is_same_kind(before: Declaration, after: Declaration) -> bool:
    if isinstance(before, Aggregate) and isinstance(after, Aggregate):
        return before.is_union == after.is_union
    return True


def typed(sides: Sides, before: Declaration, after: Declaration) -> Iterator[Change]:
    """The changes of a type that is of one kind in both."""
    match before, after:
        case Aggregate(), Aggregate():
            if is_same_kind(before, after):
                yield from records(sides, after.name, before, after)
            else:
                yield Change(Kind.TYPE_RETARGETED, after.name)
        case Vtable(), Vtable():
            yield from records(sides, after.name, before, after)
        case EnumDecl(), EnumDecl():
            yield from enums(sides, before, after)
            yield from meaning(after.name, before.attributes, after.attributes, {})
        case Callback(), Callback():
            yield from _functions(sides, before, after)
        case Opaque(), Opaque():
            yield from meaning(after.name, before.attributes, after.attributes, {})


def _constants(sides: Sides, before: Constant, after: Constant) -> Iterator[Change]:
    spans = before.span, after.span
    if before.type != after.type:
        yield Change(Kind.CONSTANT_TYPE, after.name, before.type, after.type, *spans)
    is_version = before.attributes.has("version") and after.attributes.has("version")
    if after.name in sides.new.compat.arguments:
        # That the number of the ABI went backwards is told of the ABI.
        is_version |= has_lower_number(release_of(sides.old), release_of(sides.new))
    if before.value != after.value and not is_version:
        texts = _value_text(before.value), _value_text(after.value)
        yield Change(Kind.CONSTANT_VALUE, after.name, *texts, *spans)
    yield from meaning(after.name, before.attributes, after.attributes, sides.symbols)


def _value_text(value: int | str) -> str:
    return json.dumps(value, ensure_ascii=False)


def entries(sides: Sides, before: _Entry, after: _Entry) -> Iterator[Change]:
    texts = text_of(before), text_of(after)
    spans = before.span, after.span
    symbols = symbol_of(before), symbol_of(after)
    if symbols[0] != symbols[1]:
        yield Change(Kind.SYMBOL_CHANGED, after.name, *symbols, *spans)
    if before.optional != after.optional:
        kind = Kind.ENTRY_MADE_OPTIONAL if after.optional else Kind.ENTRY_MADE_MANDATORY
        yield Change(kind, after.name, *texts, *spans)
    match before, after:
        case EntryFunction(), EntryFunction():
            yield from _functions(sides, before, after)
        case EntryStatic(), EntryStatic():
            if before.const != after.const:
                kind = Kind.VARIABLE_MADE_CONST if after.const else Kind.VARIABLE_MADE_MUTABLE
                yield Change(kind, after.name, *texts, *spans)
            yield from uses(sides, after.name, before.type, after.type, False, False)
            names = new_names(sides, {}, before.attributes, None)
            yield from meaning(after.name, before.attributes, after.attributes, names)
        case _:
            # What is said of a function means nothing to a variable.
            yield Change(Kind.ENTRY_RETARGETED, after.name, *texts, *spans)


def _functions(
    sides: Sides, before: EntryFunction | Callback, after: EntryFunction | Callback
) -> Iterator[Change]:
    old, new = (before.attributes, before.signature), (after.attributes, after.signature)
    yield from told_functions(sides, after.name, old, new)


def symbol_of(entry: Declaration) -> str:
    """What a loader looks up: the name, unless ``@c`` gives another."""
    given = entry.attributes.get("c") if isinstance(entry, _Entry) else None
    first = given.arguments[0] if given else None
    return first.text if isinstance(first, Text) else entry.name


def text_of(declared: Declaration) -> str:
    """ex) ``struct FfiStr``, ``entry fn open() -> i32``"""
    match declared:
        case Aggregate():
            return f"{'union' if declared.is_union else 'struct'} {declared.name}"
        case Vtable():
            return f"vtable {declared.name}"
        case Opaque():
            return f"opaque {declared.name}"
        case EnumDecl():
            return f"{declared.kind.value} {declared.name}"
        case Callback():
            return f"callback {signature_text(declared.signature, declared.name)}"
        case EntryFunction():
            return f"entry {signature_text(declared.signature, declared.name)}"
        case EntryStatic():
            const = "const " if declared.const else ""
            return f"entry static {const}{declared.name}: {type_text(declared.type)}"
        case Constant():
            return f"const {declared.name}: {declared.type} = {declared.value}"
        case Alias():
            return f"type {declared.name} = {type_text(declared.type)}"
