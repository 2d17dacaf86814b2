"""What is different between two descriptions of one ABI."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from abilock.compat.changes import Change, Kind
from abilock.compat.enums import enums
from abilock.compat.functions import told_functions, uses
from abilock.compat.meaning import meaning
from abilock.compat.names import new_names
from abilock.compat.records import records
from abilock.compat.types import Sides, resolved
from abilock.compat.versions import has_lower_number, is_declared_new, release_of
from abilock.model.attributes import Text
from abilock.model.decls import (
    Alias,
    Allocator,
    AllocatorScheme,
    Callback,
    Compat,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Opaque,
    Vtable,
    members_of,
)
from abilock.model.mentions import mentioned_types
from abilock.model.text import signature_text, type_text
from abilock.model.types import Aggregate, Named
from abilock.model.used import used_aliases

_TypeDecl: TypeAlias = Aggregate | Vtable | Opaque | EnumDecl | Callback
_Entry: TypeAlias = EntryFunction | EntryStatic
_ENTRIES = (EntryFunction, EntryStatic)


#: How many types of one shape are compared with one that is gone.
MOST_CANDIDATES = 50


def differences(
    old: Library, new: Library, renamed: Mapping[str, str] | None = None
) -> tuple[Change, ...]:
    """Every change, in the order of the new description; what is gone stands last.

    Not a change: docs, the order of declarations, the names of aliases and what they stand for twice,
    and the version itself, also where a constant has it.
    Each is named where it was made: that a struct grew is not told of those that hold it.

    ``renamed``: types that are called something else, where that is known already.
    """
    sides = Sides(old, new, renamed_types(old, new) if renamed is None else renamed)
    sides = replace(sides, symbols=_renamed_symbols(sides))
    whole = [replace(each, old=old.span, new=new.span) for each in _library(sides)]
    return *whole, *_declarations(sides)


def renamed_types(old: Library, new: Library) -> dict[str, str]:
    """Old names of types, and the new names of the same."""
    return _renamed(Sides(old, new, {}))


def _library(sides: Sides) -> Iterator[Change]:
    old, new = sides.old, sides.new
    if new.version < old.version:
        yield Change(Kind.VERSION_LOWERED, new.name, str(old.version), str(new.version))
    elif new.compared_version < old.compared_version:
        yield Change(Kind.VERSION_LOWERED, new.name, old.compared, new.compared)
    elif has_lower_number(release_of(old), release_of(new)):
        numbers = [str(release_of(each).number) for each in (old, new)]
        yield Change(Kind.VERSION_LOWERED, new.name, numbers[0], numbers[1])
    compared = tuple(sides.symbols.get(str(each), each) for each in old.compat.arguments)
    if replace(old.compat, arguments=compared) != new.compat:
        texts = _compat_text(old.compat), _compat_text(new.compat)
        yield Change(Kind.COMPAT_CHANGED, new.name, *texts)
    come = tuple(each for each in new.targets if each not in old.targets)
    if come:
        yield Change(Kind.TARGET_ADDED, ", ".join(come), targets=come)
    gone = tuple(each for each in old.targets if each not in new.targets)
    if gone:
        yield Change(Kind.TARGET_REMOVED, ", ".join(gone), targets=gone)
    former = {each.name: each for each in old.allocators}
    present = {each.name: each for each in new.allocators}
    for name in {**former, **present}:
        before, after = _schemes_text(former.get(name)), _schemes_text(present.get(name))
        if before != after:
            yield Change(Kind.ALLOCATOR_CHANGED, name, before, after)
    yield from meaning(new.name, old.attributes, new.attributes, {})


def _renamed(sides: Sides) -> dict[str, str]:
    """Types that have another name now: the first, in its order, that is equal in all else.

    Only those that have the same shape are compared in full.
    """
    found = _aliased(sides)
    former = {each.name for each in sides.old.declarations}
    present = {each.name for each in sides.new.declarations if not isinstance(each, Alias)}
    gone = [each for each in sides.old.declared if _is_type(each) and each.name not in present]
    gone = [each for each in gone if each.name not in found]
    if not gone:
        return found
    come: dict[object, list[Declaration]] = {}
    for each in sides.new.declared:
        if not _is_type(each) or is_declared_new(each.attributes, sides.old):
            continue
        if each.name not in former and each.name not in found.values():
            come.setdefault(_shape(each), []).append(each)
    for before in gone:
        candidates = come.get(_shape(before), [])
        for after in candidates[:MOST_CANDIDATES]:
            trial = Sides(sides.old, sides.new, {**found, before.name: after.name})
            if not any(True for _ in _typed(trial, before, after)):
                found[before.name] = after.name
                candidates.remove(after)
                break
    left = [each for each in gone if each.name not in found]
    fresh = [each for each in sides.new.declared if _is_type(each) and each.name not in former]
    fresh = [each for each in fresh if each.name not in found.values()]
    fresh = [each for each in fresh if not is_declared_new(each.attributes, sides.old)]
    if left and fresh and max(len(left), len(fresh)) <= MOST_CANDIDATES:
        found |= _successors(sides, left, fresh)
    return found


def _aliased(sides: Sides) -> dict[str, str]:
    """Types whose name stands for another one now, which came; or that another one has, which went."""
    found: dict[str, str] = {}
    for before, after in _with_one_name(sides):
        one, other = _meant(before, sides.old), _meant(after, sides.new)
        if one is None or other is None or not (_is_type(one) and _is_type(other)):
            continue
        is_new = all(each.name != other.name for each in sides.old.declarations)
        is_gone = all(each.name != one.name for each in sides.new.declarations)
        is_alike = type(one) is type(other) and _is_same_kind(one, other)
        if is_alike and (is_new if isinstance(after, Alias) else is_gone):
            found.setdefault(one.name, other.name)
    return found


def _with_one_name(sides: Sides) -> Iterator[tuple[Declaration, Declaration]]:
    """What is a type in one description, and in the other a name for something."""
    former = {each.name: each for each in sides.old.declared}
    for after in sides.new.declared:
        before = former.get(after.name)
        if before is None or isinstance(before, Alias) == isinstance(after, Alias):
            continue
        if _is_type(before) or _is_type(after):
            yield before, after


def _meant(declared: Declaration, library: Library) -> Declaration | None:
    """What a name stands for; None if that has no other name."""
    if not isinstance(declared, Alias):
        return declared
    found = resolved(declared.type, library)
    return library.find(found.name) if isinstance(found, Named) else None


def _successors(sides: Sides, gone: list[Declaration], come: list[Declaration]) -> dict[str, str]:
    """Types that have another name and other changes as well: most of what is in one is in the other, and
    whatever used the one uses the other now."""
    users = [_users(library) for library in (sides.old, sides.new)]
    both = {each.name for each in sides.old.declared} & {each.name for each in sides.new.declared}
    found: dict[str, str] = {}
    for before in gone:
        asked = users[0].get(before.name, set()) & both
        alike = [
            each
            for each in come
            if asked
            and type(each) is type(before)
            and _is_mostly_same(before, each)
            and asked <= users[1].get(each.name, set())
        ]
        if len(alike) == 1:
            found[before.name] = alike[0].name
            come.remove(alike[0])
    return found


def _is_mostly_same(before: Declaration, after: Declaration) -> bool:
    one, other = _inner_names(before), _inner_names(after)
    return _is_same_kind(before, after) and 2 * len(one & other) >= max(len(one), len(other), 1)


def _inner_names(declared: Declaration) -> set[str]:
    if isinstance(declared, EnumDecl):
        return {each.name for each in declared.values}
    return {each.name for each in members_of(declared) if each.name}


def _users(library: Library) -> dict[str, set[str]]:
    """The declarations that mention a type, by its name."""
    found: dict[str, set[str]] = {}
    for declared in library.declared:
        for mentioned in mentioned_types(declared):
            if isinstance(mentioned, Named):
                found.setdefault(mentioned.name, set()).add(declared.name)
    return found


def _shape(declared: Declaration) -> object:
    """What two declarations of one type have in common, whatever it is called."""
    match declared:
        case Aggregate() | Vtable():
            names = tuple(each.name for each in members_of(declared))
            return type(declared), isinstance(declared, Aggregate) and declared.is_union, names
        case EnumDecl():
            return EnumDecl, declared.kind, tuple(each.name for each in declared.values)
        case Callback():
            return Callback, len(declared.signature.parameters)
        case _:
            return type(declared)


def _is_type(declared: Declaration) -> bool:
    return isinstance(declared, _TypeDecl)


def _declarations(sides: Sides) -> Iterator[Change]:
    yield from _aliases(sides)
    former = {each.name: each for each in sides.old.declared if not isinstance(each, Alias)}
    renamed = {**sides.renamed, **sides.symbols}
    again = {new: old for old, new in renamed.items()}
    retargeted = {each.subject: each for each in _other_names(sides)}
    for after in sides.new.declared:
        if isinstance(after, Alias):
            continue
        before = former.pop(again.get(after.name, after.name), None)
        if before is None:
            come = Change(_added(after), after.name, "", _text(after), None, after.span)
            yield retargeted.pop(after.name, come)
            continue
        if before.name != after.name:
            spans = before.span, after.span
            yield Change(_renaming(sides, before), after.name, before.name, after.name, *spans)
        for change in _pair(sides, before, after):
            if not (change.old or change.new):
                change = replace(change, old=before.span, new=after.span)  # As a result.
            # An entry that is called something else is found by that name: one change.
            if change.kind is not Kind.SYMBOL_CHANGED or before.name == after.name:
                yield change
    for before in former.values():
        gone = Change(_removed(before), before.name, _text(before), "", before.span)
        yield retargeted.pop(before.name, gone)
    yield from _handshake_order(sides, again)


def _other_names(sides: Sides) -> Iterator[Change]:
    """Names of types that stand for something else now, or did."""
    for before, after in _with_one_name(sides):
        one, other = _meant(before, sides.old), _meant(after, sides.new)
        is_same = one is not None and other is not None and _is_one(sides, one, other)
        if not is_same:
            texts = _text(before), _text(after)
            yield Change(Kind.TYPE_RETARGETED, after.name, *texts, before.span, after.span)


def _is_one(sides: Sides, one: Declaration, other: Declaration) -> bool:
    """Whether two declarations are the same, whatever they are called."""
    if sides.renamed.get(one.name, one.name) == other.name:
        return True
    trial = Sides(sides.old, sides.new, {**sides.renamed, one.name: other.name})
    return type(one) is type(other) and not any(_typed(trial, one, other))


def _aliases(sides: Sides) -> Iterator[Change]:
    """Names that stand for something else now; one that came or went says nothing by itself, and one
    that nothing uses is no part of the ABI."""
    former = {each.name: each for each in sides.old.declared if isinstance(each, Alias)}
    for after in sides.new.declared:
        before = former.get(after.name)
        if before is None or not isinstance(after, Alias):
            continue
        found = (
            *uses(sides, after.name, before.type, after.type, before.own, after.own),
            *meaning(after.name, before.attributes, after.attributes, {}),
            *meaning(after.name, before.type_attributes, after.type_attributes, {}),
        )
        if found and after.name not in used_aliases(sides.old) | used_aliases(sides.new):
            continue
        for change in found:
            yield replace(change, old=change.old or before.span, new=change.new or after.span)


def _renaming(sides: Sides, before: Declaration) -> Kind:
    if isinstance(before, Constant):
        return Kind.CONSTANT_RENAMED
    if isinstance(before, _Entry):
        return Kind.ENTRY_RENAMED
    is_kept = any(
        isinstance(each, Alias) and each.name == before.name for each in sides.new.declared
    )
    return Kind.TYPE_KEPT_AS_ALIAS if is_kept else Kind.TYPE_RENAMED


def _renamed_symbols(sides: Sides) -> dict[str, str]:
    """Entries and constants that have another name, and are equal in all else."""
    former = {each.name for each in sides.old.declared}
    present = {each.name for each in sides.new.declared}
    gone = [
        each
        for each in sides.old.declared
        if isinstance(each, (Constant, *_ENTRIES)) and each.name not in present
    ]
    come = [
        each
        for each in sides.new.declared
        if isinstance(each, (Constant, *_ENTRIES)) and each.name not in former
    ]
    found: dict[str, str] = {}
    if len(gone) > MOST_CANDIDATES or len(come) > MOST_CANDIDATES:
        return found
    for before in gone:
        alike = [each for each in come if _is_same_symbol(sides, before, each)]
        if len(alike) == 1 or (alike and symbol_of(before) == symbol_of(alike[0])):
            found[before.name] = alike[0].name
            come.remove(alike[0])
    return found


def _is_same_symbol(sides: Sides, before: Declaration, after: Declaration) -> bool:
    match before, after:
        case Constant(), Constant():
            return (before.type, before.value) == (after.type, after.value)
        case ((EntryFunction() | EntryStatic()), (EntryFunction() | EntryStatic())):
            changes = _entries(sides, before, after)
            return all(each.kind is Kind.SYMBOL_CHANGED for each in changes)
        case _:
            return False


def symbol_of(entry: Declaration) -> str:
    """What a loader looks up: the name, unless ``@c`` gives another."""
    given = entry.attributes.get("c") if isinstance(entry, _Entry) else None
    first = given.arguments[0] if given else None
    return first.text if isinstance(first, Text) else entry.name


def _handshake_order(sides: Sides, again: dict[str, str]) -> Iterator[Change]:
    """Entries are called at load in the order in which they stand."""
    old = [each.name for each in sides.old.declared if _is_handshake(each)]
    new = [again.get(each.name, each.name) for each in sides.new.declared if _is_handshake(each)]
    before = [name for name in old if name in new]
    after = [name for name in new if name in old]
    if before != after:
        first = next(at for at, name in enumerate(after) if before[at] != name)
        moved = sides.new.find(
            {old: new for new, old in again.items()}.get(after[first], after[first])
        )
        texts = ", ".join(before), ", ".join(after)
        yield Change(Kind.HANDSHAKE_ORDER_CHANGED, moved.name, *texts, None, moved.span)


def _is_handshake(declared: Declaration) -> bool:
    return isinstance(declared, _Entry) and declared.attributes.has("handshake")


def _pair(sides: Sides, before: Declaration, after: Declaration) -> Iterator[Change]:
    if before == after:
        return  # What stands in other places, or says other names of languages, is no difference.
    spans = before.span, after.span
    match before, after:
        case Constant(), Constant():
            yield from _constants(sides, before, after)
        case ((EntryFunction() | EntryStatic()), (EntryFunction() | EntryStatic())):
            yield from _entries(sides, before, after)
        case _ if type(before) is type(after) and _is_same_kind(before, after):
            yield from _typed(sides, before, after)
        case _:
            yield Change(Kind.TYPE_RETARGETED, after.name, _text(before), _text(after), *spans)


def _is_same_kind(before: Declaration, after: Declaration) -> bool:
    if isinstance(before, Aggregate) and isinstance(after, Aggregate):
        return before.is_union == after.is_union
    return True


def _typed(sides: Sides, before: Declaration, after: Declaration) -> Iterator[Change]:
    """The changes of a type that is of one kind in both."""
    match before, after:
        case Aggregate(), Aggregate():
            if _is_same_kind(before, after):
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


def _entries(sides: Sides, before: _Entry, after: _Entry) -> Iterator[Change]:
    texts = _text(before), _text(after)
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


def _added(declared: Declaration) -> Kind:
    if isinstance(declared, Constant):
        return Kind.CONSTANT_ADDED
    return Kind.ENTRY_ADDED if isinstance(declared, _Entry) else Kind.TYPE_ADDED


def _removed(declared: Declaration) -> Kind:
    if isinstance(declared, Constant):
        return Kind.CONSTANT_REMOVED
    return Kind.ENTRY_REMOVED if isinstance(declared, _Entry) else Kind.TYPE_REMOVED


def _text(declared: Declaration) -> str:
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


def _compat_text(compat: Compat) -> str:
    arguments = ", ".join(str(each) for each in compat.arguments)
    return f"{compat.rule}({arguments})" if arguments else compat.rule


def _schemes_text(allocator: Allocator | None) -> str:
    return ", ".join(_scheme_text(each) for each in allocator.schemes) if allocator else ""


def _scheme_text(scheme: AllocatorScheme) -> str:
    release = f"/{scheme.release}" if scheme.release else ""
    family = f" @{scheme.family}" if scheme.family else ""
    return f"{scheme.acquire}{release}{family}"
