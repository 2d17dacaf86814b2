"""How two enums differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from abilock.compat.changes import Change, Kind
from abilock.compat.meaning import meaning
from abilock.compat.types import Sides
from abilock.compat.versions import is_declared_new
from abilock.model.decls import EnumDecl, EnumKind, EnumValue
from abilock.model.types import Scalar

#: What names of values that count the others begin or end with.
_SENTINELS = frozenset({"count", "max", "last", "num", "sentinel"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def enums(sides: Sides, old: EnumDecl, new: EnumDecl) -> Iterator[Change]:
    """The changes of one enum; where its values stand means nothing, their numbers do."""
    subject = new.name
    if old.kind is not new.kind:
        kinds = old.kind.value, new.kind.value
        yield Change(_kind_changed(old, new), subject, *kinds, old.span, new.span)
    for kind in sides.type_kinds(Scalar(old.underlying), Scalar(new.underlying)):
        kind = Kind.ENUM_SIGN_CHANGED if kind is Kind.SIGN_CHANGED else Kind.ENUM_WIDTH_CHANGED
        yield Change(kind, subject, old.underlying, new.underlying, old.span, new.span)
    yield from _values(sides, subject, old, new)


def _kind_changed(old: EnumDecl, new: EnumDecl) -> Kind:
    if EnumKind.FLAGS in (old.kind, new.kind):
        return Kind.ENUM_KIND_CHANGED
    return Kind.ENUM_OPENED if new.kind is EnumKind.OPEN else Kind.ENUM_CLOSED


@dataclass(frozen=True, slots=True)
class _Values:
    """Which values of two enums are the same: by name, and by number what has another name."""

    kept: list[tuple[EnumValue, EnumValue]]
    renamed: list[tuple[EnumValue, EnumValue]]
    added: list[EnumValue]
    removed: list[EnumValue]


def _matched(sides: Sides, old: EnumDecl, new: EnumDecl) -> _Values:
    before = {each.name: each for each in old.values}
    after = {each.name for each in new.values}
    gone = {each.value: each for each in old.values if each.name not in after}
    kept = [(before[each.name], each) for each in new.values if each.name in before]
    renamed: list[tuple[EnumValue, EnumValue]] = []
    added: list[EnumValue] = []
    for value in new.values:
        if value.name in before:
            continue
        is_new = is_declared_new(value.attributes, sides.old)
        former = None if is_new else gone.pop(value.value, None)
        if former is None:
            added.append(value)
        else:
            renamed.append((former, value))
    paired = {former.name for former, _ in renamed}
    removed = [each for each in old.values if each.name not in after and each.name not in paired]
    return _Values(kept, renamed, added, removed)


def renamed_values(sides: Sides, old: EnumDecl, new: EnumDecl) -> dict[str, str]:
    """Old names of values, and the new names of the same."""
    return {before.name: after.name for before, after in _matched(sides, old, new).renamed}


def _values(sides: Sides, subject: str, old: EnumDecl, new: EnumDecl) -> Iterator[Change]:
    found = _matched(sides, old, new)
    moved = [(former, value) for former, value in found.kept if former.value != value.value]
    numbers = {former.value for former, _ in (*found.kept, *found.renamed)}
    still = {value.value for _, value in (*found.kept, *found.renamed)}
    counters = _counters(old, new) if found.added else []
    inserted = [
        each for each in found.added if any(each.value == former.value for former, _ in moved)
    ]
    for value in found.added:
        kind = Kind.VALUE_ADDED
        if value in inserted and not all(former in counters for former, _ in moved):
            kind = Kind.VALUE_INSERTED
        elif value.value in still and value.value in numbers:
            kind = Kind.VALUE_ALIAS_ADDED
        yield Change(kind, _place(subject, value), "", _text(value), old.span, value.span)
    for former, value in found.renamed:
        texts = _text(former), _text(value)
        yield Change(Kind.VALUE_RENAMED, _place(subject, value), *texts, former.span, value.span)
    for value in found.removed:
        detail = "alias" if value.value in still and value.value in numbers else ""
        place = _place(subject, value)
        yield Change(Kind.VALUE_REMOVED, place, _text(value), "", value.span, new.span, detail)
    yield from _numbers(subject, moved, counters)
    for former, value in (*found.kept, *found.renamed):
        place = _place(subject, value)
        yield from meaning(place, former.attributes, value.attributes, {})


def _numbers(
    subject: str, moved: list[tuple[EnumValue, EnumValue]], counters: list[EnumValue]
) -> Iterator[Change]:
    """Values with other numbers: those that changed with each other, the one that counts, the rest."""
    swapped: set[str] = set()
    for former, value in moved:
        if value.name in swapped:
            continue
        spans = former.span, value.span
        other = next(
            (
                after
                for before, after in moved
                if before.value == value.value and after.value == former.value
            ),
            None,
        )
        place, texts = _place(subject, value), (_text(former), _text(value))
        if other is not None:
            swapped |= {value.name, other.name}
            yield Change(Kind.VALUES_SWAPPED, place, *texts, *spans, detail=other.name)
        elif former in counters:
            yield Change(Kind.SENTINEL_MOVED, place, *texts, *spans)
        else:
            yield Change(Kind.VALUE_RENUMBERED, place, *texts, *spans)


def _counters(old: EnumDecl, new: EnumDecl) -> list[EnumValue]:
    """The value that counts the others: called so, and the greatest, before and after."""
    before = max(old.values, key=lambda each: each.value)
    after = max(new.values, key=lambda each: each.value)
    words = [word.lower() for word in _WORD.findall(before.name)] or [""]
    is_counter = bool(_SENTINELS & {words[0], words[-1]}) and before.name == after.name
    return [before] if is_counter else []


def _place(subject: str, value: EnumValue) -> str:
    return f"{subject}.{value.name}"


def _text(value: EnumValue) -> str:
    return f"{value.name} = {value.value}"
