"""Judges of functions: parameters, results, and how they are called."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.judging import REWRITE, Judge, Judged, place_of, providers_of
from abilock.compat.outcomes import Outcome
from abilock.compat.places import Place
from abilock.compat.roles import Side
from abilock.layout.target import Target, find_target
from abilock.model.decls import Alias, Callback, EntryFunction, Slot, Vtable
from abilock.model.types import Aggregate, FunctionPointer, Named, Signature

_FINE = Outcome.FINE


def _implementers(change: Change, context: Context) -> frozenset[Side]:
    """Of the function that a parameter or result belongs to."""
    providers = providers_of(change, context)
    if change.subject.endswith(".return"):
        return providers
    return frozenset(side.other for side in providers)


def _function(change: Change) -> str:
    return change.subject.rpartition(".")[0]


def _instead(context: Context) -> str:
    return (
        "leave it as it is, and add another function with the new signature at the end, with"
        f" `@since({context.version})`"
    )


def _added(change: Change, context: Context) -> Judged:
    place = place_of(change, context)
    is_callback = place is not None and isinstance(place.owner, Callback)
    return Judged(
        f"`{_function(change)}` takes another parameter: `{change.after}`",
        Flow.both(Outcome.WRONG_CALL),
        REWRITE,
        _implementers(change, context),
        hint="leave it, and declare another callback, which a new function with"
        f" `@since({context.version})` takes in its place"
        if is_callback
        else _instead(context),
    )


def _removed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{_function(change)}` does not take `{change.before}` any more",
        Flow.both(Outcome.WRONG_CALL),
        REWRITE,
        _implementers(change, context),
        hint=f"leave it, and say in its docs that it is not looked at from {context.version} on",
    )


def _renamed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` had another name: `{change.before}`",
        providers=_implementers(change, context),
        level=Level.COMPATIBLE,
    )


def _moved(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` stands at another place among the parameters",
        Flow.both(Outcome.WRONG_CALL),
        REWRITE,
        _implementers(change, context),
        hint="leave the parameters in their order",
    )


def _swapped(change: Change, context: Context) -> Judged:
    """Of one type, no compiler sees it."""
    one = context.after(change.subject)
    other = context.after(f"{_function(change)}.{change.detail}")
    is_alike = one is not None and other is not None and one.type == other.type
    outcome = Outcome.MISREADS if is_alike else Outcome.WRONG_CALL
    source = Source.both(Outcome.COMPILES_WRONG) if is_alike else REWRITE
    unseen = "; both have one type, so that no compiler sees it" if is_alike else ""
    return Judged(
        f"`{change.subject}` and `{change.detail}` changed places, or names{unseen}",
        Flow.both(outcome),
        source,
        _implementers(change, context),
        hint="leave the parameters in their order",
    )


def _result_added(change: Change, context: Context) -> Judged:
    """Who was compiled before does not look at it, unless it is passed in memory."""
    flow = (
        Flow(Outcome.MISREADS, _FINE)
        if _is_small(change, context)
        else Flow.both(Outcome.WRONG_CALL)
    )
    return Judged(
        f"`{_function(change)}` returns `{change.after}` now",
        flow,
        Source(provider=Outcome.DOES_NOT_COMPILE),
        _implementers(change, context),
        hint=_instead(context),
    )


def _result_removed(change: Change, context: Context) -> Judged:
    flow = (
        Flow(_FINE, Outcome.MISREADS)
        if _is_small(change, context)
        else Flow.both(Outcome.WRONG_CALL)
    )
    return Judged(
        f"`{_function(change)}` does not return `{change.before}` any more",
        flow,
        REWRITE,
        _implementers(change, context),
        hint="go on returning something that older callers can do with",
    )


def _is_small(change: Change, context: Context) -> bool:
    """Whether a result is in a register on every target."""
    place = place_of(change, context)
    given = place.type if place else None
    while isinstance(given, Named):
        declared = context.declaration(given.name)
        if not isinstance(declared, Alias):
            return not isinstance(declared, (Aggregate, Vtable))
        given = declared.type
    return True


def _receiver(change: Change, context: Context) -> Judged:
    was_owned, is_owned = "self: own" in change.before, "self: own" in change.after
    had, has = "self" in change.before, "self" in change.after
    providers = providers_of(change, context)
    if had != has:
        return Judged(
            f"`{change.subject}` {'takes its object now' if has else 'takes no object any more'}",
            Flow.both(Outcome.WRONG_CALL),
            REWRITE,
            providers,
            hint=_instead(context),
        )
    if is_owned:
        return Judged(
            f"`{change.subject}` takes its object for good now",
            Flow(Outcome.LEAKS, Outcome.USES_FREED),
            Source(_FINE, Outcome.COMPILES_WRONG),
            providers,
            hint=_instead(context),
        )
    if was_owned:
        return Judged(
            f"`{change.subject}` does not take its object for good any more",
            Flow(Outcome.FREES_TWICE, Outcome.LEAKS),
            Source(Outcome.COMPILES_WRONG, Outcome.COMPILES_WRONG),
            providers,
            hint=_instead(context),
        )
    mutable = "self: mut" in change.after
    return Judged(
        f"`{change.subject}` {'may change' if mutable else 'does not change'} its object now",
        source=Source(provider=Outcome.DOES_NOT_COMPILE),
        providers=providers,
        level=Level.COMPATIBLE,
        hint="who calls it from several threads at once has to think again" if mutable else None,
    )


def _variadic(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` takes any number of arguments now, or not any more: `{change.before}` ->"
        f" `{change.after}`",
        Flow.both(Outcome.WRONG_CALL),
        # Who calls it may give as much as before, if it takes more now.
        Source(
            Outcome.DOES_NOT_COMPILE, _FINE if "..." in change.after else Outcome.DOES_NOT_COMPILE
        ),
        providers_of(change, context),
        hint=_instead(context),
    )


def _convention(change: Change, context: Context) -> Judged:
    """Most conventions are another one on few targets only."""
    places = context.before(change.subject), context.after(change.subject)
    conventions = tuple(_convention_of(each) for each in places)
    targets = tuple(
        each
        for each in context.layouts.targets
        if _effective(conventions[0], find_target(each))
        != _effective(conventions[1], find_target(each))
    )
    message = (
        f"`{change.subject}` is called by `{conventions[1]}` now, and was by `{conventions[0]}`"
    )
    if not targets:
        return Judged(
            f"{message}, which is the same on every target of this ABI",
            providers=providers_of(change, context),
            level=Level.COMPATIBLE,
        )
    return Judged(
        message,
        Flow.both(Outcome.WRONG_CALL),
        Source(provider=Outcome.DOES_NOT_COMPILE),
        providers_of(change, context),
        targets=targets if len(targets) < len(context.layouts.targets) else None,
        hint=_instead(context),
    )


def _convention_of(place: Place | None) -> str:
    item = place.item if place else None
    if isinstance(item, (Slot, Callback, EntryFunction)):
        return item.signature.convention
    signature = _written(place)
    return signature.convention if signature else "C"


def _written(place: Place | None) -> Signature | None:
    given = place.type if place else None
    return given.signature if isinstance(given, FunctionPointer) else None


def _effective(convention: str, target: Target) -> str:
    """What a convention is on a target; one that it does not have means C there."""
    machine = target.triple.partition("-")[0]
    is_x86 = machine == "i686"
    match convention:
        case "system":
            return "stdcall" if is_x86 and target.is_windows else "C"
        case "stdcall" | "fastcall" | "thiscall":
            return convention if is_x86 else "C"
        case "vectorcall":
            return convention if machine in ("i686", "x86_64") else "C"
        case "win64":
            return "win64" if machine == "x86_64" and not target.is_windows else "C"
        case "sysv64":
            return "sysv64" if machine == "x86_64" and target.is_windows else "C"
        case _:
            return "C"


JUDGES: Mapping[Kind, Judge] = {
    Kind.PARAMETER_ADDED: _added,
    Kind.PARAMETER_REMOVED: _removed,
    Kind.PARAMETER_RENAMED: _renamed,
    Kind.PARAMETER_MOVED: _moved,
    Kind.PARAMETERS_SWAPPED: _swapped,
    Kind.RESULT_ADDED: _result_added,
    Kind.RESULT_REMOVED: _result_removed,
    Kind.RECEIVER_CHANGED: _receiver,
    Kind.VARIADIC_CHANGED: _variadic,
    Kind.CONVENTION_CHANGED: _convention,
}
