"""Judges of slots, fields and the records that they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.growth import function_names, growth, is_function, moved, pushed
from abilock.compat.holes import is_in_place
from abilock.compat.judging import (
    REWRITE,
    Judge,
    Judged,
    is_padding,
    merged,
    name_of,
    owner_of,
    place_of,
    providers_of,
)
from abilock.compat.outcomes import Outcome
from abilock.compat.places import Place
from abilock.compat.roles import Side
from abilock.compat.rules_additions import reading, unset
from abilock.compat.types import resolved
from abilock.model.decls import EnumDecl, EnumKind, Slot, Vtable
from abilock.model.types import Field, FunctionPointer, Named, Pointer

_FINE = Outcome.FINE


# --- members that went, or stand elsewhere


def _removed(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    effects = context.effects(owner)
    if any(each.moved for each in effects):
        flow = moved(context, owner)
    elif is_padding(change):
        flow = Flow()
    elif any(each.has_size for each in effects):
        flow = Flow(_FINE, Outcome.READS_PAST_END)
    else:
        flow = Flow(_FINE, Outcome.MISREADS)
    return Judged(
        f"`{change.subject}` is gone",
        merged(flow, growth(context, owner)),
        Source() if is_padding(change) else REWRITE,
        providers_of(change, context),
        hint=_keep_the_place(context),
    )


def _keep_the_place(context: Context) -> str:
    return f"keep it where it is: with `@deprecated({context.version})`, or `@reserved(zero)`"


def _replaced(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    former = context.before(f"{owner}.{change.detail}")
    is_called = change.kind is Kind.SLOT_REPLACED or (
        name_of(change) in function_names(context, owner)
        and former is not None
        and former.type is not None
        and is_function(context.old, former.type)
    )
    here = Flow.both(Outcome.WRONG_FUNCTION if is_called else Outcome.MISREADS)
    if any(each.moved for each in context.effects(owner)):
        here = merged(here, moved(context, owner))
    return Judged(
        f"`{change.subject}` stands where `{change.detail}` stood",
        merged(here, growth(context, owner)),
        REWRITE,
        providers_of(change, context),
        hint=f"keep `{change.detail}` and add `{name_of(change)}` at the end,"
        f" with `@since({context.version})`",
    )


def _moved(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    flow = _elsewhere(change, context)
    former = f", and was called `{change.detail}`" if change.detail else ""
    return Judged(
        f"`{change.subject}` stands at another place{former}",
        merged(flow, growth(context, owner)),
        REWRITE if former else Source(),
        providers_of(change, context),
        hint="leave the members that were released in their order"
        + (
            "; if it is another one, and not the same under another name, keep"
            f" `{change.detail}` and add it at the end"
            if former
            else ""
        ),
    )


def _swapped(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    return Judged(
        f"`{change.subject}` and `{change.detail}` changed places, or names",
        merged(_elsewhere(change, context), growth(context, owner)),
        Source(),
        providers_of(change, context),
        hint="leave the members that were released in their order; who was compiled before means the other",
    )


def _elsewhere(change: Change, context: Context) -> Flow:
    names = function_names(context, owner_of(change))
    is_function = name_of(change) in names or change.detail in names
    here = Flow.both(Outcome.WRONG_FUNCTION if is_function else Outcome.MISREADS)
    if any(each.moved for each in context.effects(owner_of(change))):
        return merged(here, moved(context, owner_of(change)))
    return here


def _renamed(change: Change, context: Context) -> Judged:
    place = place_of(change, context)
    is_union = change.kind is Kind.UNION_MEMBER_RENAMED
    return Judged(
        f"`{change.subject}` had another name: {_code(change.before)}",
        source=REWRITE,
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
        hint=None
        if place is None
        else "if it is another one, and not the same under another name, add it "
        + ("beside the former one instead" if is_union else "at the end instead"),
    )


def tables_of(change: Change, context: Context) -> tuple[str, ...]:
    """The vtables of the convention that a change is in."""
    convention = owner_of(change)
    return tuple(
        each.name
        for each in context.new.declared
        if isinstance(each, Vtable) and each.convention == convention
    )


# --- members that are used differently


def _made_optional(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may be null now",
        Flow(_FINE, Outcome.CALLS_NULL),
        Source(_FINE, Outcome.CALLS_NULL),
        providers_of(change, context),
        hint="leave it mandatory, and add another slot that is optional",
    )


def _made_mandatory(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may not be null any more",
        Flow(Outcome.CALLS_NULL, _FINE),
        Source(Outcome.CALLS_NULL, _FINE),
        providers_of(change, context),
        hint="leave it optional: what is released may be null",
    )


def _role(change: Change, context: Context) -> Judged:
    """Ends the object now, or not any more."""
    ends = "drop " in change.after
    flow = (
        Flow(Outcome.LEAKS, Outcome.USES_FREED) if ends else Flow(Outcome.USES_FREED, Outcome.LEAKS)
    )
    return Judged(
        f"`{change.subject}` {'ends its object now' if ends else 'does not end its object any more'}",
        flow,
        Source(_FINE, Outcome.COMPILES_WRONG),
        providers_of(change, context),
        hint="let another slot, added at the end, do that",
    )


def _reserved_used(change: Change, context: Context) -> Judged:
    """Older writers set it to zero."""
    owner = owner_of(change)
    place = place_of(change, context)
    flow = Flow()
    # Elsewhere, another change is told of it.
    is_everywhere = change.targets is None
    grown = growth(context, owner) if is_everywhere else Flow()
    if (
        is_everywhere
        and not is_in_place(context, owner)
        and any(each.moved for each in context.effects(owner))
    ):
        flow = moved(context, owner)
    elif unset(place) is Outcome.CALLS_NULL:
        flow = Flow(Outcome.CALLS_NULL, _FINE)
    elif _lacks_zero(place, context):
        flow = Flow(Outcome.UNKNOWN_VALUE, _FINE)
    has_since = place is not None and place.attributes.version("since") is not None
    gated = {side: reading(context, owner, side, has_since).new_reader for side in Side}
    is_null = flow in (Flow(Outcome.CALLS_NULL, _FINE), Flow(Outcome.UNKNOWN_VALUE, _FINE))
    flows = {
        side: merged(Flow(Outcome.GATED, _FINE), grown)
        for side in Side
        if is_null and gated[side] is Outcome.GATED
    }
    judged = Judged(
        f"`{change.subject}` took the place that {_code(change.before)} kept",
        merged(flow, grown),
        Source(provider=unset(place)),
        providers_of(change, context),
        flows,
        hint=None
        if flow == Flow()
        else "older releases have zero there: let zero, or null, mean that nothing is there"
        if is_null
        else "it takes no more than was kept for it, so that the others stay where they are; add what is"
        f" larger at the end, with `@since({context.version})`",
    )
    fine = judged.cells.binary.are_fine
    return replace(judged, level=Level.APPEND_ONLY) if fine else judged


def _lacks_zero(place: Place | None, context: Context) -> bool:
    """Whether zero is none of the values that it may have."""
    given = resolved(place.type, context.new) if place is not None and place.type else None
    declared = context.declaration(given.name) if isinstance(given, Named) else None
    return (
        isinstance(declared, EnumDecl)
        and declared.kind is EnumKind.CLOSED
        and all(each.value for each in declared.values)
    )


def _made_reserved(change: Change, context: Context) -> Judged:
    """Who still looks for it finds zero."""
    place = context.before(change.subject)
    item = place.item if place else None
    was_null = (isinstance(item, Slot) and item.optional) or (
        isinstance(item, Field)
        and isinstance(item.type, (Pointer, FunctionPointer))
        and item.type.nullable
    )
    is_function = "fn " in change.before
    outcome = Outcome.CALLS_NULL if is_function else Outcome.MISREADS
    flow = Flow() if was_null else Flow(_FINE, outcome)
    return Judged(
        f"`{change.subject}` is only kept for its place; it was {_code(change.before)}",
        merged(flow, growth(context, owner_of(change))),
        REWRITE,
        providers_of(change, context),
        hint=f"keep it with `@deprecated({context.version})` as long as there are older releases",
    )


def _retargeted(change: Change, context: Context) -> Judged:
    places = context.before(change.subject), context.after(change.subject)
    fields = [each.item for each in places if each is not None and isinstance(each.item, Field)]
    if any(isinstance(each.type, FunctionPointer) for each in fields):
        flow = Flow.both(Outcome.WRONG_CALL)
    elif "fn " in change.after:
        # Who takes a value for code calls it, and who takes code for a value misreads it.
        flow = Flow(Outcome.WRONG_FUNCTION, Outcome.MISREADS)
    else:
        flow = Flow(Outcome.MISREADS, Outcome.WRONG_FUNCTION)
    if any(each.moved for each in context.effects(owner_of(change))):
        flow = merged(flow, moved(context, owner_of(change)))
    return Judged(
        f"`{change.subject}` is {_code(change.after)} now, and was {_code(change.before)}",
        merged(flow, growth(context, owner_of(change))),
        REWRITE,
        providers_of(change, context),
        hint=f"leave it, and add the other one at the end, under a name of its own and with"
        f" `@since({context.version})`",
    )


# --- how records are laid out


def _laid_out(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    effects = context.effects(owner)
    what = {
        Kind.PACKING_CHANGED: "is packed differently",
        Kind.ALIGNMENT_CHANGED: "is aligned differently",
        Kind.FIELD_ALIGNMENT_CHANGED: "is aligned differently",
        Kind.BIT_WIDTH_CHANGED: "has another width",
    }[change.kind]
    message = f"`{change.subject}` {what}: {_laid(change, change.before)} -> {_laid(change, change.after)}"
    if change.kind is Kind.BIT_WIDTH_CHANGED and not is_padding(change):
        flow = Flow.both(Outcome.MISREADS)
    elif any(each.moved for each in effects):
        flow = moved(context, owner)
    elif effects:
        raised = any(
            each.align[1] > each.align[0] or each.size[1] > each.size[0] for each in effects
        )
        # Who expects more alignment or more room than the other side gave.
        flow = Flow(Outcome.MISREADS, _FINE) if raised else Flow(_FINE, Outcome.MISREADS)
    else:
        flow = Flow()
    targets = tuple(each for effect in effects for each in effect.targets)
    is_all = set(targets) == set(context.layouts.targets) or not effects
    return Judged(
        message,
        merged(flow, growth(context, owner)),
        Source(),
        providers_of(change, context),
        targets=None if is_all else targets,
        hint=_HINTS[change.kind].format(version=context.version) if flow != Flow() else None,
    )


def _laid(change: Change, said: str) -> str:
    """ex) ``no `@packed` ``, `` `@align(16)` ``"""
    name = {Kind.PACKING_CHANGED: "packed", Kind.ALIGNMENT_CHANGED: "align"}.get(change.kind)
    if name is None:
        return _code(said)
    if not said:
        return f"no `@{name}`"
    return "`@packed`" if (name, said) == ("packed", "1") else f"`@{name}({said})`"


_HINTS: Mapping[Kind, str] = {
    Kind.PACKING_CHANGED: "leave it; what is to be packed otherwise is a type of its own, to which a new"
    " member or function with `@since({version})` leads",
    Kind.ALIGNMENT_CHANGED: "leave it; what is to be aligned otherwise is a type of its own, to which a new"
    " member or function with `@since({version})` leads",
    Kind.FIELD_ALIGNMENT_CHANGED: "leave it; a type of its own may be aligned so, to which a new member at"
    " the end with `@since({version})` leads",
    Kind.BIT_WIDTH_CHANGED: "leave it, and add a field of the other width at the end, with"
    " `@since({version})`",
}


def _union_added(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    grows = any(each.has_size or each.has_align for each in context.effects(owner))
    place = place_of(change, context)
    since = place.attributes.version("since") if place else None
    flow = Flow(_FINE, _FINE if since is not None else Outcome.UNKNOWN_VALUE)
    if grows:
        flow = Flow(Outcome.READS_PAST_END, flow.old_reader)
    judged = Judged(
        f"`{change.subject}` was added" + (", and the union grows" if grows else ""),
        merged(flow, merged(growth(context, owner), pushed(context, change.subject))),
        Source(_FINE, flow.old_reader),
        providers_of(change, context),
        hint="see that a field beside the union tells which member is meant, and that older releases do"
        " not get this one"
        + ("" if since is not None else f"; then write `@since({context.version})` before it")
        if not grows
        else "keep the union's size: put what is larger behind a pointer",
    )
    return replace(judged, level=Level.APPEND_ONLY) if judged.cells.binary.are_fine else judged


def _union_removed(change: Change, context: Context) -> Judged:
    owner = owner_of(change)
    shrinks = any(each.has_size for each in context.effects(owner))
    flow = Flow(Outcome.UNKNOWN_VALUE, Outcome.READS_PAST_END if shrinks else _FINE)
    return Judged(
        f"`{change.subject}` is gone",
        merged(flow, growth(context, owner)),
        REWRITE,
        providers_of(change, context),
        hint=f"keep it with `@deprecated({context.version})`",
    )


def _code(text: str) -> str:
    return f"`{text}`"


JUDGES: Mapping[Kind, Judge] = {
    Kind.SLOT_REMOVED: _removed,
    Kind.SLOT_RENAMED: _renamed,
    Kind.SLOT_REPLACED: _replaced,
    Kind.SLOT_MOVED: _moved,
    Kind.SLOTS_SWAPPED: _swapped,
    Kind.SLOT_MADE_OPTIONAL: _made_optional,
    Kind.SLOT_MADE_MANDATORY: _made_mandatory,
    Kind.SLOT_ROLE_CHANGED: _role,
    Kind.FIELD_REMOVED: _removed,
    Kind.FIELD_RENAMED: _renamed,
    Kind.FIELD_REPLACED: _replaced,
    Kind.FIELD_MOVED: _moved,
    Kind.FIELDS_SWAPPED: _swapped,
    Kind.FIELD_ALIGNMENT_CHANGED: _laid_out,
    Kind.BIT_WIDTH_CHANGED: _laid_out,
    Kind.RESERVED_USED: _reserved_used,
    Kind.MADE_RESERVED: _made_reserved,
    Kind.PACKING_CHANGED: _laid_out,
    Kind.ALIGNMENT_CHANGED: _laid_out,
    Kind.UNION_MEMBER_ADDED: _union_added,
    Kind.UNION_MEMBER_REMOVED: _union_removed,
    Kind.UNION_MEMBER_RENAMED: _renamed,
    Kind.MEMBER_RETARGETED: _retargeted,
}
