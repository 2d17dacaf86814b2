"""The verdict: every change judged, what follows from it, and which version is honest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from abilock.compat.causes import Cause, causes
from abilock.compat.changes import Change, Kind
from abilock.compat.consequences import (
    follower_consequences,
    layout_consequences,
    path_consequence,
)
from abilock.compat.context import Context, Described
from abilock.compat.differences import differences
from abilock.compat.findings import (
    Consequence,
    Finding,
    Level,
    Loader,
    Verdict,
    version_text,
)
from abilock.compat.flows import Flow, worst
from abilock.compat.growth import growth, writable
from abilock.compat.imported import imported_numbers
from abilock.compat.judging import owner_of
from abilock.compat.outcomes import Cells, Outcome, Pairings
from abilock.compat.rules import JUDGES
from abilock.compat.rules_members import tables_of
from abilock.compat.successors import renamed_types
from abilock.compat.table import RULES
from abilock.compat.versions import Needs, Release, release_of, required, takes
from abilock.model.decls import Library, Slot
from abilock.model.types import Result
from abilock.source import Span

_LEVELS = tuple(Level)
#: What is said of a version and not of the ABI: any honest version makes up for it.
_OF_VERSIONS = frozenset({RULES[Kind.VERSION_LOWERED].code})
_OF_TARGETS = frozenset({RULES[Kind.TARGET_ADDED].code, RULES[Kind.TARGET_REMOVED].code})
#: Which slots a vtable has, and in which order.
_OF_PLACES = frozenset(
    {
        Kind.SLOT_APPENDED,
        Kind.SLOT_INSERTED,
        Kind.SLOT_REMOVED,
        Kind.SLOT_REPLACED,
        Kind.SLOT_MOVED,
        Kind.SLOTS_SWAPPED,
    }
)
#: What is there still, or anew, at another place. Where vtables share it, that has a rule of its own; what
#: becomes of a member at its place has the rule that it has anywhere, so that an exception for the one
#: accepts nothing of the other.
_NEW_PLACES = frozenset(
    {
        Kind.SLOT_APPENDED,
        Kind.SLOT_INSERTED,
        Kind.SLOT_MOVED,
        Kind.SLOTS_SWAPPED,
        Kind.FIELD_APPENDED,
        Kind.FIELD_INSERTED,
        Kind.FIELD_MOVED,
        Kind.FIELDS_SWAPPED,
    }
)
_OTHER_CONVENTION = (
    "the members that vtables share cannot change; make another convention for new vtables"
)
#: What changes no layout.
_MOVES_NOTHING = frozenset(
    {
        Kind.TYPE_RENAMED,
        Kind.TYPE_KEPT_AS_ALIAS,
        Kind.FIELD_RENAMED,
        Kind.FIELDS_REGROUPED,
        Kind.SLOT_RENAMED,
        Kind.UNION_MEMBER_RENAMED,
        Kind.DEPRECATED,
        Kind.DEPRECATION_WITHDRAWN,
        Kind.STABILITY_CHANGED,
        Kind.SINCE_CHANGED,
        Kind.HOLE_FILLED,
    }
)


def judge(old_side: Library | Described, new_side: Library | Described) -> Verdict:
    """What a newer description changes of an older one, whom that hurts, and what it asks for."""
    one, other = (
        each if isinstance(each, Described) else Described.of(each) for each in (old_side, new_side)
    )
    old, new = one.library, other.library
    renamed = renamed_types(old, new)
    changes = differences(old, new, renamed)
    changes = (*imported_numbers(changes, one, other), *changes)
    context = Context(one, other, renamed, frozenset(map(owner_of, changes)))
    found = causes(changes, context)
    findings = tuple(_with_consequences([_judged(each, context) for each in found], found, context))
    return verdict_of(findings, release_of(old), release_of(new))


def reconsidered(old: Library, new: Library, findings: tuple[Finding, ...]) -> Verdict:
    """The verdict if these were all findings. ex) without those that a project accepts"""
    return verdict_of(findings, release_of(old), release_of(new))


def _judged(cause: Cause, context: Context) -> Finding:
    """One finding, with what its followers do added to its cells."""
    finding = _finding(cause.change, context)
    for follower in cause.followers:
        finding = _and_also(finding, _finding(follower, context))
    for companion in cause.companions:
        source = _worse_source(finding.cells.source, _finding(companion, context).cells.source)
        finding = replace(finding, cells=Cells(finding.cells.binary, source))
    return finding


def _and_also(finding: Finding, other: Finding) -> Finding:
    """As bad as the worse of both."""
    level = max(finding.level, other.level, key=_LEVELS.index)
    return replace(finding, level=level, cells=_worse(finding.cells, other.cells))


def _worse_source(one: Pairings, other: Pairings) -> Pairings:
    """What does not compile does nothing else."""
    return Pairings(
        _first_seen(one.old_plugin_new_host, other.old_plugin_new_host),
        _first_seen(one.new_plugin_old_host, other.new_plugin_old_host),
    )


def _first_seen(one: Outcome, other: Outcome) -> Outcome:
    return other if other is Outcome.DOES_NOT_COMPILE else one


def _finding(change: Change, context: Context) -> Finding:
    if change.kind is Kind.TABLE_CONVENTION_CHANGED:
        return _of_convention(change, context)
    judged = JUDGES[change.kind](change, context)
    level = judged.judged_level
    cells = judged.cells
    binary = writable(context, owner_of(change), cells.binary)
    if level is Level.BREAKING and _is_unstable(change, context):
        level = Level.COMPATIBLE
    return Finding(
        RULES[change.kind],
        level,
        change.subject,
        judged.message,
        Cells(binary, cells.source),
        change.old,
        change.new,
        judged.targets or change.targets,
        hint=judged.hint,
        around=_around(change, context) if change.new is None else None,
    )


def _around(change: Change, context: Context) -> Span | None:
    """Where what is gone is missing: the nearest thing around it that is still there."""
    subject = change.subject.rpartition(".")[0]
    while subject:
        place = context.after(subject)
        if place is not None and not isinstance(place.item, Result):
            return place.item.span
        subject = subject.rpartition(".")[0]
    return context.new.span


def _of_convention(change: Change, context: Context) -> Finding:
    """What changed of the members that vtables share is judged in each of them, and told once."""
    word, _, detail = change.detail.partition(" ")
    kind, convention = Kind(word), owner_of(change)
    rest = change.subject.removeprefix(convention)
    first, *others = (
        _finding(replace(change, kind=kind, subject=f"{table}{rest}", detail=detail), context)
        for table in tables_of(change, context)
    )
    for other in others:
        first = _and_also(first, other)
    return replace(
        first,
        rule=RULES[change.kind if kind in _NEW_PLACES else kind],
        subject=change.subject,
        message=f"`{change.subject}`: {RULES[kind].title}, in every vtable of `{convention}`",
        hint=_OTHER_CONVENTION if first.level is Level.BREAKING else first.hint,
    )


def _is_unstable(change: Change, context: Context) -> bool:
    """Whether it is inside of something that may change without a version."""
    subject = change.subject
    while subject:
        place = context.before(subject)
        if place is not None and place.attributes.has("unstable"):
            # What a function is called with moves nothing, whatever else does.
            moves = change.kind in _OF_PLACES or not isinstance(place.item, Slot)
            # A type that may change moves nothing but itself, unless others hold it.
            is_whole = "." not in subject
            moves = moves and (
                growth(context, subject) != Flow()
                if is_whole
                else bool(context.effects(owner_of(change)))
            )
            return change.kind is not Kind.STABILITY_CHANGED and not moves
        subject = subject.rpartition(".")[0]
    return False


def _worse(one: Cells, other: Cells) -> Cells:
    return Cells(_worse_of(one.binary, other.binary), _worse_of(one.source, other.source))


def _worse_of(one: Pairings, other: Pairings) -> Pairings:
    return Pairings(
        worst((one.old_plugin_new_host, other.old_plugin_new_host)),
        worst((one.new_plugin_old_host, other.new_plugin_old_host)),
    )


def _with_consequences(
    findings: Sequence[Finding], found: Sequence[Cause], context: Context
) -> Iterator[Finding]:
    """What follows stands under the first change of a type, as far as nothing changed there by itself."""
    own = {owner_of(each.change) for each in found}
    # A name, or an age, moves nothing: where there is another change of a type, it stands under that.
    moving = {owner_of(each.change) for each in found if each.change.kind not in _MOVES_NOTHING}
    told: set[str] = set()
    for finding, cause in zip(findings, found, strict=True):
        said = list(follower_consequences(cause.followers))
        for change in (cause.change, *cause.followers):
            if change.kind in _MOVES_NOTHING and owner_of(change) in moving:
                continue
            said += _of_type(owner_of(change), own, told, context)
        if cause.change.kind is Kind.TABLE_CONVENTION_CHANGED:
            for name in tables_of(cause.change, context):
                said += _of_type(name, own, told, context)
        yield replace(finding, consequences=tuple(said)) if said else finding


def _of_type(name: str, own: set[str], told: set[str], context: Context) -> Iterator[Consequence]:
    if name in told:
        return
    said = tuple(layout_consequences(context, name, told, own))
    yield from said
    if said:
        yield from path_consequence(context, name)


def verdict_of(findings: tuple[Finding, ...], old: Release, new: Release) -> Verdict:
    """What findings between two releases add up to."""
    level = max((each.level for each in findings), key=_LEVELS.index, default=None)
    needs = _needs(findings, level)
    honest = required(old, new, needs)
    # Where nobody builds the newer side, no loader ever meets it.
    met = _needs([each for each in findings if each.rule.code not in _OF_TARGETS], level)
    loader = Loader(
        accepts_old_plugin=takes(new, old),
        accepts_new_plugin=takes(old, new),
        should_accept_old_plugin=not met.refuse_old_plugin,
        should_accept_new_plugin=not met.refuse_new_plugin,
    )
    number = version_text(str(honest.version), honest.numbers)
    return Verdict(
        tuple(
            replace(each, hint=f"make it {number}") if each.rule.code in _OF_VERSIONS else each
            for each in findings
        ),
        level,
        str(new.version),
        str(honest.version),
        loader,
        declared_numbers=new.numbers,
        required_numbers=honest.numbers,
    )


def _needs(findings: Sequence[Finding], level: Level | None) -> Needs:
    """Whom a loader has to refuse: whoever suffers, and both where a promise was broken for anybody."""
    refuse_old = refuse_new = False
    for each in findings:
        if each.level is not Level.BREAKING or each.rule.code in _OF_VERSIONS:
            continue
        binary = each.cells.binary
        is_for_all = binary.are_fine
        refuse_old = refuse_old or is_for_all or not binary.old_plugin_new_host.is_fine
        refuse_new = refuse_new or is_for_all or not binary.new_plugin_old_host.is_fine
    asked = [each.level for each in findings if each.rule.code not in _OF_VERSIONS]
    most = max(asked, key=_LEVELS.index, default=None)
    return Needs(most, refuse_old, refuse_new)
