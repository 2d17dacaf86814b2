"""Judges of enums and their values."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.growth import growth
from abilock.compat.judging import REWRITE, Judge, Judged, merged, owner_of, providers_of
from abilock.compat.outcomes import Outcome
from abilock.model.decls import EnumDecl, EnumKind, Library

_FINE = Outcome.FINE
_MISREADS = Flow.both(Outcome.MISREADS)


def _width(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is a `{change.after}` now, and was a `{change.before}`",
        merged(_MISREADS, growth(context, owner_of(change))),
        Source(),
        providers_of(change, context),
        hint="leave its width; a new enum, for new functions, may have another one",
    )


def _opened(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may have values without a name now",
        Flow(_FINE, Outcome.UNKNOWN_VALUE),
        Source(_FINE, Outcome.UNKNOWN_VALUE),
        providers_of(change, context),
        hint="who gets it, and was compiled before, relies on the names being all that there is",
    )


def _closed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may not have values without a name any more",
        Flow(Outcome.UNKNOWN_VALUE, _FINE),
        Source(Outcome.UNKNOWN_VALUE, _FINE),
        providers_of(change, context),
        hint="leave it open: what was compiled before may still give other values",
    )


def _kind(change: Change, context: Context) -> Judged:
    is_wider = change.after in (EnumKind.FLAGS.value, EnumKind.OPEN.value)
    flow = Flow(_FINE, Outcome.UNKNOWN_VALUE) if is_wider else Flow(Outcome.UNKNOWN_VALUE, _FINE)
    return Judged(
        f"`{change.subject}` is `{change.after}` now, and was `{change.before}`",
        flow,
        Source.both(Outcome.COMPILES_WRONG),
        providers_of(change, context),
        hint="make another type for what is new",
    )


def _added(change: Change, context: Context) -> Judged:
    """Who was compiled before can tell a value that it does not know only if the enum says that there
    may be some."""
    owner = owner_of(change)
    if _kind_of(context.old, context.former(owner)) is not EnumKind.CLOSED:
        return Judged(
            f"`{change.subject}` was added",
            Flow(_FINE, Outcome.FALLS_BACK),
            Source(),
            providers_of(change, context),
            level=Level.APPEND_ONLY,
        )
    return Judged(
        f"`{change.subject}` was added to an enum that is closed",
        Flow(_FINE, Outcome.UNKNOWN_VALUE),
        Source(_FINE, Outcome.UNKNOWN_VALUE),
        providers_of(change, context),
        hint=f"in a release that breaks, make `{owner}` an `open enum`: then values can be added",
    )


def _inserted(change: Change, context: Context) -> Judged:
    is_closed = _kind_of(context.new, owner_of(change)) is EnumKind.CLOSED
    return Judged(
        f"`{change.subject}` took a number that another value had",
        _MISREADS,
        Source(reader=Outcome.UNKNOWN_VALUE if is_closed else _FINE),
        providers_of(change, context),
        hint="give it a number that is free; the others keep theirs",
    )


def _alias(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is a second name of its number",
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
    )


def _removed(change: Change, context: Context) -> Judged:
    if change.detail == "alias":
        return Judged(
            f"`{change.subject}` is gone, and its number has another name still",
            source=REWRITE,
            providers=providers_of(change, context),
            level=Level.COMPATIBLE,
        )
    return Judged(
        f"`{change.subject}` is gone",
        Flow(Outcome.UNKNOWN_VALUE, _FINE),
        REWRITE,
        providers_of(change, context),
        hint=f"keep it, with `@deprecated({context.version})`: what was compiled before still gives it",
    )


def _renamed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` had another name: `{change.before}`",
        source=REWRITE,
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
        hint="keep the former name as an alias if it means the same",
    )


def _renumbered(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` has another number: `{change.before}` -> `{change.after}`",
        _MISREADS,
        Source(),
        providers_of(change, context),
        hint="leave released numbers as they are",
    )


def _swapped(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` and `{change.detail}` changed numbers, or names",
        _MISREADS,
        Source(),
        providers_of(change, context),
        hint="leave released numbers as they are",
    )


def _sentinel(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` counts the others: `{change.before}` -> `{change.after}`",
        providers=providers_of(change, context),
        source=Source(_FINE, _FINE),
        level=Level.COMPATIBLE,
        hint="nothing that crosses may have this value, nor as many elements as it says",
    )


def _kind_of(library: Library, name: str) -> EnumKind | None:
    try:
        declared = library.find(name)
    except KeyError:
        return None
    return declared.kind if isinstance(declared, EnumDecl) else None


JUDGES: Mapping[Kind, Judge] = {
    Kind.ENUM_WIDTH_CHANGED: _width,
    Kind.ENUM_SIGN_CHANGED: _width,
    Kind.ENUM_OPENED: _opened,
    Kind.ENUM_CLOSED: _closed,
    Kind.ENUM_KIND_CHANGED: _kind,
    Kind.VALUE_ADDED: _added,
    Kind.VALUE_INSERTED: _inserted,
    Kind.VALUE_ALIAS_ADDED: _alias,
    Kind.VALUE_REMOVED: _removed,
    Kind.VALUE_RENAMED: _renamed,
    Kind.VALUE_RENUMBERED: _renumbered,
    Kind.VALUES_SWAPPED: _swapped,
    Kind.SENTINEL_MOVED: _sentinel,
}
