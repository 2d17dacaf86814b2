"""Judges of what no signature says: who owns what, what values mean, when and where one may call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.judging import Judge, Judged, givers_of, place_of, providers_of
from abilock.compat.outcomes import Outcome
from abilock.compat.roles import Side

_FINE = Outcome.FINE
#: What is told of the room that the caller makes, whoever fills it.
_OF_ROOM = frozenset({Kind.LENGTH_CHANGED, Kind.LENGTH_UNIT_CHANGED, Kind.ROOM_CHANGED})
_UNSEEN = Source.both(Outcome.COMPILES_WRONG)


def _said(change: Change) -> str:
    """ex) ``@len(a) -> @len(b)``"""
    if not change.before:
        return f"`{change.after}` is new"
    if not change.after:
        return f"`{change.before}` is gone"
    return f"`{change.before}` -> `{change.after}`"


def _judged(
    what: str, flow: Flow, hint: str, change: Change, context: Context, *, of_function: bool = False
) -> Judged:
    """``of_function``: the flow is that from who implements a function to who calls it."""
    is_of_room = change.kind in _OF_ROOM
    providers = (providers_of if is_of_room else givers_of)(change, context)
    place = place_of(change, context)
    if of_function and place is not None and place.is_passed and not _is_result(change):
        providers = frozenset(side.other for side in providers_of(change, context))
    return Judged(
        f"`{change.subject}`: {what} ({_said(change)})",
        flow,
        _sources(flow),
        providers,
        hint=hint,
    )


def _sources(flow: Flow) -> Source:
    """Compiled again, the older side does what it did; no compiler sees that it means something else."""
    provider = flow.new_reader if flow.new_reader is not _FINE else _FINE
    reader = flow.old_reader if flow.old_reader is not _FINE else _FINE
    return Source(provider, reader)


def _is_result(change: Change) -> bool:
    return change.subject.endswith(".return")


_NEW_FUNCTION = "leave it, and let another function, with `@since`, do it the other way"


# --- who owns what

_GIVEN = Flow(Outcome.FREES_TWICE, Outcome.LEAKS)
_KEPT = Flow(Outcome.LEAKS, Outcome.FREES_TWICE)


def _given(change: Change, context: Context) -> Judged:
    return _judged("what was lent is handed over now", _GIVEN, _NEW_FUNCTION, change, context)


def _kept(change: Change, context: Context) -> Judged:
    return _judged("what was handed over is only lent now", _KEPT, _NEW_FUNCTION, change, context)


def _ended(what: str, change: Change, context: Context) -> Judged:
    """How something ends: told now, not told any more, or told otherwise."""
    if change.before and change.after:
        flow = Flow.both(Outcome.WRONG_FREE)
    else:
        flow = _GIVEN if change.after else _KEPT
    return _judged(what, flow, _NEW_FUNCTION, change, context)


def _depth(change: Change, context: Context) -> Judged:
    is_shell = "shell" in change.after
    what = "only the container is handed over" if is_shell else "the elements are handed over too"
    return _judged(what, _KEPT_ELEMENTS if is_shell else _GIVEN, _NEW_FUNCTION, change, context)


#: Who gets only the container does not free what is in it.
_KEPT_ELEMENTS = Flow(Outcome.LEAKS, Outcome.FREES_TWICE)


def _failure_owner(change: Change, context: Context) -> Judged:
    on_success = "success" in change.after
    what = (
        "after a failure it is the caller's again"
        if on_success
        else "it is gone after a failure too"
    )
    # The caller provides it, the callee takes it.
    flow = Flow(Outcome.LEAKS, Outcome.FREES_TWICE) if on_success else _GIVEN
    return _judged(what, flow, _NEW_FUNCTION, change, context)


_SHORTER = Flow(_FINE, Outcome.USES_FREED)
_LONGER = Flow(Outcome.USES_FREED, _FINE)
_OTHERWISE = Flow.both(Outcome.USES_FREED)


# --- threads and calls


def _thread(flow: Flow, what: str, change: Change, context: Context) -> Judged:
    is_other = bool(change.before and change.after) and "any" not in change.before + change.after
    return _judged(
        "it is another thread that may call" if is_other else what,
        Flow.both(Outcome.WRONG_THREAD) if is_other else flow,
        "leave it; what may be called from fewer threads is another function",
        change,
        context,
        of_function=True,
    )


def _unwinding(change: Change, context: Context) -> Judged:
    """A caller that is not ready for an exception."""
    flow = Flow(_FINE, Outcome.UNWINDS) if change.after else Flow()
    what = "an exception may pass through" if change.after else "no exception passes through"
    return _judged(what, flow, _NEW_FUNCTION, change, context, of_function=True)


def _contract(change: Change, context: Context) -> Judged:
    if change.detail == "must_use":
        what = "callers have to look at the result" if change.after else "the result may be ignored"
        judged = _judged(what, Flow(), "", change, context)
        return Judged(judged.message, providers=judged.providers, level=Level.COMPATIBLE)
    flow = Flow(Outcome.COMES_BACK, _FINE) if change.after else Flow(_FINE, Outcome.COMES_BACK)
    what = "it does not return any more" if change.after else "it returns now"
    return _judged(what, flow, _NEW_FUNCTION, change, context, of_function=True)


def _mild(what: str, change: Change, context: Context) -> Judged:
    """Nothing that crosses is different."""
    return Judged(
        f"`{change.subject}`: {what} ({_said(change)})",
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
    )


def _default(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}`: callers that say nothing give another value ({_said(change)})",
        source=Source(provider=Outcome.COMPILES_WRONG),
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
    )


def _handle(change: Change, context: Context) -> Judged:
    if change.detail == "handle":
        return _mild("a method of another handle", change, context)
    # What is made has to be ended by who gets it, once.
    what, flow = "the handle is made another way", Flow.both(Outcome.LEAKS)
    if not change.before:
        what, flow = "it makes handles now", _GIVEN
    elif not change.after:
        what, flow = "it makes no handles any more", _KEPT
    return _judged(
        what,
        flow,
        _NEW_FUNCTION,
        change,
        context,
        of_function=True,
    )


def _destroy(change: Change, context: Context) -> Judged:
    """On a function it ends a handle; on a callback's type it is what is called at the end."""
    place = place_of(change, context)
    is_function = place is not None and not place.is_passed
    flow = _GIVEN if change.after else _KEPT
    if change.before and change.after:
        flow = Flow.both(Outcome.WRONG_FREE)
    what = (
        "a function ends the handle" if is_function else "what ends a callback is another function"
    )
    return _judged(what, flow, _NEW_FUNCTION, change, context)


