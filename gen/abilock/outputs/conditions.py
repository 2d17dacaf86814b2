"""Which condition tells some targets from others: facts, what is made of them, and the search for
the simplest one.

No language yet: one that has conditions says how it spells the facts, and which it asks about.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias, TypeVar, assert_never

from abilock.layout.target import TARGETS, Target

_Key = TypeVar("_Key", bound=Hashable)

#: A set of targets: one bit for each, in the order of ``TARGETS``.
Mask: TypeAlias = int

_BITS: Mapping[str, Mask] = {target.triple: 1 << at for at, target in enumerate(TARGETS)}
_EVERYWHERE: Mask = (1 << len(TARGETS)) - 1


def mask(targets: Iterable[Target]) -> Mask:
    return sum(_BITS[target.triple] for target in targets)


def targets_in(places: Mask) -> tuple[Target, ...]:
    return tuple(target for target in TARGETS if places & _BITS[target.triple])


# --- expressions


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that compilers know of their targets. ex) ``windows``"""

    name: str
    where: Mask


@dataclass(frozen=True, slots=True)
class Not:
    of: Expression


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Expression, ...]


Expression: TypeAlias = Fact | Not | AllOf | AnyOf

#: Nothing is asked.
ALWAYS = AllOf(())


def any_of(parts: Iterable[Expression]) -> Expression:
    """One part alone is not wrapped."""
    parts = tuple(parts)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def where(expression: Expression) -> Mask:
    """The targets on which an expression holds."""
    match expression:
        case Fact():
            return expression.where
        case Not():
            return _EVERYWHERE & ~where(expression.of)
        case AllOf():
            found = _EVERYWHERE
            for part in expression.parts:
                found &= where(part)
            return found
        case AnyOf():
            found = 0
            for part in expression.parts:
                found |= where(part)
            return found
        case _:
            assert_never(expression)


# --- facts


def _fact(name: str, holds: Callable[[Target], bool]) -> Fact:
    return Fact(name, mask(filter(holds, TARGETS)))


_ARCHES = {"i686": "x86", "armv7": "arm", "riscv64gc": "riscv64", "powerpc64le": "powerpc64"}


def arch(target: Target) -> str:
    """ex) ``x86`` for ``i686-unknown-linux-gnu``"""
    name = target.triple.partition("-")[0]
    return _ARCHES.get(name, name)


def _is_linux(target: Target) -> bool:
    return "-linux-" in target.triple


def _is_apple(target: Target) -> bool:
    return "-apple-" in target.triple


BITS_64 = _fact("64-bit", lambda target: target.pointer_size == 8)
BITS_32 = _fact("32-bit", lambda target: target.pointer_size == 4)
WINDOWS = _fact("windows", lambda target: target.is_windows)
UNIX = _fact("unix", lambda target: _is_linux(target) or _is_apple(target))
APPLE = _fact("apple", _is_apple)
LINUX = _fact("linux", _is_linux)
#: The environment, on any system.
GNU = _fact("gnu", lambda target: "-gnu" in target.triple)
MSVC = _fact("msvc", lambda target: target.is_msvc)
LITTLE_ENDIAN = _fact("little-endian", lambda target: not target.big_endian)
BIG_ENDIAN = _fact("big-endian", lambda target: target.big_endian)
#: By the names that Rust has for them.
ARCHES: Mapping[str, Fact] = {
    name: Fact(name, mask(target for target in TARGETS if arch(target) == name))
    for name in dict.fromkeys(map(arch, TARGETS))
}


# --- the search

#: Expressions by where they hold: for each set of targets the simplest, and the simplest first.
Candidates: TypeAlias = Mapping[Mask, Expression]


def candidates(expressions: Iterable[Expression]) -> Candidates:
    """These, where the simplest stand first; of equal meaning, the first is kept."""
    found: dict[Mask, Expression] = {}
    for each in expressions:
        found.setdefault(where(each), each)
    return found


def combined(facts: Iterable[Fact]) -> Candidates:
    """Nothing, each fact, each negated one, two of them, and three joined in both ways.

    ex) ``all(target_pointer_width = "32", any(windows, not(target_arch = "x86")))``
    """
    plain = tuple(facts)
    single: list[Expression] = [*plain]
    single += map(Not, plain)
    pairs = [join(pair) for pair in combinations(single, 2) for join in (AllOf, AnyOf)]
    found = dict(candidates([ALWAYS, *single, *pairs]))
    # There are tens of thousands of these, and most say nothing new: where first, then what.
    places = [(where(pair), pair) for pair in pairs]
    for each in single:
        here = where(each)
        for there, pair in places:
            is_all = isinstance(pair, AnyOf)
            both = here & there if is_all else here | there
            if both not in found:
                found[both] = AllOf((each, pair)) if is_all else AnyOf((each, pair))
    return found


def simplest(
    known: Candidates, group: Iterable[Target], among: Iterable[Target] = TARGETS
) -> Expression | None:
    """What holds on the targets of ``group`` and on no other of ``among``; None if no candidate
    does."""
    wanted, all_ = mask(group), mask(among)
    if all_ == _EVERYWHERE:
        return known.get(wanted)
    return next((each for places, each in known.items() if places & all_ == wanted), None)


def grouped(keys: Iterable[tuple[Target, _Key]]) -> dict[_Key, tuple[Target, ...]]:
    """Targets by what they have in common, in the order of their first ones."""
    groups: dict[_Key, tuple[Target, ...]] = {}
    for target, key in keys:
        groups[key] = (*groups.get(key, ()), target)
    return groups
