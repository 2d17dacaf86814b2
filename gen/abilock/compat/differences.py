"""What is different between two descriptions of one ABI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from abilock.compat.changes import Change, Kind
from abilock.compat.declared import ENTRIES, declarations, text_of
from abilock.compat.functions import uses
from abilock.compat.meaning import meaning
from abilock.compat.successors import renamed_symbols, renamed_types, retargeted_names
from abilock.compat.types import Sides
from abilock.compat.versions import has_lower_number, release_of
from abilock.model.decls import (
    Alias,
    Allocator,
    AllocatorScheme,
    Compat,
    Constant,
    Declaration,
    Library,
)
from abilock.model.used import used_aliases


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
    sides = replace(sides, symbols=renamed_symbols(sides))
    whole = [replace(each, old=old.span, new=new.span) for each in _library(sides)]
    return *whole, *_declarations(sides)


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


def _declarations(sides: Sides) -> Iterator[Change]:
    yield from _aliases(sides)
    former = {each.name: each for each in sides.old.declared if not isinstance(each, Alias)}
    renamed = {**sides.renamed, **sides.symbols}
    again = {new: old for old, new in renamed.items()}
    retargeted = {each.subject: each for each in retargeted_names(sides)}
    for after in sides.new.declared:
        if isinstance(after, Alias):
            continue
        before = former.pop(again.get(after.name, after.name), None)
        if before is None:
            come = Change(_added(after), after.name, "", text_of(after), None, after.span)
            yield retargeted.pop(after.name, come)
            continue
        if before.name != after.name:
            spans = before.span, after.span
            yield Change(_renaming(sides, before), after.name, before.name, after.name, *spans)
        for change in declarations(sides, before, after):
            if not (change.old or change.new):
                change = replace(change, old=before.span, new=after.span)  # As a result.
            # An entry that is called something else is found by that name: one change.
            if change.kind is not Kind.SYMBOL_CHANGED or before.name == after.name:
                yield change
    for before in former.values():
        gone = Change(_removed(before), before.name, text_of(before), "", before.span)
        yield retargeted.pop(before.name, gone)
    yield from _handshake_order(sides, again)


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
    if isinstance(before, ENTRIES):
        return Kind.ENTRY_RENAMED
    is_kept = any(
        isinstance(each, Alias) and each.name == before.name for each in sides.new.declared
    )
    return Kind.TYPE_KEPT_AS_ALIAS if is_kept else Kind.TYPE_RENAMED


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
    return isinstance(declared, ENTRIES) and declared.attributes.has("handshake")


def _added(declared: Declaration) -> Kind:
    if isinstance(declared, Constant):
        return Kind.CONSTANT_ADDED
    return Kind.ENTRY_ADDED if isinstance(declared, ENTRIES) else Kind.TYPE_ADDED


def _removed(declared: Declaration) -> Kind:
    if isinstance(declared, Constant):
        return Kind.CONSTANT_REMOVED
    return Kind.ENTRY_REMOVED if isinstance(declared, ENTRIES) else Kind.TYPE_REMOVED


def _compat_text(compat: Compat) -> str:
    arguments = ", ".join(str(each) for each in compat.arguments)
    return f"{compat.rule}({arguments})" if arguments else compat.rule


def _schemes_text(allocator: Allocator | None) -> str:
    return ", ".join(_scheme_text(each) for each in allocator.schemes) if allocator else ""


def _scheme_text(scheme: AllocatorScheme) -> str:
    release = f"/{scheme.release}" if scheme.release else ""
    family = f" @{scheme.family}" if scheme.family else ""
    return f"{scheme.acquire}{release}{family}"
