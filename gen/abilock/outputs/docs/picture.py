"""A picture of a record's bytes in plain text, eight to a row, and of the bits of bytes that bit-fields
share, a byte to a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.layout.gaps import bit_range
from abilock.layout.placement import BYTE
from abilock.layout.shapes import AggregateLayout

_ROW = 8
_CELL = 6
#: Rows of one member that are shown; a longer one is folded.
_MOST_ROWS = 3
_HOLE = "░"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What stands where, in bits or in bytes: the first one, and the one behind the last. What is
    unused has no name."""

    name: str
    start: int
    end: int


def picture(shape: AggregateLayout) -> tuple[str, ...]:
    """What is unused is shaded, long members are folded. A union is drawn once for each member.

    ex)
           0 │ error_code            │░░░░░░░░░░░░░░░░░░░░░░░│
           8 │ error_msg                                     │
    """
    if shape.kind == "union":
        lines = []
        for at, member in enumerate(shape.members):
            lines += ["     or"] if at else []
            start, end = bit_range(member)
            name = member.name or "(anonymous)"
            one = _Stretch(name, start // BYTE, -(-end // BYTE))
            lines += _grid(_with_gaps([one], 0, shape.size), "more bytes")
        return tuple(lines)
    fields = sorted(_fields(shape, "", 0), key=lambda field: (field.start, field.end))
    whole = [
        _Stretch(field.name, field.start // BYTE, field.end // BYTE)
        for field in fields
        if field.start % BYTE == field.end % BYTE == 0
    ]
    bits = [field for field in fields if field.start % BYTE or field.end % BYTE]
    shared = list(_shared(bits))
    used = sorted([*whole, *shared], key=lambda stretch: stretch.start)
    return (
        *_grid(_with_gaps(used, 0, shape.size), "more bytes"),
        *_bits(bits, shared),
    )


def _fields(shape: AggregateLayout, prefix: str, base: int) -> Iterator[_Stretch]:
    """Fields in bits, those of nested structs one by one; a nested union is one."""
    for member in shape.members:
        start, end = (base + bit for bit in bit_range(member))
        name = f"{prefix}{member.name}"
        if member.nested is not None and member.nested.kind != "union":
            yield from _fields(member.nested, f"{name}." if member.name else prefix, start)
        elif member.nested is not None:
            yield _Stretch(f"{name}: union" if member.name else "union", start, end)
        elif end > start and (member.name or member.bit_size is None):
            yield _Stretch(name, start, end)


def _shared(bits: Sequence[_Stretch]) -> Iterator[_Stretch]:
    """Bytes that hold bit-fields, as far as these hang together. ex) ``lo, hi``"""
    names: list[str] = []
    start = end = 0
    for field in bits:
        first, last = field.start // BYTE, -(-field.end // BYTE)
        if names and first >= end:
            yield _Stretch(", ".join(names), start, end)
            names = []
        start = start if names else first
        end = last
        names.append(field.name)
    if names:
        yield _Stretch(", ".join(names), start, end)


def _bits(bits: Sequence[_Stretch], shared: Sequence[_Stretch]) -> Iterator[str]:
    if not bits:
        return
    yield ""
    yield f"{'bit':>6} {''.join(f' {bit:<{_CELL - 1}}' for bit in range(BYTE))}".rstrip()
    for stretch in shared:
        first, last = stretch.start * BYTE, stretch.end * BYTE
        inside = [field for field in bits if first <= field.start < last]
        yield from _grid(_with_gaps(inside, first, last), "more bits", first)


def _with_gaps(used: Sequence[_Stretch], start: int, end: int) -> list[_Stretch]:
    found = []
    for stretch in used:
        if stretch.start > start:
            found.append(_Stretch("", start, stretch.start))
        found.append(stretch)
        start = stretch.end
    return [*found, *([_Stretch("", start, end)] if end > start else [])]


def _grid(stretches: Sequence[_Stretch], more: str, first: int = 0) -> list[str]:
    """Rows of eight from ``first`` on; each begins with its number, for bits with that of the byte."""
    lines: list[str] = []
    end = stretches[-1].end
    step = BYTE if more == "more bits" else 1
    row = first
    while row < end:
        cells = [each for each in stretches if each.start < row + _ROW and each.end > row]
        lines.append(f"{row // step:>6} │{_row(cells, row, min(_ROW, end - row))}│")
        row += _ROW
        if len(cells) == 1:
            row = _fold(lines, cells[0], row, more)
    return lines


def _row(cells: Sequence[_Stretch], row: int, here: int) -> str:
    parts = []
    for cell in cells:
        first, last = max(cell.start, row), min(cell.end, row + here)
        width = (last - first) * _CELL - 1
        if not cell.name:
            parts.append(_HOLE * width)
        else:
            label = cell.name if first == cell.start else "…"
            parts.append(f" {_cut(label, width - 2)} ".ljust(width))
    return "│".join(parts)


def _cut(label: str, width: int) -> str:
    return label if len(label) <= width else f"{label[: max(0, width - 1)]}…"


def _fold(lines: list[str], cell: _Stretch, row: int, more: str) -> int:
    """Leave out whole rows in the middle of a long member; the next row that is shown."""
    last_row = (cell.end - 1) // _ROW * _ROW
    if last_row - row < _MOST_ROWS * _ROW:
        return row
    width = _ROW * _CELL - 1
    text = f" … {last_row - row} {more} of {cell.name or 'padding'} …"
    lines.append(f"{'':>6} │{_cut(text, width).ljust(width)}│")
    return last_row
