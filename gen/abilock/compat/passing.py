"""How structs cross calls by value: in which registers, or in memory, on each target.

Sources: System V AMD64 3.2.3; Microsoft's x64 calling convention; AAPCS64 6.8.2 and AAPCS32 6.5 (hard
float); RISC-V ELF psABI, procedure calling convention; s390x, OpenPOWER ELF v2 and i386 supplements; the
WebAssembly BasicCABI.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.compat.context import Context
from abilock.layout.shapes import AggregateLayout, Layout
from abilock.layout.target import Target, find_target
from abilock.model.decls import Alias, Library
from abilock.model.scalars import FLOAT_SCALARS
from abilock.model.types import Aggregate, Array, Named, Nested, Scalar, Type

_EIGHT = 8


@dataclass(frozen=True, slots=True)
class PassingChange:
    """How a struct is passed, before and after, on these targets.

    ex) ``in 2 registers``, ``in 24 bytes of memory``
    """

    targets: tuple[str, ...]
    before: str
    after: str


def passing_changes(context: Context, name: str) -> tuple[PassingChange, ...]:
    """On which targets a struct that functions take or return by value is passed differently."""
    if not context.passed(name) or (not context.effects(name) and not _is_same_kind(context, name)):
        return ()
    found: dict[tuple[str, str], list[str]] = {}
    for triples, old, new in context.layouts.models:
        for triple in triples:
            target = find_target(triple)
            before = _passed(context.old, old, context.former(name), target)
            after = _passed(context.new, new, name, target)
            if before and after and before != after:
                found.setdefault((before, after), []).append(triple)
    return tuple(PassingChange(tuple(on), *how) for how, on in found.items())


def _is_same_kind(context: Context, name: str) -> bool:
    """Whether an aggregate is there in both, so that an integer in it may have become a float."""
    try:
        sides = context.old.find(context.former(name)), context.new.find(name)
    except KeyError:
        return False
    return all(isinstance(each, Aggregate) for each in sides)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A scalar in a struct; sizes in bytes."""

    offset: int
    size: int
    is_float: bool


def _passed(library: Library, layout: Layout, name: str, target: Target) -> str:
    shape = layout.types.get(name)
    try:
        declared = library.find(name)
    except KeyError:
        return ""
    if not isinstance(shape, AggregateLayout) or not isinstance(declared, Aggregate):
        return ""
    leaves = tuple(_leaves(library, layout, declared, shape, 0))
    way = _way(shape.size, leaves, target)
    # What needs more than a word is put elsewhere on the stack, and in other registers on some targets.
    return way if shape.align <= _EIGHT else f"{way}, aligned to {_bytes(shape.align)}"


def _leaves(
    library: Library, layout: Layout, declared: Aggregate, shape: AggregateLayout, base: int
) -> Iterator[_Leaf]:
    for field, member in zip(declared.fields, shape.members, strict=True):
        at = base + member.offset
        if isinstance(field.type, Nested) and member.nested is not None:
            yield from _leaves(library, layout, field.type.aggregate, member.nested, at)
        else:
            yield from _of_type(library, layout, field.type, at, member.size)


def _of_type(library: Library, layout: Layout, given: Type, at: int, size: int) -> Iterator[_Leaf]:
    match given:
        case Scalar():
            yield _Leaf(at, size, given.name in FLOAT_SCALARS)
        case Array():
            element = size // given.length
            # What decides is how the first few registers are used, and whether all is alike.
            for index in range(min(given.length, 9)):
                yield from _of_type(library, layout, given.element, at + index * element, element)
        case Named():
            declared = library.find(given.name)
            shape = layout.types.get(given.name)
            if isinstance(declared, Alias):
                yield from _of_type(library, layout, declared.type, at, size)
            elif isinstance(declared, Aggregate) and isinstance(shape, AggregateLayout):
                yield from _leaves(library, layout, declared, shape, at)
            else:
                yield _Leaf(at, size, False)
        case _:
            yield _Leaf(at, size, False)


def _way(size: int, leaves: tuple[_Leaf, ...], target: Target) -> str:
    machine = target.triple.partition("-")[0]
    if target.is_windows and machine == "x86_64":
        return f"in a register of {_bytes(size)}" if size in (1, 2, 4, 8) else _in_memory(size)
    match machine:
        case "x86_64":
            return _eightbytes(size, leaves)
        case "aarch64":
            return _alike_floats(size, leaves, 4) or _registers(size, 16, _EIGHT)
        case "armv7":
            return _alike_floats(size, leaves, 4) or _registers(size, 4, 4)
        case "powerpc64le":
            return _alike_floats(size, leaves, 8) or _registers(size, 16, _EIGHT)
        case "riscv64gc":
            return _two_floats(size, leaves) or _registers(size, 16, _EIGHT)
        case "s390x":
            return _single(size, leaves) or (
                f"in a register of {_bytes(size)}" if size in (1, 2, 4, 8) else _in_memory(size)
            )
        case "wasm32":
            return _single(size, leaves) or _in_memory(size)
        case _ if target.is_windows:
            return f"in a register of {_bytes(size)}" if size in (1, 2, 4, 8) else _in_memory(size)
        case _:
            return f"in {_bytes(size)} of the stack"


def _in_memory(size: int) -> str:
    """On the stack, where other arguments stand behind it, or behind a pointer to as much as one side
    knows."""
    return f"in {_bytes(size)} of memory"


def _registers(size: int, most: int, width: int) -> str:
    if size > most:
        return _in_memory(size)
    return f"in {_count(-(-size // width), 'register')}"


def _eightbytes(size: int, leaves: tuple[_Leaf, ...]) -> str:
    if size > 16 or any(each.size and each.offset % min(each.size, _EIGHT) for each in leaves):
        return _in_memory(size)
    classes: list[str] = []
    for start in range(0, size, _EIGHT):
        inside = [
            each
            for each in leaves
            if each.offset < start + _EIGHT and each.offset + each.size > start
        ]
        is_float = bool(inside) and all(each.is_float for each in inside)
        classes.append("a float register" if is_float else "a register")
    return f"in {' and '.join(classes)}"


def _alike_floats(size: int, leaves: tuple[_Leaf, ...], most: int) -> str:
    sizes = {each.size for each in leaves}
    places = {each.offset for each in leaves}
    if not leaves or len(sizes) != 1 or not all(each.is_float for each in leaves):
        return ""
    width = next(iter(sizes))
    if len(places) > most or size != width * len(places):
        return ""
    return f"in {_count(len(places), 'float register')} of {width} bytes"


def _two_floats(size: int, leaves: tuple[_Leaf, ...]) -> str:
    if len(leaves) > 2 or size > 16 or not any(each.is_float for each in leaves):
        return ""
    kinds = [f"a {'float ' if each.is_float else ''}register of {each.size}" for each in leaves]
    return f"in {' and '.join(kinds)}"


def _single(size: int, leaves: tuple[_Leaf, ...]) -> str:
    if len(leaves) != 1 or leaves[0].size != size or size > _EIGHT:
        return ""
    return f"as the {'float' if leaves[0].is_float else 'integer'} of {_bytes(size)} in it"


def _bytes(size: int) -> str:
    return _count(size, "byte")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
