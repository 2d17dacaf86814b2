"""Judges of types where they are used: fields, parameters, results, variables, and aliases of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.growth import growth, moved
from abilock.compat.judging import (
    REWRITE,
    Judge,
    Judged,
    merged,
    owner_of,
    place_of,
    providers_of,
)
from abilock.compat.outcomes import Outcome
from abilock.compat.places import Place
from abilock.compat.types import resolved
from abilock.layout.measure import is_signed, scalar_extent
from abilock.layout.target import TARGETS, Target, find_target
from abilock.model.attributes import Word
from abilock.model.decls import (
    Alias,
    Callback,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    EnumKind,
    Library,
)
from abilock.model.scalars import INTEGER_SCALARS
from abilock.model.types import Array, Named, Pointer, Scalar, Type

_FINE = Outcome.FINE
#: How many there are of something, in the text of a type. ex) ``[u8; 4]``
_LENGTH = re.compile(r"; (\d+)\]")


def _value(change: Change, context: Context, *, passed: Outcome = Outcome.WRONG_CALL) -> Flow:
    """What becomes of a value of another type: in memory, or in a call."""
    place = place_of(change, context)
    if place is not None and place.is_passed:
        return Flow.both(passed)
    owner = owner_of(change)
    flow = Flow.both(Outcome.MISREADS)
    if context.is_alias(owner) and context.passed(owner):
        flow = Flow.both(passed)
    if any(each.moved for each in context.effects(owner)):
        flow = merged(flow, moved(context, owner))
    return merged(flow, growth(context, owner))


def arrow(change: Change) -> str:
    return f"`{change.before}` -> `{change.after}`"


def by_call(change: Change, implementer: Outcome, caller: Outcome) -> Source:
    """Source on both sides of a function: a parameter is provided by who calls it."""
    if change.subject.endswith(".return"):
        return Source(implementer, caller)
    return Source(caller, implementer)


def _retyped(change: Change, context: Context) -> Judged:
    scalars = _scalars(change, context)
    is_same = scalars is not None and _is_same_everywhere(scalars, context)
    shapes = [
        _dimensions(find(change.subject), library)
        for find, library in ((context.before, context.old), (context.after, context.new))
    ]
    if change.kind is Kind.TYPE_CHANGED and is_same and shapes[0] == shapes[1]:
        return _renumbered(change, context)
    source = REWRITE
    if _are_numbers(change, context):
        # C converts one into the other, and asks nobody.
        source = Source.both(Outcome.COMPILES_WRONG)
        if is_passed(change, context):
            source = by_call(change, Outcome.DOES_NOT_COMPILE, Outcome.COMPILES_WRONG)
    return Judged(
        f"`{change.subject}` has another type: {arrow(change)}",
        _value(change, context),
        source,
        providers_of(change, context),
        hint=hint_of(change, context),
    )


def _dimensions(place: Place | None, library: Library) -> tuple[int, ...]:
    """The lengths of arrays of arrays, outermost first."""
    given = (place.type or _alias_type(place.item)) if place is not None else None
    found: list[int] = []
    while isinstance(given, (Named, Array)):
        if isinstance(given, Array):
            found.append(given.length)
            given = given.element
            continue
        declared = library.find(given.name)
        given = declared.type if isinstance(declared, Alias) else None
    return tuple(found)


def _is_same_everywhere(scalars: tuple[str, str], context: Context) -> bool:
    return all(_same_on(scalars, find_target(each)) for each in context.layouts.targets)


def _renumbered(change: Change, context: Context) -> Judged:
    """The same number, which is a value of an enum now, or of another one, or of none any more."""
    enums = [
        _enum(find(change.subject), library)
        for find, library in ((context.before, context.old), (context.after, context.new))
    ]
    one, other = enums
    if (
        one is not None
        and other is not None
        and context.renamed.get(one.name, one.name) == other.name
    ):
        flow = Flow()
    elif one is not None and other is not None:
        flow = Flow.both(Outcome.MISREADS)
    elif one is not None:
        flow = Flow(_FINE, Outcome.UNKNOWN_VALUE if one.kind is EnumKind.CLOSED else _FINE)
    else:
        is_closed = other is not None and other.kind is EnumKind.CLOSED
        flow = Flow(Outcome.UNKNOWN_VALUE if is_closed else _FINE, _FINE)
    return Judged(
        f"`{change.subject}` has another type: {arrow(change)}; it is the same number still",
        flow,
        Source(flow.new_reader, flow.old_reader),
        providers_of(change, context),
        hint=hint_of(change, context) if flow != Flow() else None,
    )


def _enum(place: Place | None, library: Library) -> EnumDecl | None:
    """The enum that an integer has its values of, by its type or by ``@as``."""
    given = place.type if place is not None else None
    while isinstance(given, (Named, Array)):
        if isinstance(given, Array):
            given = given.element
            continue
        declared = library.find(given.name)
        if isinstance(declared, EnumDecl):
            return declared
        given = declared.type if isinstance(declared, Alias) else None
    said = place.attributes.get("as") if place is not None else None
    word = said.arguments[0] if said is not None else None
    named = library.find(word.text) if isinstance(word, Word) else None
    return named if isinstance(named, EnumDecl) else None


def _resigned(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` has another sign: {arrow(change)}",
        _value(change, context, passed=Outcome.MISREADS),
        Source.both(Outcome.COMPILES_WRONG),
        providers_of(change, context),
        hint=hint_of(change, context),
    )


def _resized(change: Change, context: Context) -> Judged:
    wider = _is_wider(change, context)
    # A number that does not fit is cut off, by who has less room for it.
    cut = (_FINE, Outcome.COMPILES_WRONG) if wider else (Outcome.COMPILES_WRONG, _FINE)
    flow, source = _value(change, context), Source(*cut)
    place = place_of(change, context)
    if place is not None and isinstance(place.item, EntryStatic):
        past = Flow(Outcome.READS_PAST_END, Outcome.MISREADS)
        flow = past if wider else Flow(past.old_reader, past.new_reader)
        source = Source(Outcome.DOES_NOT_COMPILE, cut[1])
    elif is_passed(change, context):
        caller = cut[1] if change.subject.endswith(".return") else cut[0]
        source = by_call(change, Outcome.DOES_NOT_COMPILE, caller)
    return Judged(
        f"`{change.subject}` has another width: {arrow(change)}",
        flow,
        source,
        providers_of(change, context),
        hint=hint_of(change, context),
    )


def _is_wider(change: Change, context: Context) -> bool:
    scalars = _scalars(change, context)
    if scalars is None:
        return True
    one, other = (scalar_extent(each, TARGETS[0]).size for each in scalars)
    return other > one


def _are_numbers(change: Change, context: Context) -> bool:
    return change.kind is Kind.VALUE_KIND_CHANGED and _scalars(change, context) is not None


def _respelled(change: Change, context: Context) -> Judged:
    """The same on some targets: breaks on the others."""
    targets = _others(_scalars(change, context), context.layouts.targets)
    message = f"`{change.subject}` has another type: {arrow(change)}"
    providers = providers_of(change, context)
    if not targets:
        return Judged(
            f"{message}, which is the same on every target of this ABI",
            source=Source(_FINE, _FINE),
            providers=providers,
            level=Level.COMPATIBLE,
        )
    return Judged(
        message,
        _value(change, context),
        Source(),
        providers,
        hint=hint_of(change, context),
        targets=targets if len(targets) < len(context.layouts.targets) else None,
    )


def _scalars(change: Change, context: Context) -> tuple[str, str] | None:
    """What it comes down to, before and after."""
    old, new = context.before(change.subject), context.after(change.subject)
    if old is None or new is None:
        return None
    before = _scalar(old.type or _alias_type(old.item), context.old)
    after = _scalar(new.type or _alias_type(new.item), context.new)
    return None if before is None or after is None else (before, after)


@cache
def _others(scalars: tuple[str, str] | None, targets: tuple[str, ...]) -> tuple[str, ...]:
    """The targets on which they are not the same."""
    return tuple(each for each in targets if not _same_on(scalars, find_target(each)))


@cache
def _same_on(scalars: tuple[str, str] | None, target: Target) -> bool:
    if scalars is None:
        return False
    one, other = scalars
    if not {one, other} <= INTEGER_SCALARS:
        return one == other
    return scalar_extent(one, target).size == scalar_extent(other, target).size and is_signed(
        one, target
    ) == is_signed(other, target)


def _alias_type(item: object) -> Type | None:
    return item.type if isinstance(item, Alias) else None


def _scalar(given: Type | None, library: Library) -> str | None:
    """The scalar that a type comes down to, through arrays, aliases and enums."""
    while given is not None:
        if isinstance(given, Scalar):
            return given.name
        if isinstance(given, Array):
            given = given.element
        elif isinstance(given, Named):
            declared = library.find(given.name)
            if isinstance(declared, EnumDecl):
                return declared.underlying
            given = declared.type if isinstance(declared, Alias) else None
        else:
            return None
    return None


def _array(change: Change, context: Context) -> Judged:
    """At the end of a record, a longer one is read past its end; anywhere else, all behind it moves."""
    owner = owner_of(change)
    effects = context.effects(owner)
    if any(each.moved for each in effects):
        flow = merged(moved(context, owner), Flow.both(Outcome.MISREADS))
    elif any(each.size[1] > each.size[0] for each in effects):
        flow = Flow(Outcome.READS_PAST_END, _FINE)
    elif any(each.size[1] < each.size[0] for each in effects):
        flow = Flow(_FINE, Outcome.READS_PAST_END)
    else:
        flow = _by_room(change, context)
    return Judged(
        f"`{change.subject}` has another length: {arrow(change)}",
        merged(flow, growth(context, owner)),
        Source(),
        providers_of(change, context),
        hint="leave it, and lead to a longer one with a pointer and a length in a member at the end",
    )


def _by_room(change: Change, context: Context) -> Flow:
    """Where nothing is laid out differently: behind a pointer, and in padding of a record."""
    place = place_of(change, context)
    given = resolved(place.type, context.new) if place is not None and place.type else None
    if place is not None and isinstance(given, Pointer):
        if place.is_passed and place.attributes.has("out"):
            # Who is called fills as much as it knows, and who calls reads as much.
            return _by_length(change, Outcome.WRITES_PAST_END, Outcome.MISREADS)
        return _by_length(change, Outcome.READS_PAST_END)
    is_inside = bool(context.layouts.records(owner_of(change)))
    return _by_length(change, Outcome.MISREADS if is_inside else Outcome.READS_PAST_END)


def _by_length(change: Change, outcome: Outcome, other: Outcome = _FINE) -> Flow:
    """Who expects more than there is suffers that; who expects less, the other."""
    lengths = [
        [int(each) for each in _LENGTH.findall(text)] for text in (change.before, change.after)
    ]
    if len(lengths[0]) == len(lengths[1]):
        pairs = list(zip(*lengths, strict=True))
        if all(before <= after for before, after in pairs):
            return Flow(outcome, other)
        if all(before >= after for before, after in pairs):
            return Flow(other, outcome)
    return Flow.both(outcome)


def is_passed(change: Change, context: Context) -> bool:
    place = place_of(change, context)
    return place is not None and place.is_passed


def hint_of(change: Change, context: Context) -> str:
    place = place_of(change, context)
    since = f"`@since({context.version})`"
    if place is not None and isinstance(place.owner, Alias):
        return "leave it, and give what is new a type of its own"
    if place is not None and isinstance(place.owner, EntryStatic):
        return f"leave it, and export what is new under another name, with {since}"
    if place is not None and isinstance(place.owner, Callback):
        return f"leave it, and declare another callback, which a new function with {since} takes"
    if place is not None and place.is_passed:
        what = "an optional entry" if isinstance(place.owner, EntryFunction) else "a function"
        return f"leave it, and add {what} with the new signature at the end, with {since}"
    return f"leave it, and add another member at the end, with {since}"


JUDGES: Mapping[Kind, Judge] = {
    Kind.TYPE_CHANGED: _retyped,
    Kind.SIGN_CHANGED: _resigned,
    Kind.WIDTH_CHANGED: _resized,
    Kind.VALUE_KIND_CHANGED: _retyped,
    Kind.TARGET_SCALAR_CHANGED: _respelled,
    Kind.ARRAY_LENGTH_CHANGED: _array,
}
