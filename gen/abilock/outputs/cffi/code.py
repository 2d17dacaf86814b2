"""Pieces of Python text that several modules of the output share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A function: ``head`` without ``def`` and colon, its docstring and body, unindented.

    ex) ``lift_FfiStr(lib: Library, c: CData) -> str``
    """

    head: str
    body: tuple[str, ...]
    docstring: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()

    @property
    def has_docstring(self) -> bool:
        return bool(self.docstring)


def indented(lines: Iterable[str]) -> tuple[str, ...]:
    """One level deeper."""
    return tuple(f"    {line}" if line else line for line in lines)


def in_keep(text: str, keep: str) -> str:
    """The same text with another name for what lends and gives."""
    if keep == "keep":
        return text
    for end in (")", ","):
        text = text.replace(f", keep{end}", f", {keep}{end}")
    return text.replace("keep.", f"{keep}.")


def mapping(members: Iterable[tuple[str, str]]) -> str:
    """A dictionary display. ex) ``{"ptr": data, "len": 3}``"""
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members) + "}"
