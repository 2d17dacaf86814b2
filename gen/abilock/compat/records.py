"""How two structs, unions or vtables differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from abilock.compat.changes import Change, Kind
from abilock.compat.functions import function_meaning, functions, uses
from abilock.compat.meaning import meaning
from abilock.compat.names import new_names
from abilock.compat.pairing import Pairing, pair
from abilock.compat.types import Sides
from abilock.model.decls import Member, Slot, Vtable, members_of
from abilock.model.text import signature_text, slot_words, type_text
from abilock.model.types import Aggregate, Field, Nested


def records(
    sides: Sides, subject: str, old: Aggregate | Vtable, new: Aggregate | Vtable
) -> Iterator[Change]:
    """The changes of one record: its own, then those of its members."""
    if isinstance(old, Aggregate) and isinstance(new, Aggregate):
        yield from _shape(subject, old, new)
    is_union = isinstance(new, Aggregate) and new.is_union
    found = _pairing(sides, members_of(old), members_of(new))
    local = {_name(before): _name(after) for before, after in found.renamed}
    names = new_names(sides, local, old.attributes, None)
    yield from meaning(subject, old.attributes, new.attributes, names)
    yield from _places(subject, found, is_union)
    for before, after in (*found.kept, *found.renamed):
        if before == after:
            continue
        spans = before.span, after.span
        for change in _member(sides, f"{subject}.{_name(after)}", before, after, local):
            yield replace(change, old=change.old or spans[0], new=change.new or spans[1])


def _shape(subject: str, old: Aggregate, new: Aggregate) -> Iterator[Change]:
    for kind, before, after in (
        (Kind.PACKING_CHANGED, old.packed, new.packed),
        (Kind.ALIGNMENT_CHANGED, old.align, new.align),
    ):
        if before != after:
            texts = "" if before is None else str(before), "" if after is None else str(after)
            yield Change(kind, subject, *texts, old.span, new.span)


def renamed_members(
    sides: Sides, old: Aggregate | Vtable, new: Aggregate | Vtable
) -> dict[str, str]:
    """Old names of members, and the new names of the same."""
    found = _pairing(sides, members_of(old), members_of(new))
    return {_name(before): _name(after) for before, after in found.renamed}


def _pairing(sides: Sides, old: Sequence[Member], new: Sequence[Member]) -> Pairing[Member]:
    names = _names(old, new)

    def alike(before: Member, after: Member) -> bool:
        if _is_reserved(before) != _is_reserved(after):
            return isinstance(before, type(after)) and _is_reserved(before)
        match before, after:
            case Field(), Field():
                return before.bits == after.bits and sides.alike(before.type, after.type)
            case Slot(), Slot():
                return not any(functions(sides, "", before.signature, after.signature))
            case _:
                return False

    return pair(old, new, lambda each: names[id(each)], alike)


def _names(old: Sequence[Member], new: Sequence[Member]) -> dict[int, str]:
    """What members of both are told apart by. An unnamed one is the one that holds a name that it holds,
    which C lets stand once among all of them; else one that reads the same; else the next that is left."""
    former = {number: each for number, each in enumerate(old) if each.name is None}
    unnamed = [each for each in new if each.name is None]
    names = {id(each): f"_{number}" for number, each in former.items()}

    def take(is_same: Callable[[Member, Member], bool]) -> None:
        for each in [one for one in unnamed if id(one) not in names]:
            number = next((n for n, one in former.items() if is_same(one, each)), None)
            if number is not None:
                names[id(each)] = f"_{number}"
                del former[number]

    take(lambda one, other: not _held(one).isdisjoint(_held(other)))
    take(lambda one, other: _text(one) == _text(other))
    take(lambda one, other: True)
    for number, each in enumerate(unnamed, len(old)):
        names.setdefault(id(each), f"_{number}")
    return names | {id(each): each.name for each in (*old, *new) if each.name is not None}


def _held(member: Member) -> frozenset[str]:
    """The names that are in an unnamed member, at any depth of unnamed ones."""
    if not isinstance(member, Field) or not isinstance(member.type, Nested):
        return frozenset()
    fields = member.type.aggregate.fields
    return frozenset().union(*([each.name] if each.name else _held(each) for each in fields))


def _places(subject: str, found: Pairing[Member], is_union: bool) -> Iterator[Change]:
    replaced = () if is_union else found.replaced
    taken = {id(each) for two in replaced for each in two}
    for before, after in replaced:
        kind = Kind.SLOT_REPLACED if isinstance(before, Slot) else Kind.FIELD_REPLACED
        place, spans = f"{subject}.{_name(after)}", (before.span, after.span)
        yield Change(kind, place, _text(before), _text(after), *spans, _name(before))
    for gone in found.removed:
        if id(gone) in taken:
            continue
        kind = Kind.SLOT_REMOVED if isinstance(gone, Slot) else Kind.FIELD_REMOVED
        kind = Kind.UNION_MEMBER_REMOVED if is_union else kind
        yield Change(kind, f"{subject}.{_name(gone)}", _text(gone), "", gone.span)
    for added in found.inserted:
        if id(added) in taken:
            continue
        kind = Kind.SLOT_INSERTED if isinstance(added, Slot) else Kind.FIELD_INSERTED
        kind = Kind.UNION_MEMBER_ADDED if is_union else kind
        yield Change(kind, f"{subject}.{_name(added)}", "", _text(added), None, added.span)
    for added in found.appended:
        if id(added) in taken:
            continue
        kind = Kind.SLOT_APPENDED if isinstance(added, Slot) else Kind.FIELD_APPENDED
        kind = Kind.UNION_MEMBER_ADDED if is_union else kind
        yield Change(kind, f"{subject}.{_name(added)}", "", _text(added), None, added.span)
    for before, after in found.renamed:
        kind = Kind.SLOT_RENAMED if isinstance(after, Slot) else Kind.FIELD_RENAMED
        kind = Kind.UNION_MEMBER_RENAMED if is_union else kind
        if _is_reserved(before) and not _is_reserved(after):
            kind = Kind.RESERVED_USED
        elif _is_reserved(after) and not _is_reserved(before):
            kind = Kind.MADE_RESERVED
        elif _name(before) == _name(after) == "_":
            continue
        place = f"{subject}.{_name(after)}"
        yield Change(kind, place, _text(before), _text(after), before.span, after.span)
    if is_union:
        return  # Every member of a union stands at its start.
    for one, other in found.swapped:
        kind = Kind.SLOTS_SWAPPED if isinstance(one, Slot) else Kind.FIELDS_SWAPPED
        yield Change(kind, f"{subject}.{_name(one)}", new=one.span, detail=_name(other))
    for each in found.moved:
        kind = Kind.SLOT_MOVED if isinstance(each, Slot) else Kind.FIELD_MOVED
        yield Change(kind, f"{subject}.{_name(each)}", new=each.span)


def _member(
    sides: Sides, subject: str, old: Member, new: Member, local: Mapping[str, str]
) -> Iterator[Change]:
    """``local``: what its attributes may mean by another name."""
    if old.name == new.name and _is_reserved(old) != _is_reserved(new):
        kind = Kind.RESERVED_USED if _is_reserved(old) else Kind.MADE_RESERVED
        yield Change(kind, subject, _text(old), _text(new))
    match old, new:
        case Field(), Field():
            yield from _field(sides, subject, old, new, local)
        case Slot(), Slot():
            yield from _slot(sides, subject, old, new)
        case _:
            yield Change(Kind.MEMBER_RETARGETED, subject, _text(old), _text(new))


def _field(
    sides: Sides, subject: str, old: Field, new: Field, local: Mapping[str, str]
) -> Iterator[Change]:
    if old.bits != new.bits:
        yield Change(Kind.BIT_WIDTH_CHANGED, subject, _text(old), _text(new))
    if old.align != new.align:
        yield Change(Kind.FIELD_ALIGNMENT_CHANGED, subject, _aligned(old), _aligned(new))
    if isinstance(old.type, Nested) and isinstance(new.type, Nested):
        yield from records(sides, subject, old.type.aggregate, new.type.aggregate)
    yield from uses(sides, subject, old.type, new.type, old.own, new.own)
    names = new_names(sides, local, old.attributes, old.type)
    are_bytes = sides.are_bytes(new.type)
    yield from meaning(subject, old.attributes, new.attributes, names, are_bytes=are_bytes)


def _slot(sides: Sides, subject: str, old: Slot, new: Slot) -> Iterator[Change]:
    texts = _text(old), _text(new)
    if old.optional != new.optional:
        kind = Kind.SLOT_MADE_OPTIONAL if new.optional else Kind.SLOT_MADE_MANDATORY
        yield Change(kind, subject, *texts)
    if old.drop != new.drop:
        yield Change(Kind.SLOT_ROLE_CHANGED, subject, *texts)
    if old.receiver is not new.receiver:
        yield Change(Kind.RECEIVER_CHANGED, subject, *texts)
    yield from functions(sides, subject, old.signature, new.signature)
    before, after = (old.attributes, old.signature), (new.attributes, new.signature)
    yield from function_meaning(sides, subject, before, after)


def _is_reserved(member: Member) -> bool:
    return member.attributes.has("reserved")


def _name(member: Member) -> str:
    return member.name or "_"


def _text(member: Member) -> str:
    """ex) ``count: u32``, ``optional fn put(self: mut, key: u32)``"""
    if isinstance(member, Slot):
        words = slot_words(member)
        text = signature_text(member.signature, member.name)
        return f"{words} {text}" if words else text
    bits = "" if member.bits is None else f" : {member.bits}"
    return f"{_name(member)}: {'own ' if member.own else ''}{type_text(member.type)}{bits}"


def _aligned(field: Field) -> str:
    """ex) ``@align(16) lanes: [f32; 4]``"""
    return _text(field) if field.align is None else f"@align({field.align}) {_text(field)}"
