"""Judges of pointers: where they lead, who may write there, and whether they may be null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.judging import (
    REWRITE,
    Judge,
    Judged,
    givers_of,
    name_of,
    place_of,
    providers_of,
)
from abilock.compat.outcomes import Outcome
from abilock.compat.places import Place
from abilock.compat.roles import Side
from abilock.compat.rules_types import arrow, by_call, hint_of, is_passed
from abilock.model.attributes import Word
from abilock.model.decls import (
    Callback,
    EntryFunction,
    EntryStatic,
    Member,
    Opaque,
    Slot,
    Vtable,
    members_of,
)
from abilock.model.types import Aggregate, Named, Parameter, Pointer, Type, Void

_FINE = Outcome.FINE


def _pointee(change: Change, context: Context) -> Judged:
    """Untyped pointers lead to anything."""
    before, after = context.before(change.subject), context.after(change.subject)
    types = [each.type for each in (before, after) if each is not None]
    is_untyped = any(isinstance(each, Pointer) and isinstance(each.pointee, Void) for each in types)
    message = f"`{change.subject}` leads to something else: {arrow(change)}"
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
        hint=hint_of(change, context),
    )


def _depth(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is a pointer of another depth: {arrow(change)}",
        Flow.both(Outcome.MISREADS),
        REWRITE,
        providers_of(change, context),
        hint=hint_of(change, context),
    )


def _made_const(change: Change, context: Context) -> Judged:
    """Who was compiled before may still write to what a newer provider does not mean to be written."""
    is_untouched = _is_untouched(change, context)
    return Judged(
        f"what `{change.subject}` leads to may not be written any more",
        Flow() if is_untouched else Flow(_FINE, Outcome.WRITES_READ_ONLY),
        Source(Outcome.DOES_NOT_COMPILE, _FINE)
        if change.subject.endswith(".return")
        else Source(_FINE, Outcome.DOES_NOT_COMPILE),
        givers_of(change, context),
        hint=None
        if is_untouched
        else f"leave it `*mut`, and say in its docs that from {context.version} on nobody writes to it",
    )


def _is_untouched(change: Change, context: Context) -> bool:
    """Whether whoever gets it cannot write to memory of whoever gives it: it leads to what only one side
    looks into, or is a context, which goes back to where it is from."""
    places = context.before(change.subject), context.after(change.subject)
    holders = [find(change.subject.rpartition(".")[0]) for find in (context.before, context.after)]
    name = name_of(change)
    return all(
        each is not None
        and isinstance(each.type, Pointer)
        and (_is_opaque(each.type.pointee, context) or _is_context(each, name, holder))
        for each, holder in zip(places, holders, strict=True)
    )


def _is_opaque(pointee: Type, context: Context) -> bool:
    named = isinstance(pointee, Named) and context.declaration(pointee.name)
    return isinstance(named, Opaque)


def _is_context(place: Place, name: str, holder: Place | None) -> bool:
    """Whether a parameter or field is what functions beside it, or in its struct, get back."""
    if place.attributes.has("ctx"):
        return True
    item = holder.item if holder is not None else None
    beside: Sequence[Parameter | Member] = ()
    match item:
        case Slot() | EntryFunction() | Callback():
            beside = item.signature.parameters
        case Aggregate() | Vtable():
            given = item.attributes.get("object")
            named = given.arguments[0] if given is not None and given.arguments else None
            if name == (named.text if isinstance(named, Word) else "state"):
                return given is not None or isinstance(item, Vtable)
            beside = members_of(item)
    contexts = (each.attributes.get("ctx") for each in beside)
    return any(
        isinstance(word, Word) and word.text == name
        for each in contexts
        if each is not None
        for word in each.arguments
    )


def _made_mutable(change: Change, context: Context) -> Judged:
    """Who reads it may write to what an older provider never meant to be written."""
    return Judged(
        f"what `{change.subject}` leads to may be written now, by whoever gets it",
        Flow() if _is_untouched(change, context) else Flow(Outcome.WRITES_READ_ONLY, _FINE),
        by_call(change, Outcome.DOES_NOT_COMPILE, Outcome.WRITES_READ_ONLY)
        if is_passed(change, context) and not change.subject.endswith(".return")
        else Source(provider=Outcome.DOES_NOT_COMPILE),
        givers_of(change, context),
        hint="leave it `*const`; let what is written have a pointer of its own",
    )


def _null_allowed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may be null now: {arrow(change)}",
        Flow(_FINE, Outcome.CALLS_NULL),
        Source(_FINE, Outcome.CALLS_NULL),
        _null_providers(change, context),
        hint="whoever gets it, and was compiled before, does not look whether it is null",
    )


def _null_forbidden(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may not be null any more: {arrow(change)}",
        Flow(Outcome.CALLS_NULL, _FINE),
        Source(Outcome.CALLS_NULL, _FINE),
        _null_providers(change, context),
        hint="leave the `?`: what was compiled before may still give null",
    )


def _null_providers(change: Change, context: Context) -> frozenset[Side]:
    """A pointer is given by who calls, and what is written through it by who is called. A variable that is
    not constant is written by both."""
    providers = providers_of(change, context)
    place = place_of(change, context)
    if place is not None and isinstance(place.item, EntryStatic) and not place.item.const:
        return frozenset(Side)
    if place is None or not place.is_passed:
        return providers
    before, after = context.before(change.subject), context.after(change.subject)
    outer = [
        each.type.nullable
        for each in (before, after)
        if each is not None and isinstance(each.type, Pointer)
    ]
    is_inner = len(outer) == 2 and outer[0] == outer[1]
    return givers_of(change, context) if is_inner else providers


JUDGES: Mapping[Kind, Judge] = {
    Kind.POINTER_DEPTH_CHANGED: _depth,
    Kind.POINTEE_CHANGED: _pointee,
    Kind.POINTEE_MADE_CONST: _made_const,
    Kind.POINTEE_MADE_MUTABLE: _made_mutable,
    Kind.NULL_ALLOWED: _null_allowed,
    Kind.NULL_FORBIDDEN: _null_forbidden,
}
