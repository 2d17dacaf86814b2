"""How two functions differ: slots, callbacks, entries, and function pointers that are written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from abilock.compat.changes import Change, Kind
from abilock.compat.meaning import meaning
from abilock.compat.names import new_names
from abilock.compat.pairing import pair
from abilock.compat.types import Sides
from abilock.model.attributes import OF_OUTCOMES, Attributes
from abilock.model.decls import Slot
from abilock.model.text import parameter_text, signature_text, type_text
from abilock.model.types import Parameter, Signature, Type
from abilock.moved import moving

#: Said of a function or of its result, and means the same. ex) ``@ok(0) fn f() -> i32`` is
#: ``fn f() -> i32 @ok(0)``
_OF_EITHER = (*OF_OUTCOMES, "keeps")

#: What is said of a function, and how it is called.
_Told: TypeAlias = tuple[Attributes, Signature]

#: A type has nothing in common with the one that was there before.
_REPLACED = frozenset({Kind.TYPE_CHANGED, Kind.VALUE_KIND_CHANGED})


def functions(sides: Sides, subject: str, old: Signature, new: Signature) -> Iterator[Change]:
    """The changes of one function, without those of its place and its name."""
    if old == new:
        return
    if old.convention != new.convention:
        yield Change(Kind.CONVENTION_CHANGED, subject, signature_text(old), signature_text(new))
    if old.variadic != new.variadic:
        yield Change(Kind.VARIADIC_CHANGED, subject, signature_text(old), signature_text(new))
    yield from _parameters(sides, subject, old, new)
    yield from _results(sides, subject, old, new)


def functions_of_slots(sides: Sides, subject: str, old: Slot, new: Slot) -> Iterator[Change]:
    """The same of slots with what attributes say of them, where they stand."""
    told = (old.attributes, old.signature), (new.attributes, new.signature)
    if _is_said_elsewhere(*told):
        told = (
            (old.attributes, moving(old.signature)(old.away)),
            (new.attributes, moving(new.signature)(new.away)),
        )
        yield from told_functions(sides, subject, *told)
    else:
        yield from _signatures_of_slots(sides, subject, old, new)
        yield from _meaning(sides, subject, *told)


def told_functions(sides: Sides, subject: str, old: _Told, new: _Told) -> Iterator[Change]:
    """The changes of one function with what attributes say of it."""
    if _is_said_elsewhere(old, new):
        old, new = _gathered(old), _gathered(new)
    yield from functions(sides, subject, old[1], new[1])
    yield from _meaning(sides, subject, old, new)


def _is_said_elsewhere(old: _Told, new: _Told) -> bool:
    """Whether one says of its result what the other says of the function."""
    return any(
        _says_outcome(one[0]) and other[1].result and _says_outcome(other[1].result.attributes)
        for one, other in ((old, new), (new, old))
    )


def _gathered(told: _Told) -> _Told:
    """The same function, with all that is said of its outcome said of the function."""
    attributes, signature = told
    result = signature.result
    if result is None:
        return told
    kept, moved = (
        Attributes(tuple(e for e in result.attributes.all if (e.name in _OF_EITHER) is is_moved))
        for is_moved in (False, True)
    )
    return attributes | moved, replace(signature, result=replace(result, attributes=kept))


def _says_outcome(attributes: Attributes) -> bool:
    return any(map(attributes.has, _OF_EITHER))


def _signatures_of_slots(sides: Sides, subject: str, old: Slot, new: Slot) -> Iterator[Change]:
    """Many have one signature, which is compared once."""
    both = id(old.signature), id(new.signature)
    if both not in sides.met:
        sides.met[both] = tuple(functions(sides, "", old.signature, new.signature))
    for each in sides.met[both]:
        places = old.place(each.old), new.place(each.new)
        texts = each.before, each.after
        yield Change(each.kind, f"{subject}{each.subject}", *texts, *places, each.detail)


def _meaning(sides: Sides, subject: str, old: _Told, new: _Told) -> Iterator[Change]:
    """What attributes of a slot, callback or entry say differently: they name its parameters, and values
    that it returns."""
    if not (old[0].all or new[0].all):
        return
    local = _renamed(sides, old[1], new[1])
    result = old[1].result
    names = new_names(sides, local, old[0], result.type if result else None)
    yield from meaning(subject, old[0], new[0], names)


def _renamed(sides: Sides, old: Signature, new: Signature) -> dict[str, str]:
    """Old names of parameters, and the new names of the same."""
    if [each.name for each in old.parameters] == [each.name for each in new.parameters]:
        return {}
    before, after = _names(old.parameters), _names(new.parameters)
    known = {id(each): name for side in (before, after) for each, name in side}
    found = pair(
        [each for each, _ in before if not each.receiver],
        [each for each, _ in after if not each.receiver],
        lambda each: known[id(each)],
        lambda one, other: sides.alike(one.type, other.type),
    )
    return {known[id(one)]: known[id(other)] for one, other in found.renamed}


def _parameters(sides: Sides, subject: str, old: Signature, new: Signature) -> Iterator[Change]:
    names = _names(old.parameters), _names(new.parameters)
    known = {id(each): name for side in names for each, name in side}

    def name(each: Parameter) -> str:
        return known[id(each)]

    def alike(before: Parameter, after: Parameter) -> bool:
        return sides.alike(before.type, after.type)

    found = pair(
        [each for each, _ in names[0] if not each.receiver],
        [each for each, _ in names[1] if not each.receiver],
        name,
        alike,
    )
    for gone in found.removed:
        yield Change(
            Kind.PARAMETER_REMOVED, f"{subject}.{name(gone)}", parameter_text(gone), "", gone.span
        )
    for added in (*found.inserted, *found.appended):
        place, text = f"{subject}.{name(added)}", parameter_text(added)
        yield Change(Kind.PARAMETER_ADDED, place, "", text, None, added.span)
    for one, other in found.swapped:
        yield Change(
            Kind.PARAMETERS_SWAPPED,
            f"{subject}.{name(one)}",
            new=one.span,
            detail=name(other),
        )
    for each in found.moved:
        yield Change(Kind.PARAMETER_MOVED, f"{subject}.{name(each)}", new=each.span)
    renamed = {name(before): name(after) for before, after in found.renamed}
    for before, after in found.renamed:
        place = f"{subject}.{name(after)}"
        texts = parameter_text(before), parameter_text(after)
        yield Change(Kind.PARAMETER_RENAMED, place, *texts, before.span, after.span)
    for before, after in (*found.kept, *found.renamed):
        place = f"{subject}.{name(after)}"
        before, after = sides.spelled_out(before, after)
        for change in uses(sides, place, before.type, after.type, before.own, after.own):
            yield _at(change, before, after)
        if not (before.attributes.all or after.attributes.all):
            continue
        known_names = new_names(sides, renamed, before.attributes, before.type)
        are_bytes = sides.are_bytes(after.type)
        said = before.attributes, after.attributes
        is_object = sides.is_object(after.type)
        for change in meaning(place, *said, known_names, are_bytes=are_bytes, is_object=is_object):
            yield _at(change, before, after)


def _at(change: Change, before: Parameter, after: Parameter) -> Change:
    return Change(
        change.kind,
        change.subject,
        change.before,
        change.after,
        change.old or before.span,
        change.new or after.span,
        change.detail,
    )


def _names(parameters: tuple[Parameter, ...]) -> list[tuple[Parameter, str]]:
    """Parameters and their names; the place, where the description gives none."""
    return [(each, each.name or str(index)) for index, each in enumerate(parameters)]


def _results(sides: Sides, subject: str, before: Signature, after: Signature) -> Iterator[Change]:
    old, new = before.result, after.result
    if old is None and new is None:
        return
    place = f"{subject}.return"
    if old is None:
        assert new is not None
        yield Change(Kind.RESULT_ADDED, place, "", type_text(new.type))
    elif new is None:
        yield Change(Kind.RESULT_REMOVED, place, type_text(old.type), "")
    else:
        old, new = sides.spelled_out(old, new)
        yield from uses(sides, place, old.type, new.type, old.own, new.own)
        if not (old.attributes.all or new.attributes.all):
            return
        names = new_names(sides, _renamed(sides, before, after), old.attributes, old.type)
        are_bytes = sides.are_bytes(new.type)
        yield from meaning(place, old.attributes, new.attributes, names, are_bytes=are_bytes)


def uses(
    sides: Sides, subject: str, old: Type, new: Type, old_own: bool, new_own: bool
) -> Iterator[Change]:
    """The changes of a type where it is used: itself, what it points to, and who owns that."""
    before = f"{'own ' if old_own else ''}{type_text(old)}"
    after = f"{'own ' if new_own else ''}{type_text(new)}"
    # A pointer and what it leads to may change alike, which is said once: the texts show both.
    kinds = [*dict.fromkeys(sides.type_kinds(old, new))]
    for kind in kinds:
        yield Change(kind, subject, before, after)
    # Of a type that another one took the place of, nobody asks whether it is still the other side's.
    if old_own != new_own and not _REPLACED.intersection(kinds):
        kind = Kind.OWNERSHIP_GIVEN if new_own else Kind.OWNERSHIP_KEPT
        yield Change(kind, subject, before, after)
    inner = sides.signatures(old, new)
    if inner is not None:
        yield from functions(sides, subject, *inner)
