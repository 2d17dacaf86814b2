"""From differences to causes: what is one change for its author is one, and what layouts tell is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.flows import Flow
from abilock.compat.growth import growth
from abilock.compat.judging import name_of, owner_of
from abilock.model.decls import Vtable
from abilock.model.version import Version

_APPENDED = frozenset({Kind.SLOT_APPENDED, Kind.FIELD_APPENDED})
_FILLS = frozenset({Kind.FIELD_APPENDED, Kind.FIELD_INSERTED})
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
    Kind.TYPE_CHANGED: _OF_VALUES,
    Kind.VALUE_KIND_CHANGED: _OF_VALUES,
    Kind.POINTER_DEPTH_CHANGED: _OF_VALUES,
    Kind.POINTEE_CHANGED: _OF_VALUES,
    Kind.OWNERSHIP_GIVEN: _OF_OWNERS,
    Kind.OWNERSHIP_KEPT: _OF_OWNERS,
    Kind.DIRECTION_CHANGED: _CONST,
}
#: What a constant may be said in.
_OF_CONSTANTS = frozenset({Kind.ARRAY_LENGTH_CHANGED, Kind.DEFAULT_CHANGED})
_SHIFTING = frozenset({Kind.VALUE_INSERTED, Kind.VALUE_REMOVED})


@dataclass(frozen=True, slots=True)
class Cause:
    """A change, and those that follow from it. ex) a value inserted, and the others that got new numbers"""

    change: Change
    followers: tuple[Change, ...] = ()
    #: Of these, only what becomes of source counts: they come with the change.
    companions: tuple[Change, ...] = ()


def causes(changes: Sequence[Change], context: Context) -> tuple[Cause, ...]:
    """The changes of which a verdict is made, in their order."""
    found = [_refined(each, context) for each in _seen(changes)]
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
        for each in _folded(found)
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


def _refined(change: Change, context: Context) -> Change:
    """Additions, by where they stand and what they say of their age."""
    if change.kind in _FILLS and _fills_padding(change, context):
        return replace(change, kind=Kind.HOLE_FILLED)
    if change.kind in _APPENDED and growth(context, owner_of(change)) == Flow():
        since = _since(change, context)
        if since is None:
            return replace(change, kind=Kind.SINCE_MISSING)
        if since <= context.old.compared_version:
            return replace(change, kind=Kind.SINCE_TOO_OLD)
    return change


def _fills_padding(change: Change, context: Context) -> bool:
    """Whether nothing moved and nothing grew, on any target."""
    return bool(context.layouts.targets) and not context.effects(owner_of(change))


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
                detail=f"{each.kind.value} {owner_of(each)}",
            )
        elif id(each) not in told:
            yield each


def _key(change: Change, convention: str) -> tuple[object, ...]:
    rest = change.subject.partition(".")[2]
    return convention, change.kind, rest, change.before, change.after, change.detail


# --- what follows from what


def _folded(changes: Sequence[Change]) -> Iterator[Cause]:
    followers: dict[int, list[Change]] = defaultdict(list)
    folded: set[int] = set()
    shifting: dict[str, Change] = {}
    bounds: dict[tuple[str, str], Change] = {}
    for each in changes:
        if each.kind in _SHIFTING:
            shifting.setdefault(owner_of(each), each)
        elif each.kind is Kind.CONSTANT_VALUE:
            bounds.setdefault((each.before, each.after), each)
    for each in changes:
        cause = None
        if each.kind is Kind.VALUE_RENUMBERED:
            cause = shifting.get(owner_of(each))
        elif each.kind in _OF_CONSTANTS:
            cause = next((change for ends, change in bounds.items() if _is_bound(each, ends)), None)
        if cause is not None:
            followers[id(cause)].append(each)
            folded.add(id(each))
    for each in changes:
        if id(each) not in folded:
            yield Cause(each, tuple(followers.get(id(each), ())))


def _is_bound(change: Change, ends: tuple[str, str]) -> bool:
    """Whether an array has as many elements as a constant says, or a default is its value, before and
    after."""
    if change.kind is Kind.DEFAULT_CHANGED:
        return (change.before, change.after) == (f"@default({ends[0]})", f"@default({ends[1]})")
    return f"; {ends[0]}]" in change.before and f"; {ends[1]}]" in change.after
