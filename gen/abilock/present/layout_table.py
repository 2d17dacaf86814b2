"""Rows of one target as a table, or those of several targets side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from string import ascii_uppercase

from abilock.present.layout_rows import Kind, Row
from abilock.present.paint import Paint

#: More columns have short heads, so that what they are about still stands on the same line.
_FEW = 3
#: What stands between two members, in the order of its kinds.
_BETWEEN = (Kind.CACHE_LINE, Kind.HOLE, Kind.PADDING)

Line = tuple[Sequence[Row | None], str]


def table_lines(columns: Sequence[Sequence[Row]], paint: Paint) -> Iterator[str]:
    """A head, and a line for each row; columns differ in numbers, and in what is between members."""
    table = _Table(columns, paint)
    yield from table.head()
    for shown, text in _one(columns[0]) if len(columns) == 1 else _side_by_side(columns):
        yield table.line(shown, text)


class _Table:
    """Lays out lines: the number of a slot, a cell for each column, and what they are about."""

    def __init__(self, columns: Sequence[Sequence[Row]], paint: Paint) -> None:
        self._paint = paint
        self._heads = ("offset", "size") if len(columns) <= _FEW else ("at", "size")
        self._widths = [
            (
                max(len(self._heads[0]), *(len(row.offset) for row in rows), 0),
                max(len(self._heads[1]), *(len(row.size) for row in rows), 0),
            )
            for rows in columns
        ]
        slots = [len(row.slot) for row in columns[0] if row.slot]
        self._slots = max(len("slot"), *slots) + 2 if slots else 0

    def head(self) -> Iterator[str]:
        """The letters of the columns, if there are several, and what is in them."""
        if len(self._widths) > 1:
            letters = zip(ascii_uppercase, self._widths, strict=False)
            cells = [f"{letter:^{w + s + 2}}" for letter, (w, s) in letters]
            yield self._paint.faint(self._join("", cells, ""))
        cells = [self._cell(*self._heads, at) for at in range(len(self._widths))]
        yield self._paint.faint(self._join("slot" if self._slots else "", cells, ""))

    def line(self, shown: Sequence[Row | None], text: str) -> str:
        """A line of the rows that say the same, each in its column."""
        some = next(row for row in shown if row is not None)
        paint = _PAINTS.get(some.kind, Paint.plain)

        def painted(inner: str) -> str:
            return paint(self._paint, inner)

        cells = [
            self._cell(row.offset, row.size, at) if row else self._cell("", "", at)
            for at, row in enumerate(shown)
        ]
        cells = [_around(cell, painted) for cell in cells]
        text = _around(text, painted)
        return self._join(some.slot, cells, text)

    def _cell(self, offset: str, size: str, at: int) -> str:
        w, s = self._widths[at]
        return f"{offset:>{w}}  {size:>{s}}"

    def _join(self, slot: str, cells: Sequence[str], text: str) -> str:
        first = f"{slot:>{self._slots - 2}}  " if self._slots else ""
        return f"  {first}{'  |  '.join(cells)}  {text}".rstrip()


_PAINTS: dict[Kind, Callable[[Paint, str], str]] = {
    Kind.FILLER: Paint.alert,
    Kind.HOLE: Paint.alert,
    Kind.PADDING: Paint.alert,
    Kind.CACHE_LINE: Paint.faint,
}


def _around(text: str, painted: Callable[[str], str]) -> str:
    """Paint what is between the blanks on both sides."""
    start = len(text) - len(text.lstrip())
    stop = max(start, len(text.rstrip()))
    return f"{text[:start]}{painted(text[start:stop])}{text[stop:]}"


def _one(rows: Sequence[Row]) -> Iterator[Line]:
    for row in rows:
        yield (row,), row.text + row.detail


def _side_by_side(columns: Sequence[Sequence[Row]]) -> Iterator[Line]:
    """Members of all columns on one line each; the rest only where a column has it."""
    places = [0] * len(columns)
    while True:
        heads = [
            rows[place] if place < len(rows) else None
            for place, rows in zip(places, columns, strict=True)
        ]
        waiting = [row for row in heads if row is not None]
        if not waiting:
            return
        between = [row for row in waiting if not row.kind.is_member]
        chosen = (
            min(between, key=lambda row: (-_depth(row), _BETWEEN.index(row.kind)))
            if between
            else waiting[0]
        )
        shown = [row if row is not None and _goes_with(row, chosen) else None for row in heads]
        places = [place + (row is not None) for place, row in zip(places, shown, strict=True)]
        said = {row.text + row.detail for row in shown if row is not None}
        yield shown, said.pop() if len(said) == 1 else chosen.text


def _goes_with(row: Row, chosen: Row) -> bool:
    if chosen.kind.is_member:
        return row.kind.is_member
    return row.kind is chosen.kind and row.text == chosen.text


def _depth(row: Row) -> int:
    """How far it is indented: what ends inside a nested member comes before what follows it."""
    return len(row.text) - len(row.text.lstrip())
