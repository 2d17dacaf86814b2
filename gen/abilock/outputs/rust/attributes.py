"""Attributes as rustfmt lays them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

#: rustfmt breaks arguments that are wider than this (``attr_fn_like_width``).
_WIDTH = 70


@dataclass(frozen=True, slots=True)
class Call:
    """ex) ``not(…)``, ``cfg_attr(…)``, ``deprecated(…)``"""

    name: str
    arguments: tuple[Argument, ...]


#: A call, or text that is never broken. ex) ``windows``, ``since = "0.8.0"``
Argument: TypeAlias = Call | str


def attribute_lines(attribute: Argument) -> tuple[str, ...]:
    """ex) ``#[cfg_attr(windows, repr(align(8)))]``"""
    lines = _lines(attribute)
    lines[0] = f"#[{lines[0]}"
    lines[-1] += "]"
    return tuple(lines)


def one_line(argument: Argument) -> str:
    if isinstance(argument, str):
        return argument
    return f"{argument.name}({', '.join(map(one_line, argument.arguments))})"


def _lines(argument: Argument) -> list[str]:
    """A single argument stays on the line of its brackets."""
    if isinstance(argument, str):
        return [argument]
    if len(", ".join(map(one_line, argument.arguments))) <= _WIDTH:
        return [one_line(argument)]
    inner = [_lines(each) for each in argument.arguments]
    if len(inner) == 1:
        [lines] = inner
        lines[0] = f"{argument.name}({lines[0]}"
        lines[-1] += ")"
        return lines
    for lines in inner[:-1]:
        lines[-1] += ","
    return [f"{argument.name}(", *(f"    {line}" for lines in inner for line in lines), ")"]
