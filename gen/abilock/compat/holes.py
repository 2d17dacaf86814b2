"""New members that stand where there was padding, or what was kept for later."""

from __future__ import annotations

from abilock.compat.changes import Change
from abilock.compat.context import Context
from abilock.compat.effects import Bits, Record
from abilock.compat.judging import owner_of
from abilock.model.decls import Member, Vtable, members_of
from abilock.model.types import Aggregate


def filling(change: Change, context: Context) -> tuple[str, ...]:
    """The targets on which a new member takes nothing but padding and moves nobody."""
    parts = change.subject.split(".")[1:]
    # The members of an unnamed one are those of the whole.
    name = ".".join(each for each in parts if each != "_")
    found = set[str]()
    for record in context.layouts.records(owner_of(change)):
        if _fills(name, record):
            found.update(record.targets)
    return tuple(each for each in context.layouts.targets if each in found)


def taking(change: Change, context: Context) -> tuple[Member, tuple[str, ...]] | None:
    """The reserved member of the older description in whose place a new one stands, and the targets on
    which it does, with nobody else moved."""
    owner = owner_of(change)
    reserved = reserved_members(context, owner)
    kept = set(in_place(context, owner)) if reserved else set()
    name = change.subject.partition(".")[2]
    for each in reserved:
        found = set[str]()
        for record in context.layouts.records(owner):
            one, other = record.old.get(each.name or ""), record.new.get(name)
            if one and other and _is_within(other, one):
                found.update(kept.intersection(record.targets))
        if found:
            return each, tuple(target for target in context.layouts.targets if target in found)
    return None


def _is_within(inner: Bits, outer: Bits) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def reserved_members(context: Context, owner: str) -> tuple[Member, ...]:
    """Those that a record kept for later."""
    before = context.before(owner)
    item = before.item if before is not None else None
    members = members_of(item) if isinstance(item, (Aggregate, Vtable)) else ()
    return tuple(each for each in members if each.attributes.has("reserved"))


def is_in_place(context: Context, owner: str) -> bool:
    """Whether nothing of a record moved but what is only kept for later."""
    return in_place(context, owner) == context.layouts.targets


def in_place(context: Context, owner: str) -> tuple[str, ...]:
    """The targets on which that is so."""
    reserved = {each.name for each in reserved_members(context, owner)}
    others = {
        target
        for effect in context.effects(owner)
        if effect.has_size
        or effect.has_align
        or any(each.name.partition(".")[0] not in reserved for each in effect.moved)
        for target in effect.targets
    }
    return tuple(each for each in context.layouts.targets if each not in others)


def _fills(name: str, record: Record) -> bool:
    place = record.new.get(name)
    if place is None or name in record.old or record.is_moved or place[1] > record.size:
        return False
    # What the new one is inside of does not take its place.
    return all(
        place[1] <= taken[0] or taken[1] <= place[0] or name.startswith(f"{each}.")
        for each, taken in record.old.items()
    )
