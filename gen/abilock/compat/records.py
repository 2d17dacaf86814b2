"""How two structs, unions or vtables differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from abilock.compat.changes import Change, Kind
from abilock.compat.functions import functions, functions_of_slots, uses
from abilock.compat.groups import Group, groups, name_of, renames, ungrouped
from abilock.compat.meaning import meaning
from abilock.compat.names import new_names
from abilock.compat.pairing import Pairing, pair
from abilock.compat.resemblance import is_only_known_by_its_parameters, is_said_alike
from abilock.compat.types import Sides
from abilock.compat.versions import is_declared_new
from abilock.model.attributes import NO_ATTRIBUTES, OF_CALLS, Attribute, Attributes, Word
from abilock.model.decls import Member, Slot, Vtable, members_of
from abilock.model.text import member_text
from abilock.model.types import Aggregate, Field, FunctionPointer, Nested


def records(
    sides: Sides, subject: str, old: Aggregate | Vtable, new: Aggregate | Vtable
) -> Iterator[Change]:
    """The changes of one record: its own, then those of its members."""
    if isinstance(old, Aggregate) and isinstance(new, Aggregate):
        yield from _shape(subject, old, new)
    is_union = isinstance(new, Aggregate) and new.is_union
    both = members_of(old), members_of(new)
    grouped = () if is_union else groups(sides, *both)
    found = _pairing(
        sides,
        ungrouped(both[0], grouped, is_new=False),
        ungrouped(both[1], grouped, is_new=True),
    )
    again = (*found.renamed, *found.relocated)
    local = {**renames(grouped), **{name_of(before): name_of(after) for before, after in again}}
    names = new_names(sides, local, old.attributes, None)
    members = (*found.kept, *again)
    for change in meaning(subject, _beyond_usual(old, new), _beyond_usual(new, old), names):
        if not _is_said_by_slots(change.detail, members, old, new):
            yield change
    for group in grouped:
        yield from _group(sides, subject, group, local)
    yield from _places(subject, found, is_union)
    for before, after in members:
        if before == after:
            continue
        spans = before.span, after.span
        both_said = _as_said(before, after, old), _as_said(after, before, new)
        for change in _member(sides, f"{subject}.{name_of(after)}", *both_said, local):
            yield replace(change, old=change.old or spans[0], new=change.new or spans[1])


def _beyond_usual(record: Aggregate | Vtable, other: Aggregate | Vtable) -> Attributes:
    """Without what holds of a table of which nothing is said, as nothing is of the other one."""
    given = record.attributes.get("object")
    is_usual = given is not None and given.arguments == (Word("state"),)
    if is_usual and isinstance(record, Vtable) and not other.attributes.has("object"):
        return record.attributes.without("object")
    return record.attributes


def _as_said(one: Member, other: Member, holder: Aggregate | Vtable) -> Member:
    """A slot that does not say how it may be called means what its table says; ``other`` says it."""
    said = tuple(
        each
        for each in holder.attributes.all
        if each.name in OF_CALLS
        and other.attributes.has(each.name)
        and not one.attributes.has(each.name)
    )
    return replace(one, attributes=one.attributes | Attributes(said)) if said else one


def _is_said_by_slots(
    name: str,
    members: Sequence[tuple[Member, Member]],
    old: Aggregate | Vtable,
    new: Aggregate | Vtable,
) -> bool:
    """Whether what a table says differently of all its slots, each of them says by itself as before."""
    slots = [both for both in members if isinstance(both[0], Slot)]
    return (
        name in OF_CALLS
        and bool(slots)
        and all(_said(one, old, name) == _said(other, new, name) for one, other in slots)
    )


def _said(member: Member, holder: Aggregate | Vtable, name: str) -> Attribute | None:
    return member.attributes.get(name) or holder.attributes.get(name)


def _group(sides: Sides, subject: str, group: Group, local: Mapping[str, str]) -> Iterator[Change]:
    """That fields were put together, what became of each, and what only the whole of them says."""
    apart, member = ", ".join(map(member_text, group.run)), member_text(group.member)
    texts = (apart, member) if group.is_new else (member, apart)
    first, other = group.run[0], group.member
    spans = (first.span, other.span) if group.is_new else (other.span, first.span)
    place = f"{subject}.{name_of(other if group.is_new else first)}"
    yield Change(Kind.FIELDS_REGROUPED, place, *texts, *spans, group.names)
    for leaf in group.leaves:
        for change in _member(sides, f"{subject}.{leaf.now}", leaf.old, leaf.new, local):
            spans = leaf.old.span, leaf.new.span
            yield replace(change, old=change.old or spans[0], new=change.new or spans[1])
    for said in (group.own, group.said):
        both = (NO_ATTRIBUTES, said) if group.is_new else (said, NO_ATTRIBUTES)
        yield from meaning(place, *both, local)


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
    return {name_of(before): name_of(after) for before, after in (*found.renamed, *found.relocated)}


def _pairing(sides: Sides, old: Sequence[Member], new: Sequence[Member]) -> Pairing[Member]:
    names = _names(old, new)

    def alike(before: Member, after: Member) -> bool:
        if is_declared_new(after.attributes, sides.old):
            return False
        if _is_reserved(before) != _is_reserved(after):
            return isinstance(before, type(after)) and _is_reserved(before)
        match before, after:
            case Field(), Field() if _is_padding(before) != _is_padding(after):
                return False
            case Field(), Field():
                is_alike = before.bits == after.bits and sides.alike(before.type, after.type)
                if is_alike and isinstance(after.type, FunctionPointer):
                    # One that is called another way is another one, as with slots.
                    return not any(uses(sides, "", before.type, after.type, before.own, after.own))
                return is_alike
            case Slot(), Slot():
                return not any(functions(sides, "", before.signature, after.signature))
            case _:
                return False

    def same(before: Member, after: Member) -> bool:
        if _is_reserved(before) or _is_reserved(after):
            return False
        if is_declared_new(after.attributes, sides.old):
            return False
        if any(_member(sides, "", before, after, {})):
            return False
        return is_said_alike(before, after) or is_alone(before, after)

    def is_alone(before: Member, after: Member) -> bool:
        """Whether no other slot is called like these, so that the way to call them tells them apart."""
        if not all(is_only_known_by_its_parameters(each) for each in (before, after)):
            return False
        pairs = (
            *((each, after) for each in old if each is not before),
            *((before, each) for each in new if each is not after),
        )
        return not any(
            isinstance(one, Slot)
            and isinstance(other, Slot)
            and not any(_member(sides, "", one, other, {}))
            for one, other in pairs
        )

    return pair(old, new, lambda each: names[id(each)], alike, same)


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
    take(lambda one, other: member_text(one) == member_text(other))
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
        if _is_padding(before) or _is_padding(after):
            yield _put_to_use(subject, found, before, after)
            continue
        kind = Kind.SLOT_REPLACED if isinstance(before, Slot) else Kind.FIELD_REPLACED
        place, spans = f"{subject}.{name_of(after)}", (before.span, after.span)
        yield Change(kind, place, member_text(before), member_text(after), *spans, name_of(before))
    for gone in found.removed:
        if id(gone) in taken:
            continue
        kind = Kind.SLOT_REMOVED if isinstance(gone, Slot) else Kind.FIELD_REMOVED
        kind = Kind.UNION_MEMBER_REMOVED if is_union else kind
        yield Change(kind, f"{subject}.{name_of(gone)}", member_text(gone), "", gone.span)
    for added in found.inserted:
        if id(added) in taken:
            continue
        kind = Kind.SLOT_INSERTED if isinstance(added, Slot) else Kind.FIELD_INSERTED
        kind = Kind.UNION_MEMBER_ADDED if is_union else kind
        yield Change(kind, f"{subject}.{name_of(added)}", "", member_text(added), None, added.span)
    for added in found.appended:
        if id(added) in taken:
            continue
        kind = Kind.SLOT_APPENDED if isinstance(added, Slot) else Kind.FIELD_APPENDED
        kind = Kind.UNION_MEMBER_ADDED if is_union else kind
        yield Change(kind, f"{subject}.{name_of(added)}", "", member_text(added), None, added.span)
    for before, after in (*found.renamed, *(found.relocated if is_union else ())):
        kind = Kind.SLOT_RENAMED if isinstance(after, Slot) else Kind.FIELD_RENAMED
        kind = Kind.UNION_MEMBER_RENAMED if is_union else kind
        if _is_reserved(before) and not _is_reserved(after):
            kind = Kind.RESERVED_USED
        elif _is_reserved(after) and not _is_reserved(before):
            kind = Kind.MADE_RESERVED
        elif name_of(before) == name_of(after) == "_":
            continue
        place = f"{subject}.{name_of(after)}"
        yield Change(kind, place, member_text(before), member_text(after), before.span, after.span)
    if is_union:
        return  # Every member of a union stands at its start.
    for one, other in found.swapped:
        kind = Kind.SLOTS_SWAPPED if isinstance(one, Slot) else Kind.FIELDS_SWAPPED
        yield Change(kind, f"{subject}.{name_of(one)}", new=one.span, detail=name_of(other))
    for each in found.moved:
        kind = Kind.SLOT_MOVED if isinstance(each, Slot) else Kind.FIELD_MOVED
        yield Change(kind, f"{subject}.{name_of(each)}", new=each.span)
    for before, after in found.relocated:
        kind = Kind.SLOT_MOVED if isinstance(after, Slot) else Kind.FIELD_MOVED
        place, texts = f"{subject}.{name_of(after)}", (member_text(before), member_text(after))
        yield Change(kind, place, *texts, before.span, after.span, name_of(before))


def _put_to_use(subject: str, found: Pairing[Member], before: Member, after: Member) -> Change:
    """Bits without a name are nothing that came or went: what has a name is."""
    if _is_padding(after):
        place = f"{subject}.{name_of(before)}"
        return Change(Kind.FIELD_REMOVED, place, member_text(before), "", before.span)
    is_last = any(each is after for each in found.appended)
    kind = Kind.FIELD_APPENDED if is_last else Kind.FIELD_INSERTED
    place = f"{subject}.{name_of(after)}"
    return Change(kind, place, "", member_text(after), None, after.span)


def _member(
    sides: Sides, subject: str, old: Member, new: Member, local: Mapping[str, str]
) -> Iterator[Change]:
    """``local``: what its attributes may mean by another name."""
    if old.name == new.name and _is_reserved(old) != _is_reserved(new):
        kind = Kind.RESERVED_USED if _is_reserved(old) else Kind.MADE_RESERVED
        yield Change(kind, subject, member_text(old), member_text(new))
    match old, new:
        case Field(), Field():
            yield from _field(sides, subject, old, new, local)
        case Slot(), Slot():
            yield from _slot(sides, subject, old, new)
        case _:
            yield Change(Kind.MEMBER_RETARGETED, subject, member_text(old), member_text(new))


def _field(
    sides: Sides, subject: str, old: Field, new: Field, local: Mapping[str, str]
) -> Iterator[Change]:
    if old.bits != new.bits:
        yield Change(Kind.BIT_WIDTH_CHANGED, subject, member_text(old), member_text(new))
    if old.align != new.align:
        yield Change(Kind.FIELD_ALIGNMENT_CHANGED, subject, _aligned(old), _aligned(new))
    if isinstance(old.type, Nested) and isinstance(new.type, Nested):
        yield from records(sides, subject, old.type.aggregate, new.type.aggregate)
    old, new = sides.spelled_out(old, new)
    yield from uses(sides, subject, old.type, new.type, old.own, new.own)
    names = new_names(sides, local, old.attributes, old.type)
    are_bytes = sides.are_bytes(new.type)
    yield from meaning(subject, old.attributes, new.attributes, names, are_bytes=are_bytes)


def _slot(sides: Sides, subject: str, old: Slot, new: Slot) -> Iterator[Change]:
    kinds: list[Kind] = []
    if old.optional != new.optional:
        kinds.append(Kind.SLOT_MADE_OPTIONAL if new.optional else Kind.SLOT_MADE_MANDATORY)
    if old.drop != new.drop:
        kinds.append(Kind.SLOT_ROLE_CHANGED)
    if old.receiver is not new.receiver:
        kinds.append(Kind.RECEIVER_CHANGED)
    for kind in kinds:
        yield Change(kind, subject, member_text(old), member_text(new))
    yield from functions_of_slots(sides, subject, old, new)


def _is_padding(member: Member) -> bool:
    """Whether it is bits that nobody can name."""
    return isinstance(member, Field) and member.name is None and member.bits is not None


def _is_reserved(member: Member) -> bool:
    return member.attributes.has("reserved")


def _aligned(field: Field) -> str:
    """ex) ``@align(16) lanes: [f32; 4]``"""
    return (
        member_text(field) if field.align is None else f"@align({field.align}) {member_text(field)}"
    )
