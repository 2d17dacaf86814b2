"""From differences to causes: what is one change for its author is one, and what layouts tell is told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.flows import Flow
from abilock.compat.growth import growth
from abilock.compat.holes import filling, in_place, reserved_members, taking
from abilock.compat.judging import is_padding, name_of, owner_of, providers_of
from abilock.compat.rules_additions import is_told_by_version
from abilock.frozen import frozen
from abilock.model.decls import Vtable
from abilock.model.text import member_text
from abilock.model.version import Version

_APPENDED = frozenset({Kind.SLOT_APPENDED, Kind.FIELD_APPENDED})
_FILLS = frozenset({Kind.FIELD_APPENDED, Kind.FIELD_INSERTED})
_COMING = _APPENDED | {
    Kind.SLOT_INSERTED,
    Kind.FIELD_INSERTED,
    Kind.SLOT_REPLACED,
    Kind.FIELD_REPLACED,
}
#: What does not matter of bits without a name, where nothing moves.
_OF_PADDING = _FILLS | {Kind.FIELD_REMOVED, Kind.BIT_WIDTH_CHANGED}
#: What does not matter of what nobody uses.
_OF_RESERVED = frozenset(
    {
        Kind.FIELD_REMOVED,
        Kind.FIELD_MOVED,
        Kind.FIELD_RENAMED,
        Kind.ARRAY_LENGTH_CHANGED,
        Kind.BIT_WIDTH_CHANGED,
        Kind.TYPE_CHANGED,
        Kind.SIGN_CHANGED,
        Kind.WIDTH_CHANGED,
        Kind.VALUE_KIND_CHANGED,
        Kind.POINTEE_CHANGED,
    }
)
#: Where nobody looked before, or nobody looks any more, it does not matter what is different.
_UNSEEN = frozenset({Kind.RESERVED_USED, Kind.MADE_RESERVED})
_OF_VALUES = frozenset(
    {Kind.NULL_ALLOWED, Kind.NULL_FORBIDDEN, Kind.OWNERSHIP_GIVEN, Kind.OWNERSHIP_KEPT}
)
_CONST = frozenset({Kind.POINTEE_MADE_CONST, Kind.POINTEE_MADE_MUTABLE})
#: How what is handed over ends, and how long what is lent lives.
_OF_OWNERS = _CONST | {
    Kind.OWNED_ALLOCATOR_CHANGED,
    Kind.RELEASE_CHANGED,
    Kind.DEPTH_CHANGED,
    Kind.FAILURE_OWNER_CHANGED,
    Kind.LIFETIME_SHORTENED,
    Kind.LIFETIME_LENGTHENED,
    Kind.LIFETIME_CHANGED,
}
#: What says nothing more, by what it comes with. A value of another type is another value: who owned the
#: former one, and where null was, does not matter.
_COMES_WITH: Mapping[Kind, frozenset[Kind]] = {
    Kind.TYPE_CHANGED: _OF_VALUES | {Kind.ENUM_OF_INTEGER_CHANGED},
    Kind.VALUE_KIND_CHANGED: _OF_VALUES,
    Kind.POINTER_DEPTH_CHANGED: _OF_VALUES,
    Kind.POINTEE_CHANGED: _OF_VALUES,
    Kind.OWNERSHIP_GIVEN: _OF_OWNERS,
    Kind.OWNERSHIP_KEPT: _OF_OWNERS,
    Kind.DIRECTION_CHANGED: _CONST,
    # What null stands for comes and goes with null.
    Kind.SLOT_MADE_OPTIONAL: frozenset({Kind.SPECIAL_VALUE_CHANGED}),
    Kind.SLOT_MADE_MANDATORY: frozenset({Kind.SPECIAL_VALUE_CHANGED}),
}
#: What has a number that others may be computed from.
NUMBERS = frozenset(
    {Kind.CONSTANT_VALUE, Kind.VALUE_RENUMBERED, Kind.VALUES_SWAPPED, Kind.SENTINEL_MOVED}
)
#: What may be said in constants and values of enums.
COMPUTED = NUMBERS | {
    Kind.ARRAY_LENGTH_CHANGED,
    Kind.BIT_WIDTH_CHANGED,
    Kind.DEFAULT_CHANGED,
    Kind.LENGTH_CHANGED,
    Kind.POINTEE_CHANGED,
    Kind.ROOM_CHANGED,
    Kind.SPECIAL_VALUE_CHANGED,
    Kind.STREAM_END_CHANGED,
    Kind.SUCCESS_VALUE_CHANGED,
    Kind.TERMINATOR_CHANGED,
}
_NUMBER = re.compile(r"-?\d+")
#: What gives other values of an enum other numbers.
SHIFTING = frozenset({Kind.VALUE_INSERTED, Kind.VALUE_REMOVED})


@frozen
class Cause:
    """A change, and those that follow from it. ex) a value inserted, and the others that got new numbers"""

    change: Change
    followers: tuple[Change, ...] = ()
    #: Of these, only what becomes of source counts: they come with the change.
    companions: tuple[Change, ...] = ()


def causes(changes: Sequence[Change], context: Context) -> tuple[Cause, ...]:
    """The changes of which a verdict is made, in their order."""
    found = [refined for each in _seen(changes) for refined in _refined(each, context)]
    found = list(_ordered(found, context))
    found = list(_shared(found, context))
    consts: dict[str, list[Change]] = defaultdict(list)
    for each in changes:
        if each.kind in _CONST:
            consts[each.subject].append(each)
    return tuple(
        replace(each, companions=tuple(consts.get(each.change.subject, ())))
        if _COMES_WITH.get(each.change.kind, frozenset()) >= _CONST
        else each
        for each in _folded(found, context)
    )


def _seen(changes: Sequence[Change]) -> Iterator[Change]:
    """Without what comes with another change of the same element."""
    unseen = {each.subject for each in changes if each.kind in _UNSEEN}
    leading: dict[str, set[Kind]] = defaultdict(set)
    for each in changes:
        if each.kind in _COMES_WITH:
            leading[each.subject].add(each.kind)
    went_on = {
        each.detail for each in changes if each.kind is Kind.VERSION_SOURCE_CHANGED and each.after
    }
    for each in changes:
        if each.kind is Kind.VERSION_SOURCE_CHANGED and not each.after and each.detail in went_on:
            continue  # It is said where it stands now.
        if any(each.kind in _COMES_WITH[kind] for kind in leading.get(each.subject, ())):
            continue
        if each.kind in _UNSEEN or not _is_inside(each.subject, unseen):
            yield each


def _is_inside(subject: str, others: set[str]) -> bool:
    while subject:
        if subject in others:
            return True
        subject = subject.rpartition(".")[0]
    return False


def _refined(change: Change, context: Context) -> Iterator[Change]:
    """Additions, by where they stand and what they say of their age; one that is another kind of change
    elsewhere is both, each for its targets."""
    if _is_kept(change, context):
        kept = set(in_place(context, owner_of(change)))
        others = tuple(each for each in context.layouts.targets if each not in kept)
        if others:
            yield replace(change, targets=others if kept else change.targets)
        return
    if is_padding(change) and change.kind in _OF_PADDING:
        if context.effects(owner_of(change)):
            yield change
        return
    if change.kind not in _COMING:
        yield change
        return
    taken = taking(change, context)
    if taken is not None:
        reserved, targets = taken
        others = tuple(each for each in context.layouts.targets if each not in targets)
        used = replace(change, kind=Kind.RESERVED_USED, before=member_text(reserved), detail="")
        if others:
            yield replace(_aged(change, _since(change, context), context), targets=others)
        yield replace(used, targets=targets) if others else used
        return
    filled = filling(change, context) if change.kind in _FILLS else ()
    since = _since(change, context)
    if filled and since is not None and since <= context.old.compared_version:
        yield replace(change, kind=Kind.SINCE_TOO_OLD)
        return
    others = tuple(each for each in context.layouts.targets if each not in filled)
    if not filled:
        yield _aged(change, since, context)
        return
    if not others:
        yield replace(change, kind=Kind.HOLE_FILLED)
        return
    grown = _aged(change, since, context)
    if grown.kind is Kind.FIELD_APPENDED and growth(context, owner_of(change)) == Flow():
        is_told = all(is_told_by_version(context, each) for each in providers_of(change, context))
        if is_told or not context.tells_size(owner_of(change)):
            yield grown  # By its age it is the same everywhere; a size says nothing of padding.
            return
    yield replace(grown, targets=others)
    yield replace(change, kind=Kind.HOLE_FILLED, targets=filled)


def _is_kept(change: Change, context: Context) -> bool:
    """Whether it is about what was kept for later, of which something is used now, or less is kept: that
    matters only where others move with it."""
    parts = change.subject.split(".")
    if change.kind not in _OF_RESERVED or len(parts) != 2:
        return False
    reserved = {each.name for each in reserved_members(context, parts[0])}
    after = context.after(change.subject)
    is_reserved = after is None or after.attributes.has("reserved")
    return parts[1] in reserved and is_reserved


def _aged(change: Change, since: Version | None, context: Context) -> Change:
    if change.kind in _APPENDED and growth(context, owner_of(change)) == Flow():
        if since is None:
            return replace(change, kind=Kind.SINCE_MISSING)
        if since <= context.old.compared_version:
            return replace(change, kind=Kind.SINCE_TOO_OLD)
    return change


def _since(change: Change, context: Context) -> Version | None:
    place = context.after(change.subject)
    return place.attributes.version("since") if place else None


def _ordered(changes: Sequence[Change], context: Context) -> Iterator[Change]:
    """Of additions to one type, those that stand behind a newer one say so."""
    newest: dict[str, tuple[Version, str]] = {}
    for each in changes:
        if each.kind in _APPENDED:
            owner, since = each.subject.rpartition(".")[0], _since(each, context)
            before = newest.get(owner)
            if since is not None and before is not None and since < before[0]:
                yield replace(each, kind=Kind.SINCE_OUT_OF_ORDER, detail=before[1])
                continue
            if since is not None:
                newest[owner] = since, name_of(each)
        yield each


# --- members that vtables share


def _shared(changes: Sequence[Change], context: Context) -> Iterator[Change]:
    """A member of a vtable convention is part of every vtable that follows it: one change."""
    tables: dict[str, set[str]] = defaultdict(set)
    for declared in context.new.declared:
        if isinstance(declared, Vtable) and declared.convention is not None:
            before = context.before(declared.name)
            former = before.item if before else None
            if isinstance(former, Vtable) and former.convention == declared.convention:
                tables[declared.convention].add(declared.name)
    by_table = {name: convention for convention, names in tables.items() for name in names}
    groups: dict[tuple[object, ...], list[Change]] = defaultdict(list)
    for each in changes:
        convention = by_table.get(owner_of(each))
        if convention is not None:
            groups[_key(each, convention)].append(each)
    told: set[int] = set()
    for key, group in groups.items():
        if len(group) > 1 and {owner_of(each) for each in group} == tables[str(key[0])]:
            told |= {id(each) for each in group[1:]}
            told.add(-id(group[0]))
    for each in changes:
        if -id(each) in told:
            convention = by_table[owner_of(each)]
            rest = each.subject.partition(".")[2]
            yield replace(
                each,
                kind=Kind.TABLE_CONVENTION_CHANGED,
                subject=f"{convention}.{rest}",
                detail=f"{each.kind.value} {each.detail}",
            )
        elif id(each) not in told:
            yield each


def _key(change: Change, convention: str) -> tuple[object, ...]:
    """What is shared stands at one place, and what tables have of their own does not."""
    rest = change.subject.partition(".")[2]
    texts = change.before, change.after, change.detail
    return convention, change.kind, rest, texts, change.old, change.new


# --- what follows from what


def _folded(changes: Sequence[Change], context: Context) -> Iterator[Cause]:
    """What is computed from something else changes with it, at whatever distance."""
    shifting: dict[str, Change] = {}
    numbers: dict[str, Change] = {}
    for each in changes:
        if each.kind in SHIFTING:
            shifting.setdefault(owner_of(each), each)
        elif each.kind in NUMBERS:
            numbers.setdefault(each.subject, each)
            if each.kind is Kind.VALUES_SWAPPED:
                numbers.setdefault(f"{owner_of(each)}.{each.detail}", each)
    leading: dict[int, Change] = {}
    for each in changes:
        cause = _computed_from(each, numbers, context) if each.kind in COMPUTED else None
        if cause is None and each.kind is Kind.VALUE_RENUMBERED:
            cause = shifting.get(owner_of(each))
        if cause is not None:
            leading[id(each)] = cause
    followers: dict[int, list[Change]] = defaultdict(list)
    for each in changes:
        first = each
        while id(first) in leading:
            first = leading[id(first)]
        if first is not each:
            followers[id(first)].append(each)
    for each in changes:
        if id(each) not in leading:
            yield Cause(each, tuple(followers.get(id(each), ())))


def _computed_from(
    change: Change, numbers: Mapping[str, Change], context: Context
) -> Change | None:
    """The first number that something is computed from and that changed, if it is computed as it was."""
    owner, dot, rest = change.subject.partition(".")
    before = context.old.formulas(f"{context.former(owner)}{dot}{rest}")
    after = context.new.formulas(change.subject)
    if before is None or after is None or before.written != after.written:
        return None
    if _NUMBER.sub("", change.before) != _NUMBER.sub("", change.after):
        return None
    found = (numbers[each] for each in sorted(after.names) if each in numbers)
    return next((each for each in found if each is not change), None)
