"""How two enums differ."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.compat.changes import Change, Kind
from abilock.compat.meaning import meaning
from abilock.compat.types import Sides
from abilock.model.decls import EnumDecl, EnumValue
from abilock.model.types import Scalar


def enums(sides: Sides, old: EnumDecl, new: EnumDecl) -> Iterator[Change]:
    """The changes of one enum; where its values stand means nothing, their numbers do."""
    subject = new.name
    if old.kind is not new.kind:
        kinds = old.kind.value, new.kind.value
        yield Change(Kind.ENUM_KIND_CHANGED, subject, *kinds, old.span, new.span)
    if not sides.alike(Scalar(old.underlying), Scalar(new.underlying)):
        widths = old.underlying, new.underlying
        yield Change(Kind.ENUM_WIDTH_CHANGED, subject, *widths, old.span, new.span)
    yield from _values(subject, old, new)


def _values(subject: str, old: EnumDecl, new: EnumDecl) -> Iterator[Change]:
    """By name, and by number what has another name."""
    before = {each.name: each for each in old.values}
    after = {each.name: each for each in new.values}
    gone = {each.value: each for each in old.values if each.name not in after}
    kept = [(before[each.name], each) for each in new.values if each.name in before]
    for value in new.values:
        if value.name in before:
            continue
        place = f"{subject}.{value.name}"
        former = gone.pop(value.value, None)
        if former is None:
            yield Change(Kind.VALUE_ADDED, place, "", _text(value), old.span, value.span)
        else:
            texts = _text(former), _text(value)
            yield Change(Kind.VALUE_RENAMED, place, *texts, former.span, value.span)
            kept.append((former, value))
    for value in gone.values():
        place = f"{subject}.{value.name}"
        yield Change(Kind.VALUE_REMOVED, place, _text(value), "", value.span, new.span)
    for former, value in kept:
        place = f"{subject}.{value.name}"
        if former.value != value.value:
            texts = _text(former), _text(value)
            yield Change(Kind.VALUE_RENUMBERED, place, *texts, former.span, value.span)
        yield from meaning(place, former.attributes, value.attributes, {})


def _text(value: EnumValue) -> str:
    return f"{value.name} = {value.value}"
