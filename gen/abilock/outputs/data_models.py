"""Data models as compilers know them: what tells them apart, and what refuses those that nobody listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from abilock.layout.target import TARGETS, Target, find_target
from abilock.model.decls import Library
from abilock.model.targets import TRIPLES, describe_targets
from abilock.outputs.conditions import (
    ALWAYS,
    APPLE,
    ARCHES,
    BIG_ENDIAN,
    BITS_32,
    BITS_64,
    WINDOWS,
    AllOf,
    Expression,
    Mask,
    Not,
    any_of,
    candidates,
    mask,
    simplest,
    targets_in,
    where,
)

_OTHER = Not(WINDOWS)
_LITTLE = Not(BIG_ENDIAN)
_ARM_64 = AllOf((ARCHES["aarch64"], Not(APPLE)))

#: One condition for each data model. They ask for numbers and rules, not for systems, so that what is
#: no target of abilock counts as what it is laid out like: FreeBSD as Linux is, x32 as WebAssembly.
MODELS: tuple[Expression, ...] = (
    AllOf((BITS_64, _OTHER, Not(_ARM_64), _LITTLE)),
    AllOf((BITS_64, _OTHER, _ARM_64, _LITTLE)),
    AllOf((BITS_64, _OTHER, BIG_ENDIAN)),
    AllOf((BITS_64, WINDOWS)),
    AllOf((BITS_32, WINDOWS)),
    AllOf((BITS_32, _OTHER, ARCHES["x86"])),
    AllOf((BITS_32, _OTHER, ARCHES["arm"], _LITTLE)),
    AllOf((BITS_32, _OTHER, Not(ARCHES["x86"]), Not(ARCHES["arm"]), _LITTLE)),
)

#: Of several models, the simplest first.
_SEVERAL = candidates(
    [
        ALWAYS,
        BITS_64,
        BITS_32,
        WINDOWS,
        _OTHER,
        AllOf((BITS_64, _OTHER)),
        AllOf((BITS_64, _LITTLE)),
        AllOf((BITS_32, _OTHER)),
        AllOf((BITS_64, _OTHER, _LITTLE)),
        _LITTLE,
        *MODELS,
        *map(Not, MODELS),
    ]
)


def model_of(target: Target) -> Target:
    """The target without its name, and without what changes no layout: which of its types have signs."""
    return replace(target, triple="", char_signed=True, wchar_signed=True)


def alike(targets: Iterable[Target]) -> tuple[Target, ...]:
    """All known targets that have the data model of one of these."""
    models = {model_of(target) for target in targets}
    return tuple(target for target in TARGETS if model_of(target) in models)


def apart(group: Iterable[Target], among: Iterable[Target]) -> tuple[Mask, Mask]:
    """A group and what it is told from, each with all that is laid out like it: what nobody listed and
    nobody refuses is held to the same numbers. As they are, where that would be in both."""
    return _apart(mask(group), mask(among))


@cache
def _apart(inside: Mask, everything: Mask) -> tuple[Mask, Mask]:
    outside = everything & ~inside
    wide, rest = mask(alike(targets_in(inside))), mask(alike(targets_in(outside)))
    return (inside, everything) if wide & rest else (wide, wide | rest)


def listed(library: Library) -> Expression:
    """What holds on the data models of the library's targets, and on no other."""
    models = mask(alike(map(find_target, library.targets)))
    found = simplest(_SEVERAL, targets_in(models))
    return found or any_of(each for each in MODELS if where(each) & models)


def refusal(library: Library) -> str:
    """What a compiler says of another target. It is text for a C or Rust string as it stands."""
    where_ = describe_targets(library.targets, TRIPLES)
    return (
        f"{library.name} {library.version} is not for this target: its description lists {where_}."
        " Build for one of those, or add this one to `targets` there and generate again."
    )
