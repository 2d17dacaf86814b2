"""What becomes of source whose numbers have another type: C converts them, and loses what has no room."""

from __future__ import annotations

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.flows import Source
from abilock.compat.judging import REWRITE, place_of
from abilock.compat.outcomes import Outcome
from abilock.layout.measure import scalar_extent
from abilock.layout.target import find_target
from abilock.model.decls import Alias, EntryStatic, Library
from abilock.model.scalars import SCALARS
from abilock.model.types import Array, Named, Scalar, Type


def converted(change: Change, context: Context) -> Source:
    """Of an element that is another number now. Functions and variables that are defined have to be
    declared alike; whoever calls or uses them has its numbers converted, unseen.

    ex) an ``i32`` field that is an ``i64``: who writes it need not change, who reads it keeps half
    """
    numbers, place = numbers_of(change, context), place_of(change, context)
    if numbers is None or place is None or not {*numbers} <= SCALARS:
        return REWRITE
    one, other = numbers
    writing = _losing(one, other, change, context)
    reading = _losing(other, one, change, context)
    is_result = change.subject.endswith(".return")
    if isinstance(place.item, EntryStatic) or (place.is_passed and is_result):
        return Source(Outcome.DOES_NOT_COMPILE, reading)
    if place.is_passed:
        return Source(writing, Outcome.DOES_NOT_COMPILE)
    return Source(writing, reading)


def _losing(given: str, room: str, change: Change, context: Context) -> Outcome:
    """What a number suffers where there is room for another one."""
    loses = change.kind is Kind.VALUE_KIND_CHANGED or any(
        scalar_extent(given, target).size > scalar_extent(room, target).size
        for target in map(find_target, context.layouts.targets)
    )
    return Outcome.COMPILES_WRONG if loses else Outcome.FINE


def numbers_of(change: Change, context: Context) -> tuple[str, str] | None:
    """The scalars that an element comes down to, before and after."""
    old, new = context.before(change.subject), context.after(change.subject)
    if old is None or new is None:
        return None
    before = _scalar(old.type or _alias_type(old.item), context.old)
    after = _scalar(new.type or _alias_type(new.item), context.new)
    return None if before is None or after is None else (before, after)


def _alias_type(item: object) -> Type | None:
    return item.type if isinstance(item, Alias) else None


def _scalar(given: Type | None, library: Library) -> str | None:
    """Through arrays and aliases."""
    while given is not None:
        if isinstance(given, Scalar):
            return given.name
        if isinstance(given, Array):
            given = given.element
        elif isinstance(given, Named):
            declared = library.find(given.name)
            given = declared.type if isinstance(declared, Alias) else None
        else:
            return None
    return None
