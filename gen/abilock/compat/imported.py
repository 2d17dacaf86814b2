"""Numbers of other descriptions, from which something here is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from abilock.compat.causes import COMPUTED, NUMBERS, SHIFTING
from abilock.compat.changes import Change, Kind
from abilock.compat.context import Described
from abilock.compat.enums import enums
from abilock.compat.types import Sides
from abilock.model.decls import Constant, EnumDecl


def imported_numbers(changes: Sequence[Change], old: Described, new: Described) -> Iterator[Change]:
    """Constants and values of enums of other descriptions that have another number, if something that
    changed is computed from them."""
    named = _named(changes, new)
    for name, after in new.numbers.items():
        before = old.numbers.get(name)
        if isinstance(before, Constant) and isinstance(after, Constant):
            if name in named and before.value != after.value:
                texts = str(before.value), str(after.value)
                yield Change(Kind.CONSTANT_VALUE, name, *texts, before.span, after.span)
        elif isinstance(before, EnumDecl) and isinstance(after, EnumDecl):
            found = tuple(enums(Sides(old.library, new.library, {}), before, after))
            yield from _values(found, named)


def _named(changes: Sequence[Change], new: Described) -> Set[str]:
    """What all that changed is computed from, at whatever distance. ex) ``WIDE``, ``Mode.Shut``"""
    named: set[str] = set()
    waiting = [each.subject for each in changes if each.kind in COMPUTED]
    while waiting:
        formula = new.library.formulas(waiting.pop())
        fresh = (formula.names if formula is not None else frozenset()) - named
        named |= fresh
        waiting.extend(each for each in fresh if each.partition(".")[0] in new.numbers)
    return named


def _values(changes: Sequence[Change], named: Set[str]) -> Iterator[Change]:
    """Of the changes of an enum, those of numbers that are used here, behind what brought them."""
    used = [
        each
        for each in changes
        if each.kind in NUMBERS
        and not named.isdisjoint((each.subject, f"{each.subject.rpartition('.')[0]}.{each.detail}"))
    ]
    if any(each.kind is Kind.VALUE_RENUMBERED for each in used):
        yield from (each for each in changes if each.kind in SHIFTING)
    yield from used
