"""Judges of members that were added to a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.growth import growth, moved, pushed
from abilock.compat.judging import (
    Judge,
    Judged,
    is_padding,
    merged,
    owner_of,
    place_of,
    providers_of,
    within,
)
from abilock.compat.outcomes import Outcome
from abilock.compat.places import Place
from abilock.compat.roles import Side
from abilock.model.decls import Slot, Vtable, members_of
from abilock.model.types import Field, FunctionPointer, Pointer

_FINE = Outcome.FINE


def _appended(change: Change, context: Context) -> Judged:
    """Behind all others: who reads it in what is older reads past the end, unless ``@since`` is heeded."""
    place = place_of(change, context)
    owner = owner_of(change)
    since = place.attributes.version("since") if place else None
    flows = {side: reading(context, owner, side, since is not None) for side in Side}
    if is_padding(change) or not context.is_pointed(owner):
        # All of it crosses at once: what follows from its size is all that follows.
        flows = dict.fromkeys(Side, Flow())
    message = f"`{change.subject}` was added at the end"
    judged = Judged(
        message,
        source=Source(provider=_left(context, owner, unset(place))),
        providers=providers_of(change, context),
        flows=flows,
    )
    judged = within(judged, merged(growth(context, owner), pushed(context, change.subject)))
    return _advised(judged, change, context)


def _left(context: Context, owner: str, unset: Outcome) -> Outcome:
    """What becomes of source that leaves a member out: in its own memory it is zero, and in room that
    somebody else made it is as it was."""
    if unset is _FINE and context.written(owner):
        return Outcome.MISREADS
    return unset


def reading(
    context: Context, owner: str, provider: Side, has_since: bool, *, is_padding: bool = False
) -> Flow:
    """A host knows how old a plugin is, and a plugin knows nothing of its host; a size tells both, but not
    of what it covered before, as padding is."""
    is_told = (context.tells_size(owner) and not is_padding) or is_told_by_version(
        context, provider
    )
    if has_since and is_told:
        return Flow(Outcome.GATED, _FINE)
    grows = any(each.size[1] > each.size[0] for each in context.effects(owner))
    # Where nothing grows, it takes what others had.
    is_within = bool(context.layouts.targets) and not grows
    return Flow(Outcome.MISREADS if is_within else Outcome.READS_PAST_END, _FINE)


def is_told_by_version(context: Context, provider: Side) -> bool:
    """Whether a reader knows how old a provider is, whatever it reads of it."""
    return provider is Side.PLUGIN and context.new.compat.tells_age


def _advised(judged: Judged, change: Change, context: Context) -> Judged:
    if judged.judged_level is not Level.BREAKING:
        return judged
    hint = f"write `@since({context.version})` before it, so that it is not looked for in older plugins"
    said = _instead(change, context) or _untold(owner_of(change), context) or hint
    return replace(judged, hint=said)


def _untold(owner: str, context: Context) -> str | None:
    """What to do where nothing tells how old a plugin is; None where something does."""
    if is_told_by_version(context, Side.PLUGIN) or context.tells_size(owner):
        return None
    compat = context.new.compat
    ways = [f"let `{owner}` begin with its size (`@struct_size`) in a release that breaks"]
    if compat.is_number:
        ways.insert(0, "raise the number, so that older plugins are refused")
    return (
        f"`compat {compat.rule}` does not tell how old a plugin is, which `@since` needs:"
        f" {', or '.join(ways)}"
    )


def _instead(change: Change, context: Context) -> str | None:
    """What to do where nothing can be added, also at the end; None where it can."""
    owner, version = owner_of(change), context.version
    if pushed(context, change.subject) != Flow():
        return (
            f"what stands behind it in `{owner}` moves; put it behind all others of `{owner}`, with"
            f" `@since({version})`"
        )
    arrays = context.arrays(owner)
    if arrays:
        return (
            f"`{arrays[0]}` has many of `{owner}` side by side, so that none may grow; put it into a type"
            " of its own that a new function or field leads to"
        )
    if context.written(owner) and not context.passed(owner) and not context.embedded(owner):
        return (
            f"`{context.written(owner)[0]}` is written as a whole to room that the caller made, so that"
            f" `{owner}` may not grow; let a new function with `@since({version})` fill another type"
        )
    if context.passed(owner) or growth(context, owner) != Flow():
        return (
            f"`{owner}` stands inside of others or crosses by value, so that it may not grow; put the"
            " addition into a type of its own"
        )
    if Side.HOST in providers_of(change, context) and not context.tells_size(owner):
        return (
            f"plugins cannot know how old their host is; let `{owner}` begin with its size (`@struct_size`)"
            f" in a release that breaks, or hand the addition over through a new function with"
            f" `@since({version})`"
        )
    return None


def _ungated(change: Change, context: Context) -> Judged:
    found = _appended(change, context)
    message = f"`{change.subject}` was added to a released type without `@since`"
    hint = found.hint
    if _untold(owner_of(change), context) == hint:
        hint = f"write `@since({context.version})` before it; {hint}"
    return replace(found, message=message, hint=hint, level=Level.BREAKING)


def _too_old(change: Change, context: Context) -> Judged:
    place = place_of(change, context)
    since = place.attributes.version("since") if place else None
    return Judged(
        f"`{change.subject}` says `@since({since})`, and {context.old.compared_version} does not have it",
        within(
            Judged("", Flow(Outcome.READS_PAST_END, _FINE)), growth(context, owner_of(change))
        ).flow,
        Source(provider=unset(place)),
        providers_of(change, context),
        level=Level.BREAKING,
        hint=f"write `@since({context.version})`, the first release that has it",
    )


def _out_of_order(change: Change, context: Context) -> Judged:
    found = _appended(change, context)
    return Judged(
        f"`{change.subject}` stands behind `{change.detail}`, which is newer by its `@since`",
        Flow(Outcome.WRONG_FUNCTION if "fn " in change.after else Outcome.MISREADS, _FINE),
        found.source,
        found.providers,
        level=Level.BREAKING,
        hint="additions stand in the order of their versions, the newest at the end",
    )


def _inserted(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    return Judged(
        f"`{change.subject}` was added before others that were there",
        merged(moved(context, owner), growth(context, owner)),
        Source(provider=unset(place_of(change, context))),
        providers_of(change, context),
        hint=_instead(change, context) or _behind(owner, context),
    )


def _behind(owner: str, context: Context) -> str:
    """Members that a convention puts at the end stand behind everything."""
    last = [
        members_of(each.item)[-1].name
        for each in (context.before(owner), context.after(owner))
        if each is not None and isinstance(each.item, Vtable) and each.item.convention
    ]
    if len(last) == 2 and last[0] == last[1]:
        return (
            f"`{owner}` ends with `{last[0]}`, behind which its convention lets nothing stand: write out"
            f" what `{owner}` has of it (`abilock diff --fix` does) and the addition behind that, with"
            f" `@since({context.version})`; or put it into a vtable of its own"
        )
    return f"move it behind all others and write `@since({context.version})` before it"


def _filled(change: Change, context: Context) -> Judged:
    """Into padding, of which nobody knows what is in it."""
    place = place_of(change, context)
    owner = owner_of(change)
    since = place.attributes.version("since") if place else None
    flows: dict[Side, Flow] = {}
    for side in Side:
        found = reading(context, owner, side, since is not None, is_padding=True)
        is_gated = found.new_reader is Outcome.GATED
        flows[side] = Flow(Outcome.GATED if is_gated else Outcome.MISREADS, _FINE)
    return Judged(
        f"`{change.subject}` stands where there was padding, which older releases leave as it is",
        source=Source(provider=unset(place)),
        providers=providers_of(change, context),
        flows=flows,
        hint=_hint_of_padding(change, context, since is not None),
    )


def _hint_of_padding(change: Change, context: Context, has_since: bool) -> str | None:
    """``@since`` helps a host, which knows how old a plugin is; a plugin knows that of no host."""
    owner = owner_of(change)
    is_told = all(is_told_by_version(context, side) for side in providers_of(change, context))
    if context.tells_size(owner) and not is_told:
        return (
            f"its size covers padding as well, so that it does not tell whether this is there: add it where"
            f" `{owner}` grows by it on every target, with `@since({context.version})`"
        )
    if Side.HOST in providers_of(change, context):
        return (
            f"plugins cannot know how old their host is: hand it over through a new function with"
            f" `@since({context.version})`"
        )
    if has_since:
        return None
    return f"write `@since({context.version})` before it, or see that writers set padding to zero"


def unset(place: Place | None) -> Outcome:
    """What becomes of source that does not fill a new member: it is zero."""
    item = place.item if place else None
    match item:
        case Slot():
            return Outcome.FALLS_BACK if item.optional else Outcome.CALLS_NULL
        case Field() if isinstance(item.type, (Pointer, FunctionPointer)):
            return Outcome.FINE if item.type.nullable else Outcome.CALLS_NULL
        case _:
            return Outcome.FINE


JUDGES: Mapping[Kind, Judge] = {
    Kind.SLOT_APPENDED: _appended,
    Kind.SLOT_INSERTED: _inserted,
    Kind.FIELD_APPENDED: _appended,
    Kind.FIELD_INSERTED: _inserted,
    Kind.HOLE_FILLED: _filled,
    Kind.SINCE_MISSING: _ungated,
    Kind.SINCE_TOO_OLD: _too_old,
    Kind.SINCE_OUT_OF_ORDER: _out_of_order,
}
