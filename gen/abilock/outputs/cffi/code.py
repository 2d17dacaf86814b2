"""Pieces of Python text that several modules of the output share."""

from __future__ import annotations

import re
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


def told_at_end(*lines: str, finals: Iterable[str] = ()) -> tuple[str, ...]:
    """A call, after which is raised what a callback could not raise through C."""
    ends = (*finals, "if _abi_interrupts:", "    _abi_interrupt()")
    return ("try:", *indented(lines), "finally:", *indented(ends))


def mapping(members: Iterable[tuple[str, str]]) -> str:
    """A dictionary display. ex) ``{"ptr": data, "len": 3}``"""
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members) + "}"


def in_string(line: str) -> str:
    """A line as part of a Python string between three quotes, with a line break behind it."""
    return line.replace("\\", "\\\\").replace('"""', '""\\"')


#: Words of Python that annotations and decorators in a class consist of.
_WORDS = frozenset("bool bytes float int list memoryview property str tuple".split())


def shadowed(members: Iterable[str]) -> tuple[str, ...]:
    """The words that mean something else in a class with these members."""
    return tuple(sorted(_WORDS.intersection(members)))


def shielded(text: str, words: Iterable[str]) -> str:
    """An annotation, or the head of a method, with other names for Python's words.

    ex) ``list(self) -> _abi_list[str]``
    """
    for word in words:
        text = re.sub(rf"\b{word}\b(?!\s*[:(])", f"_abi_{word}", text)
    return text


#: The variable, and neither an attribute nor a text of that name.
_KEEP = re.compile(r"""(?<![\w.'"])keep(?![\w'"])""")


def in_keep(text: str, keep: str) -> str:
    """The same text with another name for what lends and gives."""
    if keep == "keep":
        return text
    return _KEEP.sub(keep, text)
