"""What is written twice stands twice: the same nodes at another place of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from abilock.source import Span

_Node = TypeVar("_Node")
#: Makes what stands so many characters further on.
Move = Callable[[int], Any]


def moving(node: _Node) -> Callable[[int], _Node]:
    """What makes the same node so many characters further on. It is worth its price if it is called often:
    what has no place is found out at the first call, and is part of all that is made."""
    found: list[Move | None] = []

    def moved(by: int) -> _Node:
        if not found:
            found.append(_move(node))
        move = found[0]
        return node if move is None else cast(_Node, move(by))

    return moved


def _move(node: object) -> Move | None:
    """None for what has no place in it."""
    if type(node) is Span:
        file, start, end = node
        return lambda by: Span(file, start + by, end + by)
    if type(node) is tuple:
        return _inside(node, tuple)
    if is_dataclass(node):
        make = cast(Callable[..., object], type(node))
        return _inside([getattr(node, each.name) for each in fields(node)], lambda all: make(*all))
    return None


def _inside(values: Iterable[object], make: Callable[[list[object]], object]) -> Move | None:
    """What makes the whole of its parts; None if nothing of them has a place."""
    parts = [(_move(each), each) for each in values]
    if all(move is None for move, _ in parts):
        return None
    return lambda by: make([each if move is None else move(by) for move, each in parts])
