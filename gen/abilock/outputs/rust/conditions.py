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
    Not,
    any_of,
    arch,
    combined,
    grouped,
    mask,
    simplest,
    targets_in,
)

_Shape = TypeVar("_Shape", bound=Hashable)

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
}

#: rustfmt breaks the arguments of an attribute that are wider than this (``attr_fn_like_width``).
_ATTRIBUTE_WIDTH = 70


def predicate(group: Iterable[Target]) -> Expression:
    """What holds on these targets and, of all that are known, on no other.

    ex) ``target_pointer_width = "64"``, ``all(target_arch = "x86", not(windows))``
    """
    wanted = targets_in(mask(group))
    found = simplest(_candidates(), wanted)
    if found is not None:
        return found
    return any_of(_within(name, wanted) for name in dict.fromkeys(map(arch, wanted)))


def distinct(shapes: Iterable[tuple[Target, _Shape]]) -> list[tuple[Expression, _Shape]]:
    """Each different shape once, with the predicate of the targets that have it."""
    return [(predicate(group), shape) for shape, group in grouped(shapes).items()]


def spelled(expression: Expression) -> str:
    """ex) ``any(windows, not(target_arch = "x86"))``"""
    match expression:
        case Fact():
            return FACTS[expression]
        case Not() | AllOf() | AnyOf():
            name, parts = _call(expression)
            return f"{name}({', '.join(map(spelled, parts))})"
        case _:
            assert_never(expression)


def cfg_lines(condition: Expression) -> tuple[str, ...]:
    """The ``#[cfg(…)]`` line of a predicate as rustfmt writes it; none if it always holds."""
    return () if condition == ALWAYS else _attribute_lines("cfg", [condition])


def cfg_attr_lines(condition: Expression, attribute: str) -> tuple[str, ...]:
    """``#[attribute]`` under a condition.

    ex) ``#[cfg_attr(windows, repr(align(8)))]``
    """
    if condition == ALWAYS:
        return (f"#[{attribute}]",)
    return _attribute_lines("cfg_attr", [condition, attribute])


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


def _call(expression: Not | AllOf | AnyOf) -> tuple[str, Sequence[Expression]]:
    match expression:
        case Not():
            return "not", (expression.of,)
        case AllOf():
            return "all", expression.parts
        case AnyOf():
            return "any", expression.parts


def _attribute_lines(name: str, arguments: Sequence[Expression | str]) -> tuple[str, ...]:
    lines = _call_lines(name, arguments)
    lines[0] = f"#[{lines[0]}"
    lines[-1] += "]"
    return tuple(lines)


def _call_lines(name: str, arguments: Sequence[Expression | str]) -> list[str]:
    """``name(…)`` as rustfmt breaks it: a single argument stays on the line of its brackets."""
    whole = ", ".join(each if isinstance(each, str) else spelled(each) for each in arguments)
    if len(whole) <= _ATTRIBUTE_WIDTH:
        return [f"{name}({whole})"]
    inner = [_lines(each) for each in arguments]
    if len(inner) == 1:
        [lines] = inner
        lines[0] = f"{name}({lines[0]}"
        lines[-1] += ")"
        return lines
    for lines in inner[:-1]:
        lines[-1] += ","
    return [f"{name}(", *(f"    {line}" for lines in inner for line in lines), ")"]


def _lines(argument: Expression | str) -> list[str]:
    match argument:
        case str():
            return [argument]
        case Fact():
            return [spelled(argument)]
        case _:
            return _call_lines(*_call(argument))
