"""Judges of types where they are used: fields, parameters, results, variables, and aliases of them."""

from __future__ import annotations

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
from abilock.compat.roles import Side
from abilock.layout.measure import is_signed, scalar_extent
from abilock.layout.target import TARGETS, Target, find_target
from abilock.model.decls import Alias, EntryFunction, EntryStatic, Library
from abilock.model.scalars import INTEGER_SCALARS
from abilock.model.types import Array, Named, Pointer, Scalar, Type, Void

_FINE = Outcome.FINE


def _value(change: Change, context: Context, *, passed: Outcome = Outcome.WRONG_CALL) -> Flow:
    """What becomes of a value of another type: in memory, or in a call."""
    place = place_of(change, context)
    if place is not None and place.is_passed:
        return Flow.both(passed)
    owner = owner_of(change)
    flow = Flow.both(Outcome.MISREADS)
    if any(each.moved for each in context.effects(owner)):
        flow = merged(flow, moved(context, owner))
    return merged(flow, growth(context, owner))


def _arrow(change: Change) -> str:
    return f"`{change.before}` -> `{change.after}`"


def _by_call(change: Change, implementer: Outcome, caller: Outcome) -> Source:
    """Source on both sides of a function: a parameter is provided by who calls it."""
    if change.subject.endswith(".return"):
        return Source(implementer, caller)
    return Source(caller, implementer)


def _retyped(change: Change, context: Context) -> Judged:
    source = REWRITE
    if _are_numbers(change, context):
        # C converts one into the other, and asks nobody.
        source = Source.both(Outcome.COMPILES_WRONG)
        if _is_passed(change, context):
            source = _by_call(change, Outcome.DOES_NOT_COMPILE, Outcome.COMPILES_WRONG)
    return Judged(
        f"`{change.subject}` has another type: {_arrow(change)}",
        _value(change, context),
        source,
        providers_of(change, context),
        hint=_hint(change, context),
    )


def _resigned(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` has another sign: {_arrow(change)}",
        _value(change, context, passed=Outcome.MISREADS),
        Source.both(Outcome.COMPILES_WRONG),
        providers_of(change, context),
        hint=_hint(change, context),
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
    elif _is_passed(change, context):
        caller = cut[1] if change.subject.endswith(".return") else cut[0]
        source = _by_call(change, Outcome.DOES_NOT_COMPILE, caller)
    return Judged(
        f"`{change.subject}` has another width: {_arrow(change)}",
        flow,
        source,
        providers_of(change, context),
        hint=_hint(change, context),
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
    scalars = _scalars(change, context)
    targets = tuple(
        each for each in context.layouts.targets if not _same_on(scalars, find_target(each))
    )
    message = f"`{change.subject}` has another type: {_arrow(change)}"
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
        hint=_hint(change, context),
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
    """The scalar that a type comes down to, through arrays and aliases."""

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


def _pointee(change: Change, context: Context) -> Judged:
    """Untyped pointers lead to anything."""
    before, after = context.before(change.subject), context.after(change.subject)
    types = [each.type for each in (before, after) if each is not None]
    is_untyped = any(isinstance(each, Pointer) and isinstance(each.pointee, Void) for each in types)
    message = f"`{change.subject}` leads to something else: {_arrow(change)}"
    providers = providers_of(change, context)
    if is_untyped:
        return Judged(
            f"{message}; it is one pointer still",
            source=Source(_FINE, _FINE),
            providers=providers,
            level=Level.COMPATIBLE,
        )
    return Judged(
        message,
        Flow.both(Outcome.MISREADS),
        REWRITE,
        providers,
        hint=_hint(change, context),
    )


def _depth(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is a pointer of another depth: {_arrow(change)}",
        Flow.both(Outcome.MISREADS),
        REWRITE,
        providers_of(change, context),
        hint=_hint(change, context),
    )


def _made_const(change: Change, context: Context) -> Judged:
    return Judged(
        f"what `{change.subject}` leads to may not be written any more",
        source=Source(Outcome.DOES_NOT_COMPILE, _FINE)
        if change.subject.endswith(".return")
        else Source(_FINE, Outcome.DOES_NOT_COMPILE),
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
    )


def _made_mutable(change: Change, context: Context) -> Judged:
    """Who reads it may write to what an older provider never meant to be written."""
    return Judged(
        f"what `{change.subject}` leads to may be written now, by whoever gets it",
        Flow(Outcome.WRITES_READ_ONLY, _FINE),
        _by_call(change, Outcome.DOES_NOT_COMPILE, Outcome.WRITES_READ_ONLY)
        if _is_passed(change, context) and not change.subject.endswith(".return")
        else Source(provider=Outcome.DOES_NOT_COMPILE),
        providers_of(change, context),
        hint="leave it `*const`; let what is written have a pointer of its own",
    )


def _null_allowed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may be null now: {_arrow(change)}",
        Flow(_FINE, Outcome.CALLS_NULL),
        Source(_FINE, Outcome.CALLS_NULL),
        _null_providers(change, context),
        hint="whoever gets it, and was compiled before, does not look whether it is null",
    )


def _null_forbidden(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may not be null any more: {_arrow(change)}",
        Flow(Outcome.CALLS_NULL, _FINE),
        Source(Outcome.CALLS_NULL, _FINE),
        _null_providers(change, context),
        hint="leave the `?`: what was compiled before may still give null",
    )


def _null_providers(change: Change, context: Context) -> frozenset[Side]:
    """A pointer is given by who calls, and what is written through it by who is called."""
    providers = providers_of(change, context)
    place = place_of(change, context)
    if place is None or not place.is_passed or not place.attributes.has("out"):
        return providers
    before, after = context.before(change.subject), context.after(change.subject)
    outer = [
        each.type.nullable
        for each in (before, after)
        if each is not None and isinstance(each.type, Pointer)
    ]
    is_inner = len(outer) == 2 and outer[0] == outer[1]
    return frozenset(side.other for side in providers) if is_inner else providers


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
        flow = Flow.both(Outcome.READS_PAST_END)
    return Judged(
        f"`{change.subject}` has another length: {_arrow(change)}",
        merged(flow, growth(context, owner)),
        Source(),
        providers_of(change, context),
        hint="leave it, and lead to a longer one with a pointer and a length in a member at the end",
    )


def _is_passed(change: Change, context: Context) -> bool:
    place = place_of(change, context)
    return place is not None and place.is_passed


def _hint(change: Change, context: Context) -> str:
    place = place_of(change, context)
    since = f"`@since({context.version})`"
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
    Kind.POINTER_DEPTH_CHANGED: _depth,
    Kind.POINTEE_CHANGED: _pointee,
    Kind.POINTEE_MADE_CONST: _made_const,
    Kind.POINTEE_MADE_MUTABLE: _made_mutable,
    Kind.NULL_ALLOWED: _null_allowed,
    Kind.NULL_FORBIDDEN: _null_forbidden,
    Kind.ARRAY_LENGTH_CHANGED: _array,
}
