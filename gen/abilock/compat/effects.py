"""What changes do to layouts: what moved, by how much, and on which targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeAlias

from abilock.frozen import frozen
from abilock.layout.engine import data_model
from abilock.layout.shapes import AggregateLayout, Layout, TypeLayout
from abilock.layout.target import Target, find_target
from abilock.model.decls import Alias, Library, Vtable
from abilock.model.types import Aggregate, Array, Named, Type

_BYTE = 8
#: How a library is laid out on a target.
Way: TypeAlias = Callable[[Library, Target], Layout]


@frozen
class Moved:
    """A member that stands elsewhere; places in bits.

    ex) ``Moved("status_fn", 512, 576)``
    """

    name: str
    before: int
    after: int


@frozen
class Effect:
    """How a type is laid out differently on these targets. Sizes and alignments in bytes, before and
    after."""

    targets: tuple[str, ...]
    size: tuple[int, int]
    align: tuple[int, int]
    moved: tuple[Moved, ...]

    @property
    def has_size(self) -> bool:
        return self.size[0] != self.size[1]

    @property
    def has_align(self) -> bool:
        return self.align[0] != self.align[1]


#: Where something begins and ends, in bits.
Bits: TypeAlias = tuple[int, int]


@frozen
class Record:
    """Where the members of a struct, union or vtable stand on these targets, before and after; ``size`` is
    what it took before, in bits. ``is_moved``: some stand elsewhere."""

    targets: tuple[str, ...]
    size: int
    old: Mapping[str, Bits]
    new: Mapping[str, Bits]
    is_moved: bool


class Layouts:
    """Both descriptions on every target that they have in common."""

    def __init__(
        self, old: Library, new: Library, renamed: Mapping[str, str], ways: tuple[Way, Way]
    ) -> None:
        """``ways``: how each of them is laid out."""
        self._libraries = old, new
        self._ways = ways
        self._former = {after: before for before, after in renamed.items()}
        self.targets = tuple(each for each in new.targets if each in old.targets)

    @cached_property
    def _models(self) -> tuple[tuple[tuple[str, ...], Layout, Layout], ...]:
        """Targets of one data model, and both layouts there."""
        groups: dict[Target, list[str]] = {}
        for triple in self.targets:
            groups.setdefault(data_model(find_target(triple)), []).append(triple)
        old, new = self._libraries
        lay_out_old, lay_out_new = self._ways
        return tuple(
            (
                tuple(triples),
                lay_out_old(old, find_target(triples[0])),
                lay_out_new(new, find_target(triples[0])),
            )
            for triples in groups.values()
        )

    def records(self, name: str) -> tuple[Record, ...]:
        """The record of this (new) name on every target; nothing for what is none."""
        known = self._records.get(name)
        if known is None:
            known = self._records[name] = tuple(self._placed(name))
        return known

    @cached_property
    def _records(self) -> dict[str, tuple[Record, ...]]:
        return {}

    def _placed(self, name: str) -> Iterator[Record]:
        for triples, old, new in self._models:
            before, after = old.types.get(self._former.get(name, name)), new.types.get(name)
            if isinstance(before, AggregateLayout) and isinstance(after, AggregateLayout):
                one, other = (
                    {each.name: each.extent for each in shape.flat_fields()}
                    for shape in (before, after)
                )
                is_moved = any(one[each][0] != other[each][0] for each in one.keys() & other.keys())
                yield Record(triples, before.size * _BYTE, one, other, is_moved)

    def effects(self, name: str) -> tuple[Effect, ...]:
        """How the type of this (new) name is laid out differently, for the targets on which it is; those
        with the same numbers together, in the order of the targets."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = tuple(self._effects(name))
        return known

    @cached_property
    def _known(self) -> dict[str, tuple[Effect, ...]]:
        return {}

    def _effects(self, name: str) -> Iterator[Effect]:
        found: dict[object, tuple[list[str], Effect]] = {}
        #: Tables are one object wherever they are laid out alike.
        compared: dict[tuple[int, int], Effect | None] = {}
        for triples, old, new in self._models:
            before = old.types.get(self._former.get(name, name))
            after = new.types.get(name)
            if before is None or after is None:
                continue
            pair = id(before), id(after)
            if pair not in compared:
                compared[pair] = _effect(triples, before, after)
            effect = compared[pair]
            if effect is None:
                continue
            key = effect.size, effect.align, effect.moved
            found.setdefault(key, ([], effect))[0].extend(triples)
        for on, effect in found.values():
            yield Effect(tuple(on), effect.size, effect.align, effect.moved)

    @property
    def models(self) -> tuple[tuple[tuple[str, ...], Layout, Layout], ...]:
        """Targets that share their numbers, with both layouts."""
        return self._models


def needed(
    library: Library, embedded: Mapping[str, Sequence[str]], names: Iterable[str]
) -> frozenset[str]:
    """These types, those that hold one of them by value, and what all of these hold."""
    upward = set(names)
    waiting = list(upward)
    for name in waiting:  # grows while it is walked
        for place in embedded.get(name, ()):
            holder = place.partition(".")[0]
            if holder not in upward:
                upward.add(holder)
                waiting.append(holder)
    held: dict[str, set[str]] = {}
    for name, places in embedded.items():
        for place in places:
            held.setdefault(place.partition(".")[0], set()).add(name)
    for each in library.declarations:
        if isinstance(each, Alias):
            held.setdefault(each.name, set()).update(_by_value(each.type))
    found = set(upward)
    waiting = list(upward)
    for name in waiting:
        for inner in held.get(name, ()):
            if inner not in found:
                found.add(inner)
                waiting.append(inner)
    return frozenset(found)


def reduced(library: Library, names: frozenset[str]) -> Library:
    """The library without the structs, unions and vtables that nobody asks for."""
    kept = {
        each.name
        for each in library.declarations
        if each.name in names or not isinstance(each, (Aggregate, Vtable, Alias))
    }
    # Another name is only laid out if what it stands for is.
    declarations = []
    for each in library.declarations:
        if isinstance(each, Alias) and all(name in kept for name in _by_value(each.type)):
            kept.add(each.name)
        if each.name in kept:
            declarations.append(each)
    return replace(library, declarations=tuple(declarations))


def _by_value(given: Type) -> Iterator[str]:
    match given:
        case Named():
            yield given.name
        case Array():
            yield from _by_value(given.element)


def _effect(triples: tuple[str, ...], before: TypeLayout, after: TypeLayout) -> Effect | None:
    moved: tuple[Moved, ...] = ()
    if isinstance(before, AggregateLayout) and isinstance(after, AggregateLayout):
        if before.members == after.members and before.size == after.size:
            if before.align == after.align:
                return None
        else:
            moved = tuple(_moved(before, after))
    sizes, aligns = (before.size, after.size), (before.align, after.align)
    if not moved and sizes[0] == sizes[1] and aligns[0] == aligns[1]:
        return None
    return Effect(triples, sizes, aligns, moved)


def _moved(before: AggregateLayout, after: AggregateLayout) -> Iterator[Moved]:
    """Members, not those of members that moved along with them."""
    former = {each.name: each.extent[0] for each in before.flat_fields()}
    carried: dict[str, int] = {}
    for each in after.flat_fields():
        name, place = each.name, each.extent[0]
        at = former.get(name)
        if at is None or at == place:
            continue
        carried[name] = place - at
        outer = name.rpartition(".")[0]
        if carried.get(outer) != place - at:
            yield Moved(name, at, place)
