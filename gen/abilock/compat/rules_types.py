"""Judges of types where they are used: fields, parameters, results, variables, and aliases of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.conversions import converted, numbers_of
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
from abilock.layout.target import Target, find_target
from abilock.model.decls import EntryFunction
from abilock.model.scalars import INTEGER_SCALARS
from abilock.model.types import Pointer, Void

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


def _retyped(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` has another type: {_arrow(change)}",
        _value(change, context),
        REWRITE,
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


def _another_kind(change: Change, context: Context) -> Judged:
    return replace(_retyped(change, context), source=converted(change, context))


def _resized(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` has another width: {_arrow(change)}",
        _value(change, context),
        converted(change, context),
        providers_of(change, context),
        hint=_hint(change, context),
    )


def _respelled(change: Change, context: Context) -> Judged:
    """The same on some targets: breaks on the others."""
    scalars = numbers_of(change, context)
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
        source=_qualified(
            Source(reader=Outcome.DOES_NOT_COMPILE), change, context, of_results=True
        ),
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
    )


def _qualified(source: Source, change: Change, context: Context, *, of_results: bool) -> Source:
    """Functions have to be declared alike, so that whoever implements one has to follow in any case."""
    is_result = change.subject.endswith(".return")
    return REWRITE if _is_passed(change, context) and is_result is of_results else source


def _made_mutable(change: Change, context: Context) -> Judged:
    """Who reads it may write to what an older provider never meant to be written."""
    return Judged(
        f"what `{change.subject}` leads to may be written now, by whoever gets it",
        Flow(Outcome.WRITES_READ_ONLY, _FINE),
        _qualified(Source(provider=Outcome.DOES_NOT_COMPILE), change, context, of_results=False),
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
    Kind.VALUE_KIND_CHANGED: _another_kind,
    Kind.TARGET_SCALAR_CHANGED: _respelled,
    Kind.POINTER_DEPTH_CHANGED: _depth,
    Kind.POINTEE_CHANGED: _pointee,
    Kind.POINTEE_MADE_CONST: _made_const,
    Kind.POINTEE_MADE_MUTABLE: _made_mutable,
    Kind.NULL_ALLOWED: _null_allowed,
    Kind.NULL_FORBIDDEN: _null_forbidden,
    Kind.ARRAY_LENGTH_CHANGED: _array,
}
