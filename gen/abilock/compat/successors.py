"""Which declarations have another name in the newer description, or stand for something else."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.compat.changes import Change, Kind
from abilock.compat.declared import (
    ENTRIES,
    entries,
    is_same_kind,
    is_type,
    symbol_of,
    text_of,
    typed,
)
from abilock.compat.types import Sides, resolved
from abilock.compat.versions import is_declared_new
from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Vtable,
    members_of,
)
from abilock.model.mentions import mentioned_types
from abilock.model.types import Aggregate, Named

#: How many types of one shape are compared with one that is gone.
MOST_CANDIDATES = 50


def renamed_types(old: Library, new: Library) -> dict[str, str]:
    """Old names of types, and the new names of the same."""
    return _renamed(Sides(old, new, {}))


def _renamed(sides: Sides) -> dict[str, str]:
    """Types that have another name now: the first, in its order, that is equal in all else.

    Only those that have the same shape are compared in full.
    """
    found = _aliased(sides)
    former = {each.name for each in sides.old.declarations}
    present = {each.name for each in sides.new.declarations if not isinstance(each, Alias)}
    gone = [each for each in sides.old.declared if is_type(each) and each.name not in present]
    gone = [each for each in gone if each.name not in found]
    if not gone:
        return found
    fresh = [
        each
        for each in sides.new.declared
        if is_type(each)
        and each.name not in former
        and each.name not in found.values()
        and not is_declared_new(each.attributes, sides.old)
    ]
    come: dict[object, list[Declaration]] = {}
    for each in fresh:
        come.setdefault(_shape(each), []).append(each)
    for before in gone:
        candidates = come.get(_shape(before), [])
        for after in candidates[:MOST_CANDIDATES]:
            trial = Sides(sides.old, sides.new, {**found, before.name: after.name})
            if not any(True for _ in typed(trial, before, after)):
                found[before.name] = after.name
                candidates.remove(after)
                break
    left = [each for each in gone if each.name not in found]
    fresh = [each for each in fresh if each.name not in found.values()]
    if left and fresh and max(len(left), len(fresh)) <= MOST_CANDIDATES:
        found |= _successors(sides, left, fresh)
    return found


def _aliased(sides: Sides) -> dict[str, str]:
    """Types whose name stands for another one now, which came; or that another one has, which went."""
    found: dict[str, str] = {}
    for before, after in _with_one_name(sides):
        one, other = _meant(before, sides.old), _meant(after, sides.new)
        if one is None or other is None or not (is_type(one) and is_type(other)):
            continue
        is_new = all(each.name != other.name for each in sides.old.declarations)
        is_gone = all(each.name != one.name for each in sides.new.declarations)
        is_alike = type(one) is type(other) and is_same_kind(one, other)
        if is_alike and (is_new if isinstance(after, Alias) else is_gone):
            found.setdefault(one.name, other.name)
    return found


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
    return is_same_kind(before, after) and 2 * len(one & other) >= max(len(one), len(other), 1)


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


def renamed_symbols(sides: Sides) -> dict[str, str]:
    """Entries and constants that have another name, and are equal in all else."""
    former = {each.name for each in sides.old.declared}
    present = {each.name for each in sides.new.declared}
    gone = [
        each
        for each in sides.old.declared
        if isinstance(each, (Constant, *ENTRIES)) and each.name not in present
    ]
    come = [
        each
        for each in sides.new.declared
        if isinstance(each, (Constant, *ENTRIES)) and each.name not in former
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
            changes = entries(sides, before, after)
            return all(each.kind is Kind.SYMBOL_CHANGED for each in changes)
        case _:
            return False


def retargeted_names(sides: Sides) -> Iterator[Change]:
    """Names of types that stand for something else now, or did."""
    for before, after in _with_one_name(sides):
        one, other = _meant(before, sides.old), _meant(after, sides.new)
        is_same = one is not None and other is not None and _is_one(sides, one, other)
        if not is_same:
            texts = text_of(before), text_of(after)
            yield Change(Kind.TYPE_RETARGETED, after.name, *texts, before.span, after.span)


def _is_one(sides: Sides, one: Declaration, other: Declaration) -> bool:
    """Whether two declarations are the same, whatever they are called."""
    if sides.renamed.get(one.name, one.name) == other.name:
        return True
    trial = Sides(sides.old, sides.new, {**sides.renamed, one.name: other.name})
    return type(one) is type(other) and not any(typed(trial, one, other))


def _with_one_name(sides: Sides) -> Iterator[tuple[Declaration, Declaration]]:
    """What is a type in one description, and in the other a name for something."""
    former = {each.name: each for each in sides.old.declared}
    for after in sides.new.declared:
        before = former.get(after.name)
        if before is None or isinstance(before, Alias) == isinstance(after, Alias):
            continue
        if is_type(before) or is_type(after):
            yield before, after


def _meant(declared: Declaration, library: Library) -> Declaration | None:
    """What a name stands for; None if that has no other name."""
    if not isinstance(declared, Alias):
        return declared
    found = resolved(declared.type, library)
    return library.find(found.name) if isinstance(found, Named) else None