def _special(change: Change, context: Context) -> Judged:
    if change.detail == "absent":
        return _absent(change, context)
    return _both("another value means that nothing is there", Outcome.MISREADS, change, context)


def _absent(change: Change, context: Context) -> Judged:
    """What callers make of a slot that is null: without a promise, what they like, and most say that it is
    missing."""
    if not change.before:
        return _judged(
            "null stands for a slot that does nothing",
            Flow(_FINE, Outcome.FALLS_BACK),
            f"callers that are older than {context.version} may still say that it is missing",
            change,
            context,
            of_function=True,
        )
    is_gone = not change.after
    return _judged(
        "null only says that it is missing" if is_gone else "null stands for another result",
        Flow(Outcome.MISREADS, _FINE) if is_gone else Flow.both(Outcome.MISREADS),
        "leave it: who is released leaves the slot null and counts on it",
        change,
        context,
        of_function=True,
    )


def _both(what: str, outcome: Outcome, change: Change, context: Context) -> Judged:
    return _judged(what, Flow.both(outcome), _NEW_FUNCTION, change, context)


def _length(what: str, change: Change, context: Context) -> Judged:
    """Who counts otherwise reads too much."""
    flow = Flow.both(Outcome.READS_PAST_END)
    if not change.before:
        flow = Flow(Outcome.READS_PAST_END, _FINE)
    elif not change.after:
        flow = Flow(_FINE, Outcome.READS_PAST_END)
    return _judged(what, flow, _NEW_FUNCTION, change, context)


def _unit(change: Change, context: Context) -> Judged:
    """Who takes bytes for elements reads too much, and the other way too little."""
    is_bytes = "@size" in change.after
    flow = Flow(Outcome.READS_PAST_END, Outcome.MISREADS)
    return _judged(
        f"its length counts {'bytes' if is_bytes else 'elements'} now",
        Flow(flow.old_reader, flow.new_reader) if is_bytes else flow,
        _NEW_FUNCTION,
        change,
        context,
    )


def _direction(change: Change, context: Context) -> Judged:
    """Who writes does so to memory of a caller that does not mean it to, and the other way nobody does."""
    if not change.before:
        flow = Flow(Outcome.WRITES_READ_ONLY, Outcome.MISREADS)
    elif not change.after:
        flow = Flow(Outcome.MISREADS, Outcome.WRITES_READ_ONLY)
    else:
        flow = Flow.both(Outcome.MISREADS)
    return _judged("another side reads or writes it", flow, _NEW_FUNCTION, change, context)


def _flow(what: str, flow: Flow, change: Change, context: Context) -> Judged:
    return _judged(what, flow, _NEW_FUNCTION, change, context)


def _called(what: str, outcome: Outcome, change: Change, context: Context) -> Judged:
    """Of the result of a function, as its callers see it."""
    return _judged(what, Flow.both(outcome), _NEW_FUNCTION, change, context, of_function=True)


