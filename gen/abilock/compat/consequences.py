"""What follows from one change for others: told under it, and never by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.effects import Effect, Moved
from abilock.compat.findings import About, Consequence
from abilock.compat.growth import function_names
from abilock.compat.holes import reserved_members
from abilock.compat.passing import passing_changes

_BYTE = 8
_MOST_NAMES = 4
#: What became of an element, by its kind of change.
_BROUGHT: Mapping[Kind, str] = {
    Kind.ARRAY_LENGTH_CHANGED: "has another length",
    Kind.BIT_WIDTH_CHANGED: "has another width",
    Kind.CONSTANT_VALUE: "has another value",
    Kind.DEFAULT_CHANGED: "has another default",
    Kind.POINTEE_CHANGED: "leads to something else",
    Kind.SENTINEL_MOVED: "has another number",
}


def layout_consequences(
    context: Context, name: str, told: set[str], own: Set[str]
) -> Iterator[Consequence]:
    """How a type is laid out differently, and those that hold it; each is told once.

    ``told``: types of which this is said already. ``own``: those with changes of their own, which are told
    there.
    """
    waiting = [(name, "")]
    for current, inside in waiting:  # grows while it is walked
        if current in told or (current in own and current != name):
            continue
        told.add(current)
        effects = context.effects(current)
        if effects:
            yield from _effects(context, current, effects, inside)
        yield from _passed(context, current)
        if context.is_alias(current) and current == name:
            yield from _stands(context, current)
        if context.is_alias(current) or any(each.has_size or each.has_align for each in effects):
            yield from _arrays(context, current)
            for place in context.embedded(current):
                waiting.append((place.partition(".")[0], place))


def _stands(context: Context, name: str) -> Iterator[Consequence]:
    places = context.places(name)
    if places:
        verb = "uses" if len(places) == 1 else "use"
        yield Consequence(
            f"{_names(places)} {verb} `{name}`", places if len(places) > _MOST_NAMES else ()
        )


def _effects(
    context: Context, name: str, effects: Sequence[Effect], inside: str
) -> Iterator[Consequence]:
    first, *others = effects
    head = f"`{inside}` holds it: " if inside else ""
    everywhere = sum(len(each.targets) for each in effects) == len(context.layouts.targets)
    # The numbers of the first target stand for all, and those that differ are said behind them.
    is_usual = everywhere and context.layouts.targets[0] in first.targets
    where = "" if is_usual else f" on {_targets(first.targets)}"
    moved = _used(context, name, first)
    if moved:
        yield Consequence(f"{head}{_moves(context, name, moved)}{where}", tuple(_details(moved)))
        head = ""
    if first.has_size:
        verb = "grows" if first.size[1] > first.size[0] else "shrinks"
        yield Consequence(
            f"{head}`{name}` {verb} from {first.size[0]} to {first.size[1]} bytes{where}"
        )
    elif first.has_align:
        yield Consequence(
            f"{head}`{name}` is aligned to {first.align[1]} bytes instead of {first.align[0]}{where}"
        )
    others = [
        replace(each, moved=_used(context, name, each))
        for each in others
        if each.has_size or each.has_align or _used(context, name, each)
    ]
    if others:
        lines = tuple(_line(each) for each in others)
        count = sum(len(each.targets) for each in others)
        yield Consequence(f"other numbers on {_plural(count, 'target')}", lines, About.TARGETS)


def _used(context: Context, name: str, effect: Effect) -> tuple[Moved, ...]:
    """What moved, without what is only kept for later."""
    reserved = {each.name for each in reserved_members(context, name)}
    return tuple(each for each in effect.moved if each.name.partition(".")[0] not in reserved)


def _line(effect: Effect) -> str:
    """ex) ``i686-unknown-linux-gnu: size 56 -> 60, moves 7``"""
    said: list[str] = []
    if effect.has_size:
        said.append(f"size {effect.size[0]} -> {effect.size[1]}")
    if effect.has_align:
        said.append(f"alignment {effect.align[0]} -> {effect.align[1]}")
    if effect.moved:
        said.append(f"moves {len(effect.moved)}")
    return f"{_targets(effect.targets)}: {', '.join(said)}"


def _moves(context: Context, name: str, moved: Sequence[Moved]) -> str:
    functions = function_names(context, name)
    is_slots = all(each.name.rpartition(".")[2] in functions for each in moved)
    noun = _plural(len(moved), "slot" if is_slots else "member")
    steps = {each.after - each.before for each in moved}
    if len(steps) > 1:
        return f"moves {noun}"
    step = next(iter(steps))
    return f"moves {noun} by {_size(step)}"


def _details(moved: Sequence[Moved]) -> Iterator[str]:
    for each in moved:
        yield f"{each.name} {_place(each.before)} -> {_place(each.after)}"


def _place(bits: int) -> str:
    return f"bit {bits}" if bits % _BYTE else str(bits // _BYTE)


def _size(bits: int) -> str:
    sign = "-" if bits < 0 else ""
    bits = abs(bits)
    if bits % _BYTE:
        return f"{sign}{_plural(bits, 'bit')}"
    return f"{sign}{_plural(bits // _BYTE, 'byte')}"


def _arrays(context: Context, name: str) -> Iterator[Consequence]:
    places = context.arrays(name)
    if places:
        yield Consequence(
            f"{_names(places)} {'has' if len(places) == 1 else 'have'} many of `{name}` side by side:"
            " all but the first move",
            places if len(places) > _MOST_NAMES else (),
        )


def _passed(context: Context, name: str) -> Iterator[Consequence]:
    changes = passing_changes(context, name)
    if not changes:
        return
    functions = context.passed(name)
    on = [each for change in changes for each in change.targets]
    where = "" if len(on) == len(context.layouts.targets) else f" on {_targets(on)}"
    yield Consequence(
        f"{_names(functions)} {'takes' if len(functions) == 1 else 'take'} or"
        f" {'returns' if len(functions) == 1 else 'return'} `{name}` by value: it crosses calls another"
        f" way{where}",
        tuple(f"{_targets(each.targets)}: {each.before} -> {each.after}" for each in changes),
    )


def path_consequence(context: Context, name: str) -> Iterator[Consequence]:
    """The way from an entry. ex) ``drasi_plugin_init > FfiPluginRegistration.source_plugins``"""
    path = context.new_roles.paths.get(name) or context.old_roles.paths.get(context.former(name))
    if path:
        way = " > ".join(f"`{each}`" for each in path)
        yield Consequence(f"reached through {way}", about=About.WAY)


def follower_consequences(followers: Sequence[Change]) -> Iterator[Consequence]:
    """Changes that another one brought with it."""
    numbers = [each for each in followers if each.kind is Kind.VALUE_RENUMBERED]
    if numbers:
        yield Consequence(
            f"{_plural(len(numbers), 'value')} got another number",
            tuple(f"{each.before} -> {each.after.rpartition(' ')[2]}" for each in numbers),
        )
    for each in sorted(followers, key=lambda each: each.kind is Kind.ARRAY_LENGTH_CHANGED):
        if each.kind is not Kind.VALUE_RENUMBERED:
            what = _BROUGHT.get(each.kind, "says something else")
            yield Consequence(f"`{each.subject}` {what}: `{each.before}` -> `{each.after}`")


def _names(names: Sequence[str]) -> str:
    """ex) `` `a`, `b` and 3 more``"""
    shown = ", ".join(f"`{each}`" for each in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return shown if more <= 0 else f"{shown} and {more} more"


def _targets(triples: Sequence[str]) -> str:
    more = len(triples) - 2
    shown = ", ".join(triples[:2])
    return shown if more <= 0 else f"{shown} and {more} more"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
