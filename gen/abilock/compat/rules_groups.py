"""Judges of fields that were put together in a struct, or taken out of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.effects import needed, reduced
from abilock.compat.flows import Flow, Source
from abilock.compat.groups import Group, groups
from abilock.compat.growth import function_names, growth, is_function
from abilock.compat.judging import REWRITE, Judge, Judged, merged, owner_of, providers_of
from abilock.compat.outcomes import Outcome
from abilock.compat.places import Place
from abilock.compat.types import Sides
from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import find_target
from abilock.model.decls import Member, Vtable, members_of
from abilock.model.types import Aggregate, Field, Nested

#: Names that no description has: of the record as it was, and as it is with this change alone.
_APART, _TOGETHER = "\0apart", "\0together"


@dataclass(frozen=True, slots=True)
class _Effect:
    """What becomes of the record on these targets. ``moved``: names of its fields, as they are now;
    ``is_called``: one of these is a function."""

    targets: tuple[str, ...]
    moved: tuple[str, ...]
    is_called: bool
    size: tuple[int, int]
    align: tuple[int, int]

    @property
    def is_none(self) -> bool:
        return not self.moved and self.size[0] == self.size[1] and self.align[0] == self.align[1]


def _regrouped(change: Change, context: Context) -> Judged:
    """What counts is where each field stands, and not what it stands in."""
    owner = owner_of(change)
    old, group = _found(change, context)
    effects = [each for each in _effects(change, context, old, group) if not each.is_none]
    flow = _flow(context, owner, effects)
    hurt = {target for each in effects for target in each.targets}
    names = [each.split(" ") for each in change.detail.split("; ") if each]
    keeps_names = all(was == now for was, now in names)
    is_everywhere = not effects or hurt == set(context.layouts.targets)
    return Judged(
        _message(change, group.is_new, any(each.moved for each in effects)),
        flow,
        Source() if keeps_names else REWRITE,
        providers_of(change, context),
        targets=None
        if is_everywhere
        else tuple(each for each in context.layouts.targets if each in hurt),
        hint="leave the members that were released as they were: a struct is aligned and padded by itself,"
        " so that what is in it and behind it moves"
        if flow != Flow()
        else None
        if keeps_names
        else "in a struct without a name, `_: struct { … }`, fields keep their names in C",
    )


def _message(change: Change, is_together: bool, has_moved: bool) -> str:
    moved = "; not all is where it was" if has_moved else ""
    if is_together:
        return f"`{change.subject}` holds what stood by itself: `{change.before}`{moved}"
    return f"`{change.subject}` stood in `{change.before}`{moved}"


def _flow(context: Context, owner: str, effects: Sequence[_Effect]) -> Flow:
    if not effects:
        return Flow()
    flow = Flow()
    if any(each.moved for each in effects):
        is_called = any(each.is_called for each in effects)
        flow = Flow.both(Outcome.WRONG_FUNCTION if is_called else Outcome.MISREADS)
    elif any(each.size[1] > each.size[0] for each in effects):
        flow = Flow(Outcome.READS_PAST_END, Outcome.FINE)
    elif any(each.size[1] < each.size[0] for each in effects):
        flow = Flow(Outcome.FINE, Outcome.READS_PAST_END)
    return merged(flow, growth(context, owner))


def _found(change: Change, context: Context) -> tuple[Aggregate | Vtable, Group]:
    """The record as it was, and the group in it, of which the change is."""
    sides = Sides(context.old, context.new, context.renamed)
    return next(
        (old, group)
        for old in _around(change, context.before)
        for new in _around(change, context.after)
        for group in groups(sides, members_of(old), members_of(new))
        if group.names == change.detail
    )


def _around(change: Change, find: Callable[[str], Place | None]) -> Iterator[Aggregate | Vtable]:
    """The record that the group is in. Where it has no name, or another one on the other side, it is one of
    those in the same declaration."""
    around = change.subject.rpartition(".")[0]
    at, whole = (find(name) for name in (around, owner_of(change)))
    record = _record(at.item) if at is not None else None
    if record is not None:
        yield record
    owner = _record(whole.item) if whole is not None else None
    if owner is not None:
        yield from _within(owner)


def _within(record: Aggregate | Vtable) -> Iterator[Aggregate | Vtable]:
    """A record, and all that are written out in it."""
    yield record
    for member in members_of(record):
        inner = _record(member)
        if inner is not None:
            yield from _within(inner)


def _effects(
    change: Change, context: Context, old: Aggregate | Vtable, group: Group
) -> Iterator[_Effect]:
    """What this change alone does to the record that the fields are in, on each target: whatever else
    changed there is told, and judged, by itself."""
    both = _written(old, group)
    owner = context.former(owner_of(change))
    library = reduced(context.old, needed(context.old, context.old_uses.embedded, {owner}))
    trial = replace(library, declarations=(*library.declarations, *both))
    functions = function_names(context, owner_of(change)) | {
        each.now.rpartition(".")[2]
        for each in group.leaves
        if is_function(context.new, each.new.type)
    }
    renamed = {each.was: each.now for each in group.leaves}
    for triples, _, _ in context.layouts.models:
        types = lay_out(trial, find_target(triples[0])).types
        one, other = types[_APART], types[_TOGETHER]
        if isinstance(one, AggregateLayout) and isinstance(other, AggregateLayout):
            before, after = (
                {each.name: each.extent[0] for each in shape.flat_fields()}
                for shape in (one, other)
            )
            moved = tuple(
                now
                for was, at in before.items()
                if after.get(now := renamed.get(was, was), at) != at
            )
            sizes, aligns = (one.size, other.size), (one.align, other.align)
            is_called = not functions.isdisjoint(name.rpartition(".")[2] for name in moved)
            yield _Effect(triples, moved, is_called, sizes, aligns)


def _record(item: object) -> Aggregate | Vtable | None:
    if isinstance(item, Field) and isinstance(item.type, Nested):
        return item.type.aggregate
    return item if isinstance(item, (Aggregate, Vtable)) else None


def _written(
    old: Aggregate | Vtable, group: Group
) -> tuple[Aggregate | Vtable, Aggregate | Vtable]:
    """The record as it was, and as it is with this change alone."""
    former = group.run if group.is_new else (group.member,)
    present = (group.written,) if group.is_new else group.apart
    was = former if group.is_new else (group.written,)
    return _with(old, former, was, _APART), _with(old, former, present, _TOGETHER)


def _with(
    record: Aggregate | Vtable, gone: Sequence[Field], instead: Sequence[Field], name: str
) -> Aggregate | Vtable:
    found: list[Member] = []
    for each in members_of(record):
        if each is gone[0]:
            found.extend(instead)
        elif not any(each is one for one in gone):
            found.append(each)
    if isinstance(record, Aggregate):
        fields = tuple(each for each in found if isinstance(each, Field))
        return replace(record, name=name, fields=fields)
    return replace(record, name=name, members=tuple(found))


JUDGES: Mapping[Kind, Judge] = {Kind.FIELDS_REGROUPED: _regrouped}
