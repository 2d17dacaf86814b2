"""What judges have in common: their answer, and what they ask again and again."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TypeAlias

from abilock.compat.changes import Change
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source, cells, worst
from abilock.compat.outcomes import Cells, Outcome, Pairings
from abilock.compat.places import Place
from abilock.compat.roles import Side
from abilock.frozen import frozen


@frozen
class Judged:
    """A judge's answer.

    ``flows``: where it differs by who provides; otherwise ``flow`` holds for all ``providers``.
    ``level``: None follows from the cells.
    """

    message: str
    flow: Flow = Flow()
    source: Source = Source()
    providers: Collection[Side] = ()
    flows: Mapping[Side, Flow] | None = None
    level: Level | None = None
    hint: str | None = None
    targets: tuple[str, ...] | None = None

    @property
    def cells(self) -> Cells:
        sides = tuple(self.providers) or tuple(Side)
        if self.flows is None:
            return cells(self.flow, self.source, sides)
        source = self.source.pairings(sides)
        each = [self.flows.get(side, self.flow).binary((side,)) for side in sides]
        binary = Pairings(
            worst(one.old_plugin_new_host for one in each),
            worst(one.new_plugin_old_host for one in each),
        )
        return Cells(binary, source)

    @property
    def judged_level(self) -> Level:
        if self.level is not None:
            return self.level
        binary = self.cells.binary
        if not binary.are_fine:
            return Level.BREAKING
        outcomes = binary.old_plugin_new_host, binary.new_plugin_old_host
        return (
            Level.COMPATIBLE
            if all(each is Outcome.FINE for each in outcomes)
            else Level.APPEND_ONLY
        )


_PADDING = re.compile(r"_: \w+ : \d+")

Judge: TypeAlias = Callable[[Change, Context], Judged]

#: Source that has to be changed on both sides.
REWRITE = Source.both(Outcome.DOES_NOT_COMPILE)


def place_of(change: Change, context: Context) -> Place | None:
    """Where a change is, in the new description or, what is gone, in the old one."""
    return context.after(change.subject) or context.before(change.subject)


def providers_of(change: Change, context: Context) -> frozenset[Side]:
    """Who provides it, before or after; nobody known is anybody."""
    places = context.after(change.subject), context.before(change.subject)
    found = frozenset().union(*(each.providers for each in places if each is not None))
    return found or frozenset(Side)


def givers_of(change: Change, context: Context) -> frozenset[Side]:
    """Who gives what is behind a parameter: through one with ``@out`` that is who is called, and not who
    calls; with ``@inout``, both."""
    providers = providers_of(change, context)
    place = place_of(change, context)
    if place is None or not place.is_passed:
        return providers
    others = frozenset(side.other for side in providers)
    if place.attributes.has("out"):
        return others
    return providers | others if place.attributes.has("inout") else providers


def owner_of(change: Change) -> str:
    """The declaration that a change is in. ex) ``SourceVtable``"""
    return change.subject.partition(".")[0]


def name_of(change: Change) -> str:
    """The last part of the full name. ex) ``start_fn``"""
    return change.subject.rpartition(".")[2]


def is_padding(change: Change) -> bool:
    """Whether it is about bits without a name, which nobody reads or writes. ex) ``_: u32 : 5``"""
    return _PADDING.fullmatch(change.after or change.before) is not None


def within(judged: Judged, more: Flow) -> Judged:
    """The same, where what happens to the whole that the element is part of comes before."""
    if judged.flows is not None:
        flows = {side: _rather(flow, more) for side, flow in judged.flows.items()}
        return replace(judged, flows=flows)
    return replace(judged, flow=_rather(judged.flow, more))


def _rather(flow: Flow, more: Flow) -> Flow:
    return Flow(
        flow.new_reader if more.new_reader.is_fine else more.new_reader,
        flow.old_reader if more.old_reader.is_fine else more.old_reader,
    )


def merged(one: Flow, other: Flow) -> Flow:
    """What is worse of each."""
    return Flow(
        worst((one.new_reader, other.new_reader)), worst((one.old_reader, other.old_reader))
    )
