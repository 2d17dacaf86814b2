"""Types that have no room to grow and that grew: older plugins have elements of another size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.layout.shapes import AggregateLayout
from abilock.model.decls import Alias, Library, Member, Vtable, members_of
from abilock.model.exact import exact_types
from abilock.model.types import Aggregate, Array, Field, Named, Nested, Type
from abilock.model.version import Version
from abilock.outputs.cffi.objects import version_tuple
from abilock.outputs.spec import Layouts


@dataclass(frozen=True, slots=True)
class Grown:
    """A type, and the version since which it has its size, as Python has it: ``(1, 1, 0, 1)``"""

    name: str
    since: str


def grown_types(library: Library, layouts: Layouts) -> tuple[Grown, ...]:
    """All of them, by name."""
    found = []
    for name in sorted(_fixed(library)):
        declared = library.find(name)
        if isinstance(declared, Aggregate | Vtable):
            since = _since(declared, layouts)
            if since is not None:
                found.append(Grown(name, version_tuple(since)))
    return tuple(found)


def _fixed(library: Library) -> frozenset[str]:
    """Types that must have exactly their size, and what those hold."""
    found: set[str] = set()
    waiting = list(exact_types(library))
    while waiting:
        name = waiting.pop()
        declared = library.find(name)
        if name in found or not isinstance(declared, Aggregate | Vtable):
            continue
        found.add(name)
        waiting.extend(each for each in _held(library, members_of(declared)))
    return frozenset(found)


def _held(library: Library, members: tuple[Member, ...]) -> Iterator[str]:
    for member in members:
        if isinstance(member, Field):
            yield from _by_value(library, member.type)


def _by_value(library: Library, given: Type) -> Iterator[str]:
    match given:
        case Named():
            declared = library.find(given.name)
            if isinstance(declared, Alias):
                yield from _by_value(library, declared.type)
            else:
                yield given.name
        case Array():
            yield from _by_value(library, given.element)
        case Nested():
            yield from _held(library, given.aggregate.fields)


def _since(declared: Aggregate | Vtable, layouts: Layouts) -> Version | None:
    """The newest version that made it larger, on whatever target. What fits into its padding did not."""
    ages = {
        each.name: since
        for each in members_of(declared)
        if (since := each.attributes.version("since")) is not None
    }
    versions = [
        since
        for layout in layouts
        if isinstance(shape := layout.types.get(declared.name), AggregateLayout)
        for since in sorted(set(ages.values()))
        if _end(shape, ages, since) > _rounded(_end(shape, ages, since, before=True), shape.align)
    ]
    return max(versions, default=None)


def _end(
    shape: AggregateLayout, ages: dict[str | None, Version], since: Version, *, before: bool = False
) -> int:
    """Where the members end that a version has, or those that were there before it."""
    return max(
        (
            each.offset + each.size
            for each in shape.members
            if each.name not in ages
            or ages[each.name] < since
            or (ages[each.name] == since and not before)
        ),
        default=0,
    )


def _rounded(size: int, align: int) -> int:
    return -(-size // align) * align
