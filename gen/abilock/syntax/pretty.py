"""Text that breaks where it must: documents after Oppen and Wadler, as small as the formatter needs.

A group is printed on one line if it fits there, and otherwise with every break of its own a line end;
the groups inside decide for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

WIDTH = 100
INDENT = 4


@dataclass(frozen=True, slots=True)
class Break:
    """``flat`` while the group around it is on one line, and a line end otherwise."""

    flat: str = " "


@dataclass(frozen=True, slots=True)
class HardBreak:
    """Always a line end, so that no group around it is on one line."""


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that is there only if the group around it is broken: a trailing comma."""

    text: str


@dataclass(frozen=True, slots=True)
class Suffix:
    """What ends the line whatever else there still is to come on it: a trailing comment."""

    text: str


@dataclass(frozen=True, slots=True)
class Nest:
    """Lines that begin inside stand one indent deeper."""

    inner: Doc


@dataclass(frozen=True, slots=True)
class Group:
    """On one line, or broken. ``broken``: never on one line."""

    inner: Doc
    broken: bool = field(default=False)


Doc: TypeAlias = "str | Break | HardBreak | IfBroken | Suffix | Nest | Group | Sequence[Doc]"

SOFT = Break("")
LINE = Break()
HARD = HardBreak()


def group(inner: Doc, broken: bool = False) -> Group:
    """A group that knows already whether something inside of it breaks it."""
    return Group(inner, broken or _forces(inner))


def _forces(doc: Doc) -> bool:
    match doc:
        case str():
            return "\n" in doc
        case HardBreak() | Suffix():
            return True
        case Group():
            return doc.broken
        case Nest():
            return _forces(doc.inner)
        case Break() | IfBroken():
            return False
        case _:
            return any(_forces(part) for part in doc)


def render(doc: Doc) -> str:
    """The text, with lines of at most :data:`WIDTH` characters wherever a break makes that possible."""
    printer = _Printer()
    printer.print(doc)
    return "".join(printer.out)


class _Printer:
    def __init__(self) -> None:
        self.out: list[str] = []
        self.column = 0
        self.suffixes: list[str] = []
        # What is still to be printed, the next one last: indent, whether broken, document.
        self.waiting: list[tuple[int, bool, Doc]] = []

    def print(self, doc: Doc) -> None:
        self.waiting.append((0, True, doc))
        while self.waiting:
            indent, broken, part = self.waiting.pop()
            match part:
                case str():
                    self._write(part, indent)
                case HardBreak():
                    self._end_line(indent)
                case Break():
                    if broken:
                        self._end_line(indent)
                    else:
                        self._write(part.flat, indent)
                case IfBroken():
                    if broken:
                        self._write(part.text, indent)
                case Suffix():
                    self.suffixes.append(part.text)
                case Nest():
                    self.waiting.append((indent + INDENT, broken, part.inner))
                case Group():
                    broken = part.broken or not self._fits(part, indent)
                    self.waiting.append((indent, broken, part.inner))
                case _:
                    self.waiting.extend((indent, broken, inner) for inner in reversed(part))
        self._write_suffixes()

    def _write(self, text: str, indent: int) -> None:
        if not text:
            return
        if self.column == 0:
            # Indents are written with what follows them, so that a line never ends in blanks.
            self.out.append(" " * indent)
            self.column = indent
        self.out.append(text)
        last_line = text.rfind("\n") + 1
        self.column = len(text) - last_line if last_line else self.column + len(text)

    def _write_suffixes(self) -> None:
        for text in self.suffixes:
            self.out.append(f" {text}")
        self.suffixes.clear()

    def _end_line(self, indent: int) -> None:
        self._write_suffixes()
        self.out.append("\n")
        self.column = 0

    def _fits(self, candidate: Group, indent: int) -> bool:
        """Whether the group, and what follows it up to the next possible line end, fit in the line."""
        # At the start of a line the indent is not written yet.
        room = WIDTH - (self.column or indent)
        inside: list[tuple[bool, Doc]] = [(False, candidate.inner)]
        behind = len(self.waiting)
        while room >= 0:
            if not inside:
                behind -= 1
                if behind < 0:
                    return True
                _, broken, part = self.waiting[behind]
                inside.append((broken, part))
                continue
            broken, part = inside.pop()
            match part:
                case str():
                    room -= len(part)
                case HardBreak() | Suffix():
                    return True
                case Break():
                    if broken:
                        return True
                    room -= len(part.flat)
                case IfBroken():
                    room -= len(part.text) if broken else 0
                case Nest():
                    inside.append((broken, part.inner))
                case Group():
                    # A group behind may still break; one inside of a line that fits never does.
                    inside.append((broken, part.inner))
                case _:
                    inside.extend((broken, inner) for inner in reversed(part))
        return False
