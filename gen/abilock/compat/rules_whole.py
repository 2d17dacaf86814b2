"""Judges of the ABI as a whole: its version and rule, types, entries and constants, ages of elements."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.changes import Change, Kind
from abilock.compat.context import Context
from abilock.compat.declared import symbol_of
from abilock.compat.findings import Level
from abilock.compat.flows import Flow, Source
from abilock.compat.growth import growth
from abilock.compat.judging import REWRITE, Judge, Judged, merged, owner_of, place_of, providers_of
from abilock.compat.outcomes import Outcome
from abilock.compat.roles import Side
from abilock.model.decls import Constant, Opaque
from abilock.model.version import Version

_FINE = Outcome.FINE
_PLUGIN = frozenset({Side.PLUGIN})


# --- the ABI


def _version_lowered(change: Change, context: Context) -> Judged:
    """Which number is honest, the verdict says."""
    is_number = context.old.compat.is_number and change.before.isdigit()
    what = "the number that loaders compare" if is_number else "the version"
    return Judged(f"{what} went backwards: {change.before} -> {change.after}", level=Level.BREAKING)


def _compat(change: Change, context: Context) -> Judged:
    if context.old.compat.rule == context.new.compat.rule == "accepts":
        # Each loader takes what it lists: whom it has to refuse, the changes of all else say.
        return Judged(
            f"loaders take `{change.after}`, and those before `{change.before}`",
            level=Level.COMPATIBLE,
        )
    return Judged(
        f"loaders compare by `{change.after}`, and those before by `{change.before}`",
        Flow.both(Outcome.MISJUDGED),
        level=Level.BREAKING,
        hint="older hosts go on with the former rule; change it together with a release that both refuse",
    )


def _target_added(change: Change, context: Context) -> Judged:
    return Judged(f"the ABI exists now on {_targets(change)}", level=Level.COMPATIBLE)


def _target_removed(change: Change, context: Context) -> Judged:
    """What is compiled goes on with its own age, and meets nobody newer."""
    return Judged(
        f"the ABI does not exist any more on {_targets(change)}",
        Flow.both(Outcome.NOT_BUILT),
        REWRITE,
        level=Level.BREAKING,
        hint="who builds for that cannot go on: leave it in `targets` until a release that breaks anyway",
    )


def _targets(change: Change) -> str:
    """ex) ``2 targets: i686-unknown-linux-gnu, i686-pc-windows-msvc``"""
    count = len(change.targets or ())
    return change.subject if count == 1 else f"{count} targets: {change.subject}"


def _allocator(change: Change, context: Context) -> Judged:
    if not change.before or not change.after:
        what = f"is there now: `{change.after}`" if change.after else "is gone"
        return Judged(f"the allocator `{change.subject}` {what}", level=Level.COMPATIBLE)
    return Judged(
        f"the allocator `{change.subject}` works with other functions: `{change.before}` ->"
        f" `{change.after}`",
        Flow.both(Outcome.WRONG_FREE),
        Source(),
        hint="what one side gets, the other frees: declare another allocator for what is new",
    )


# --- types


def _type_added(change: Change, context: Context) -> Judged:
    return Judged(f"`{change.after}` was added", level=Level.COMPATIBLE)


def _type_removed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.before}` is gone",
        source=REWRITE,
        providers=providers_of(change, context),
        level=Level.COMPATIBLE,
        hint=f"keep it, with `@deprecated({context.version})`, as long as source may name it",
    )


def _type_renamed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.after}` was called `{change.before}`",
        source=REWRITE,
        level=Level.COMPATIBLE,
        hint=f"keep the former name too: `type {change.before} = {change.after};`",
    )


def _kept_as_alias(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.after}` was called `{change.before}`, which is another name of it still",
        level=Level.COMPATIBLE,
    )


def _retargeted(change: Change, context: Context) -> Judged:
    """Who knows what is in it looks for that in what the other side made."""
    old, new = context.before(change.subject), context.after(change.subject)
    was_opaque = old is not None and isinstance(old.owner, Opaque)
    is_opaque = new is not None and isinstance(new.owner, Opaque)
    if was_opaque:
        flow = Flow(Outcome.MISREADS, _FINE)
    elif is_opaque:
        flow = Flow(_FINE, Outcome.MISREADS)
    elif "callback" in change.before + change.after or "vtable" in change.before + change.after:
        flow = Flow.both(Outcome.WRONG_CALL)
    else:
        flow = Flow.both(Outcome.MISREADS)
    is_union = {each.split(" ")[0] for each in (change.before, change.after)} == {"struct", "union"}
    source = Source.both(Outcome.COMPILES_WRONG) if is_union else REWRITE
    return Judged(
        f"`{change.subject}` is `{change.after}` now, and was `{change.before}`",
        merged(flow, growth(context, owner_of(change))),
        Source() if was_opaque else source,
        providers_of(change, context),
        hint="give what is new a name of its own",
    )


# --- entries


def _entry_added(change: Change, context: Context) -> Judged:
    place = place_of(change, context)
    is_optional = change.after.startswith("optional ") or bool(
        place and getattr(place.item, "optional", False)
    )
    since = place.attributes.version("since") if place else None
    if is_optional:
        outcome = Outcome.FALLS_BACK
    elif since is not None and since > context.old.compared_version:
        outcome = Outcome.GATED
    else:
        outcome = Outcome.NOT_FOUND
    is_fine = outcome is not Outcome.NOT_FOUND
    why = "" if is_fine else ", and older plugins do not export it"
    if since is not None and not is_fine:
        why = f"; it says `@since({since})`, and {context.old.compared_version} does not have it"
    return Judged(
        f"`{change.subject}` was added{why}",
        Flow(outcome, _FINE),
        # Compiled again, a plugin says that it is new, and still does not have it.
        Source(provider=Outcome.FALLS_BACK if is_optional else Outcome.NOT_FOUND),
        _PLUGIN,
        level=Level.APPEND_ONLY if is_fine else None,
        hint=None
        if is_fine
        else f"make it `optional entry`, or write `@since({context.version})` before it",
    )


def _entry_removed(change: Change, context: Context) -> Judged:
    place = context.before(change.subject)
    was_optional = bool(place and getattr(place.item, "optional", False))
    return Judged(
        f"`{change.subject}` is gone"
        + (", which plugins could do without" if was_optional else ""),
        Flow(_FINE, Outcome.FALLS_BACK if was_optional else Outcome.NOT_FOUND),
        Source(reader=Outcome.DOES_NOT_COMPILE),
        _PLUGIN,
        hint=f"keep it, with `@deprecated({context.version})`: older hosts look for it",
    )


def _entry_renamed(change: Change, context: Context) -> Judged:
    before = symbol_of(context.old.find(change.before))
    after = symbol_of(context.new.find(change.after))
    if before == after:
        return Judged(
            f"`{change.after}` was called `{change.before}`; its symbol is the same",
            source=REWRITE,
            level=Level.COMPATIBLE,
        )
    return Judged(
        f"`{change.after}` was called `{change.before}`, and is looked up by that name",
        Flow.both(Outcome.NOT_FOUND),
        Source(Outcome.NOT_FOUND, Outcome.DOES_NOT_COMPILE),
        _PLUGIN,
        hint=f'keep the symbol: `@c("{before}")`',
    )


def _symbol_changed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is found as `{change.after}`, and was found as `{change.before}`",
        Flow.both(Outcome.NOT_FOUND),
        Source(Outcome.NOT_FOUND, Outcome.DOES_NOT_COMPILE),
        _PLUGIN,
        hint=f'keep the symbol: `@c("{change.before}")`',
    )


def _entry_retargeted(change: Change, context: Context) -> Judged:
    is_variable = change.after.startswith(("entry static", "optional entry static"))
    # Who takes code for a value misreads it, and who takes a value for code calls it.
    flow = Flow(Outcome.MISREADS, Outcome.WRONG_FUNCTION)
    return Judged(
        f"`{change.subject}` is `{change.after}` now, and was `{change.before}`",
        flow if is_variable else Flow(flow.old_reader, flow.new_reader),
        REWRITE,
        _PLUGIN,
        hint="export what is new under another name",
    )


def _entry_optional(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may be missing now",
        Flow(_FINE, Outcome.NOT_FOUND),
        Source(reader=Outcome.CALLS_NULL),
        _PLUGIN,
        hint="plugins that older hosts load have to export it still",
    )


def _entry_mandatory(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may not be missing any more",
        Flow(Outcome.NOT_FOUND, _FINE),
        Source(provider=Outcome.NOT_FOUND),
        _PLUGIN,
        hint="leave it `optional`: released plugins may be without it",
    )


def _variable_const(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is never written any more",
        Flow(_FINE, Outcome.WRITES_READ_ONLY),
        Source(reader=Outcome.DOES_NOT_COMPILE),
        _PLUGIN,
        hint="export what is constant under another name",
    )


def _variable_mutable(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` may be written now",
        Flow(Outcome.WRITES_READ_ONLY, _FINE),
        Source(provider=Outcome.DOES_NOT_COMPILE),
        _PLUGIN,
        hint="export what is written under another name",
    )


def _handshake_order(change: Change, context: Context) -> Judged:
    return Judged(
        f"entries are called in another order at load: {change.after}; before: {change.before}",
        Flow.both(Outcome.WRONG_TIME),
        Source(provider=Outcome.COMPILES_WRONG),
        _PLUGIN,
        hint="leave the entries with `@handshake` in their order",
    )


# --- constants


def _constant_added(change: Change, context: Context) -> Judged:
    return Judged(f"`{change.after}` was added", level=Level.COMPATIBLE)


def _constant_removed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.before}` is gone",
        source=REWRITE,
        level=Level.COMPATIBLE,
        hint=f"keep it, with `@deprecated({context.version})`, as long as source may name it",
    )


def _constant_renamed(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.after}` was called `{change.before}`",
        source=REWRITE,
        level=Level.COMPATIBLE,
        hint=f"keep the former name too: `const {change.before}: … = {change.after};`",
    )


def _constant_type(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is a `{change.after}` now, and was a `{change.before}`",
        source=Source.both(Outcome.COMPILES_WRONG),
        level=Level.COMPATIBLE,
        hint="leave it, and give what is of the other type a name of its own; who is compiled again may"
        " compute with another width or sign",
    )


def _constant_value(change: Change, context: Context) -> Judged:
    """Each side has the value that it was compiled with; a number that loaders compare has to rise."""
    message = f"`{change.subject}` has another value: {change.before} -> {change.after}"
    if is_version_number(context, change.subject):
        return Judged(f"{message}; loaders compare it", level=Level.COMPATIBLE)
    return Judged(
        message,
        Flow.both(Outcome.MISREADS),
        Source(),
        hint="leave it, and give what is new a name of its own",
    )


def is_version_number(context: Context, name: str) -> bool:
    """Whether a constant is what loaders compare, or says how new a host is."""
    if any(name in library.compat.arguments for library in (context.old, context.new)):
        return True
    place = context.after(name)
    if place is None or not isinstance(place.item, Constant):
        return False
    return place.attributes.has("version") or place.attributes.has("range")


# --- ages


def _since_changed(change: Change, context: Context) -> Judged:
    old, new = context.before(change.subject), context.after(change.subject)
    before = old.attributes.version("since") if old else None
    after = new.attributes.version("since") if new else None
    message = f"`{change.subject}` was released with {_since(before)}, and has {_since(after)} now"
    if before is None and after is not None and after <= context.old.compared_version:
        return Judged(
            f"{message}: that older plugins do not have it is told now",
            level=Level.COMPATIBLE,
            providers=providers_of(change, context),
        )
    is_later = after is not None and (before is None or after > before)
    flow = Flow(Outcome.FALLS_BACK if is_later else Outcome.READS_PAST_END, _FINE)
    return Judged(
        message,
        flow,
        Source(),
        providers_of(change, context),
        level=Level.BREAKING,
        hint=f"{_restored(before)}: which releases have it cannot change any more",
    )


def _restored(version: Version | None) -> str:
    return f"restore {_since(version)}" if version is not None else "remove it"


def _since(version: Version | None) -> str:
    return f"`@since({version})`" if version is not None else "no `@since`"


def _deprecated(change: Change, context: Context) -> Judged:
    return Judged(
        f"`{change.subject}` is discouraged now: `{change.after}`", level=Level.COMPATIBLE
    )


def _withdrawn(change: Change, context: Context) -> Judged:
    return Judged(f"`{change.subject}` is not discouraged any more", level=Level.COMPATIBLE)


def _stability(change: Change, context: Context) -> Judged:
    what = "may change without a version now" if change.after else "is stable now"
    return Judged(f"`{change.subject}` {what}", level=Level.COMPATIBLE)


JUDGES: Mapping[Kind, Judge] = {
    Kind.VERSION_LOWERED: _version_lowered,
    Kind.COMPAT_CHANGED: _compat,
    Kind.TARGET_ADDED: _target_added,
    Kind.TARGET_REMOVED: _target_removed,
    Kind.ALLOCATOR_CHANGED: _allocator,
    Kind.TYPE_ADDED: _type_added,
    Kind.TYPE_REMOVED: _type_removed,
    Kind.TYPE_RENAMED: _type_renamed,
    Kind.TYPE_KEPT_AS_ALIAS: _kept_as_alias,
    Kind.TYPE_RETARGETED: _retargeted,
    Kind.ENTRY_ADDED: _entry_added,
    Kind.ENTRY_REMOVED: _entry_removed,
    Kind.ENTRY_RENAMED: _entry_renamed,
    Kind.ENTRY_RETARGETED: _entry_retargeted,
    Kind.ENTRY_MADE_OPTIONAL: _entry_optional,
    Kind.ENTRY_MADE_MANDATORY: _entry_mandatory,
    Kind.VARIABLE_MADE_CONST: _variable_const,
    Kind.VARIABLE_MADE_MUTABLE: _variable_mutable,
    Kind.SYMBOL_CHANGED: _symbol_changed,
    Kind.HANDSHAKE_ORDER_CHANGED: _handshake_order,
    Kind.CONSTANT_ADDED: _constant_added,
    Kind.CONSTANT_REMOVED: _constant_removed,
    Kind.CONSTANT_RENAMED: _constant_renamed,
    Kind.CONSTANT_TYPE: _constant_type,
    Kind.CONSTANT_VALUE: _constant_value,
    Kind.SINCE_CHANGED: _since_changed,
    Kind.DEPRECATED: _deprecated,
    Kind.DEPRECATION_WITHDRAWN: _withdrawn,
    Kind.STABILITY_CHANGED: _stability,
}
