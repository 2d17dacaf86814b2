"""``cfg`` predicates: which targets a piece of Rust text is for."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cache
from typing import TypeVar, assert_never

from abilock.layout.target import TARGETS, Target
from abilock.outputs.conditions import (
    ALWAYS,
    APPLE,
    ARCHES,
    BIG_ENDIAN,
    BITS_32,
    BITS_64,
    GNU,
    LINUX,
    LITTLE_ENDIAN,
    MSVC,
    UNIX,
    WINDOWS,
    AllOf,
    AnyOf,
    Candidates,
    Expression,
    Fact,
    Mask,
    Not,
    any_of,
    arch,
    combined,
    grouped,
    simplest,
    targets_in,
)
from abilock.outputs.data_models import apart
from abilock.outputs.rust.attributes import Argument, Call, attribute_lines, one_line

_Shape = TypeVar("_Shape", bound=Hashable)

#: Systems by their very names, which tell targets from others that are like them.
_MACOS = Fact("macos", APPLE.where)
_NO_SYSTEM = Fact("no-system", ARCHES["wasm32"].where)
#: What ``rustc --print cfg`` says of a target. Of equals, the first is chosen.
FACTS: Mapping[Fact, str] = {
    BITS_64: 'target_pointer_width = "64"',
    BITS_32: 'target_pointer_width = "32"',
    WINDOWS: "windows",
    UNIX: "unix",
    APPLE: 'target_vendor = "apple"',
    LINUX: 'target_os = "linux"',
    **{fact: f'target_arch = "{name}"' for name, fact in ARCHES.items()},
    GNU: 'target_env = "gnu"',
    MSVC: 'target_env = "msvc"',
    LITTLE_ENDIAN: 'target_endian = "little"',
    BIG_ENDIAN: 'target_endian = "big"',
    _MACOS: 'target_os = "macos"',
    _NO_SYSTEM: 'target_os = "unknown"',
}
#: What a target is told by, in this order.
_EXACT = (
    *ARCHES.values(),
    *(LINUX, _MACOS, WINDOWS, _NO_SYSTEM),
    *(GNU, MSVC),
)
#: Architectures that also come with other pointers (x32, ILP32), or in the other byte order.
_TWO_WIDTHS = frozenset({"x86_64", "aarch64"})
_TWO_ORDERS = frozenset({"aarch64", "arm", "powerpc64"})


def predicate(group: Iterable[Target], among: Iterable[Target] = TARGETS) -> Expression:
    """What holds on these targets and on no other of ``among``; alike on what is laid out alike.

    ex) ``target_pointer_width = "64"``, ``all(target_arch = "x86", not(windows))``
    """
    return _predicate(*apart(group, among))


def exactly(target: Target) -> Expression:
    """What holds on a target, and not on what is no target but like one: x32, the other byte order, musl.

    ex) ``all(target_arch = "x86_64", windows, target_env = "gnu", …)``
    """
    told = (
        *_EXACT,
        *((BITS_64, BITS_32) if arch(target) in _TWO_WIDTHS else ()),
        *((LITTLE_ENDIAN, BIG_ENDIAN) if arch(target) in _TWO_ORDERS else ()),
    )
    return AllOf(tuple(each for each in told if target in targets_in(each.where)))


@cache
def _predicate(group: Mask, among: Mask) -> Expression:
    wanted = targets_in(group)
    found = simplest(_candidates(), wanted, targets_in(among))
    if found is not None:
        return found
    return any_of(_within(name, wanted) for name in dict.fromkeys(map(arch, wanted)))


def distinct(shapes: Iterable[tuple[Target, _Shape]]) -> list[tuple[Expression, _Shape]]:
    """Each different shape once, with the predicate of the targets that have it."""
    groups = grouped(shapes)
    among = [target for group in groups.values() for target in group]
    return [(predicate(group, among), shape) for shape, group in groups.items()]


def spelled(expression: Expression) -> str:
    """ex) ``any(windows, not(target_arch = "x86"))``"""
    return one_line(_argument(expression))


def cfg_lines(condition: Expression) -> tuple[str, ...]:
    """The ``#[cfg(…)]`` line of a predicate as rustfmt writes it; none if it always holds."""
    return () if condition == ALWAYS else attribute_lines(Call("cfg", (_argument(condition),)))


def cfg_attr_lines(condition: Expression, attribute: str) -> tuple[str, ...]:
    """``#[attribute]`` under a condition.

    ex) ``#[cfg_attr(windows, repr(align(8)))]``
    """
    if condition == ALWAYS:
        return attribute_lines(attribute)
    return attribute_lines(Call("cfg_attr", (_argument(condition), attribute)))


@cache
def _candidates() -> Candidates:
    return combined(FACTS)


def _within(name: str, wanted: Sequence[Target]) -> Expression:
    """The predicate of those wanted targets that are of one architecture.

    ex) ``all(target_arch = "x86_64", unix)``
    """
    known = [target for target in TARGETS if arch(target) == name]
    found = simplest(_candidates(), [target for target in known if target in wanted], known)
    assert found is not None, "pairs of facts tell all targets of one architecture apart"
    return ARCHES[name] if found == ALWAYS else AllOf((ARCHES[name], found))


def _argument(expression: Expression) -> Argument:
    match expression:
        case Fact():
            return FACTS[expression]
        case Not():
            return Call("not", (_argument(expression.of),))
        case AllOf():
            return Call("all", tuple(map(_argument, expression.parts)))
        case AnyOf():
            return Call("any", tuple(map(_argument, expression.parts)))
        case _:
            assert_never(expression)
