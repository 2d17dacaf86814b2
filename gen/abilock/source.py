"""Source text and places in it.

A :class:`Span` names a stretch of one file by character offsets into its text, end exclusive.
Lines and columns are computed only when somebody wants to read them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a file. A tuple, as everything that is read has one.

    ex) ``Span("abi/drasi.abi", 120, 126)``
    """

    file: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The stretch from the start of this one to the end of ``other``."""
        return Span(self.file, self.start, other.end)

    def at_end(self) -> Span:
        """The empty place right behind this stretch."""
        return Span(self.file, self.end, self.end)


@dataclass(frozen=True, slots=True)
class Position:
    """One-based line and column, in characters, as editors count."""

    line: int
    column: int


@dataclass(frozen=True)
class SourceFile:
    """The decoded text of one file under the name that messages use for it; ``replaced``: where U+FFFD
    stands for what a text may not hold, which was reported."""

    path: str
    text: str
    replaced: frozenset[int] = frozenset()
    _line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        object.__setattr__(self, "_line_starts", tuple(starts))

    def position(self, offset: int) -> Position:
        """Line and column of a character offset."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line_text(self, line: int) -> str:
        """The text of a one-based line, without its line end."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] - 1 if line < len(self._line_starts) else len(self.text)
        return self.text[start:end]


def printable(text: str) -> str:
    """The text with everything that a terminal would act on, or hide, replaced."""
    if text.isprintable():
        return text
    widened = text.replace("\t", "    ")
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in widened)