def _handshake(change: Change, context: Context) -> Judged:
    is_called = bool(change.after)
    what = "it is called or read at load" if is_called else "it is not called at load any more"
    return Judged(
        f"`{change.subject}`: {what} ({_said(change)})",
        Flow.both(Outcome.WRONG_TIME),
        Source(provider=Outcome.COMPILES_WRONG),
        frozenset({Side.PLUGIN}),
        hint="what is called at load has to be so in all releases; add another entry, `optional`",
    )


def _version_source(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}`: loaders look elsewhere ({_said(change)})",
        Flow.both(Outcome.MISREADS),
        Source(provider=Outcome.COMPILES_WRONG),
        frozenset({Side.PLUGIN}),
        hint="a loader must find the version of every release at the same place",
    )


JUDGES: Mapping[Kind, Judge] = {
    Kind.OWNERSHIP_GIVEN: _given,
    Kind.OWNERSHIP_KEPT: _kept,
    Kind.OWNED_ALLOCATOR_CHANGED: partial(_ended, "it comes from another allocator"),
    Kind.RELEASE_CHANGED: partial(_ended, "it ends another way"),
    Kind.DEPTH_CHANGED: _depth,
    Kind.FAILURE_OWNER_CHANGED: _failure_owner,
    Kind.LIFETIME_SHORTENED: partial(_flow, "it may be used for a shorter time", _SHORTER),
    Kind.LIFETIME_LENGTHENED: partial(_flow, "it has to live longer", _LONGER),
    Kind.LIFETIME_CHANGED: partial(_flow, "it lives until something else happens", _OTHERWISE),
    Kind.CLONE_CHANGED: partial(_both, "it is copied another way", Outcome.WRONG_FUNCTION),
    Kind.LENGTH_CHANGED: partial(_length, "its length is told elsewhere"),
    Kind.LENGTH_UNIT_CHANGED: _unit,
    Kind.TERMINATOR_CHANGED: partial(_length, "its end is marked differently"),
    Kind.ROOM_CHANGED: partial(_both, "the room is told differently", Outcome.WRITES_PAST_END),
    Kind.DIRECTION_CHANGED: _direction,
    Kind.VIEW_CHANGED: partial(_both, "it stands for something else", Outcome.MISREADS),
    Kind.ENCODING_CHANGED: partial(_both, "the text has another encoding", Outcome.MISREADS),
    Kind.WIRE_CHANGED: partial(_both, "what is inside has another format", Outcome.MISREADS),
    Kind.STRUCT_SIZE_CHANGED: partial(_both, "the struct's own size", Outcome.MISREADS),
    Kind.ENUM_OF_INTEGER_CHANGED: partial(_both, "the values of another enum", Outcome.MISREADS),
    Kind.OBJECT_OF_POINTER_CHANGED: partial(_both, "it leads elsewhere", Outcome.MISREADS),
    Kind.SPECIAL_VALUE_CHANGED: _special,
    Kind.DEFAULT_CHANGED: _default,
    Kind.SUCCESS_VALUE_CHANGED: partial(_called, "another result means success", Outcome.MISREADS),
    Kind.ERROR_CHANNEL_CHANGED: partial(_called, "failures are told elsewhere", Outcome.MISREADS),
    Kind.ERROR_NAMES_CHANGED: partial(_called, "another enum names failures", Outcome.MISREADS),
    Kind.STREAM_END_CHANGED: partial(_both, "the end is marked differently", Outcome.MISREADS),
    Kind.UNWINDING_CHANGED: _unwinding,
    Kind.CALL_CONTRACT_CHANGED: _contract,
    Kind.OBJECT_CHANGED: partial(_both, "its functions get another context", Outcome.WRONG_CONTEXT),
    Kind.HANDLE_CHANGED: _handle,
    Kind.PROPERTY_CHANGED: partial(_mild, "bindings show it differently"),
    Kind.SCOPE_NARROWED: partial(_flow, "it may be called for a shorter time", _SHORTER),
    Kind.SCOPE_WIDENED: partial(_flow, "it may be called for longer", _LONGER),
    Kind.SCOPE_CHANGED: partial(_flow, "it may be called until something else", _OTHERWISE),
    Kind.CALLBACK_CONTEXT_CHANGED: partial(_both, "it gets another context", Outcome.WRONG_CONTEXT),
    Kind.CALLBACK_END_CHANGED: _destroy,
    Kind.THREAD_RESTRICTED: partial(
        _thread, Flow(_FINE, Outcome.WRONG_THREAD), "it may be called from fewer threads"
    ),
    Kind.THREAD_RELAXED: partial(
        _thread, Flow(Outcome.WRONG_THREAD, _FINE), "it may be called from more threads"
    ),
    Kind.BLOCKING_CHANGED: partial(_mild, "how long a call may take"),
    Kind.HANDSHAKE_CHANGED: _handshake,
    Kind.VERSION_SOURCE_CHANGED: _version_source,
    Kind.MEANING_CHANGED: partial(_both, "it means something else", Outcome.MISREADS),
}
