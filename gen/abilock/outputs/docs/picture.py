"""A picture of a struct's bytes in plain text, eight to a row."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.layout.shapes import AggregateLayout

_ROW = 8
_CELL = 6
#: Rows of one member that are shown; a longer one is folded.
_MOST_ROWS = 3
_HOLE = "░"


def picture(shape: AggregateLayout) -> tuple[str, ...]:
    """One line per eight bytes; padding is shaded, long members are folded.

    ex)
           0 │ error_code            │░░░░░░░░░░░░░░░░░░░░░░░│
           8 │ error_msg                                     │
    """
    if shape.kind == "union":
        return ()
    owners = list(_stretches(shape))
    lines: list[str] = []
    row = 0
    while row < shape.size:
        cells = [
            (name, start, end) for name, start, end in owners if start < row + _ROW and end > row
        ]
        lines.append(f"{row:>6} │{_row(cells, row, min(_ROW, shape.size - row))}│")
        row += _ROW
        if len(cells) == 1:
            row = _fold(lines, cells[0], row)
    return tuple(lines)


def _stretches(shape: AggregateLayout) -> Iterator[tuple[str, int, int]]:
    """What stands where: name, first byte, byte behind the last; padding has no name. Bit-fields that
    share bytes are one stretch."""
    end = 0
    for member in shape.members:
        stop = member.offset + member.size
        if stop <= end or not member.size:
            continue
        if member.offset > end:
            yield "", end, member.offset
        sharing = [
            other.name or "_"
            for other in shape.members
            if other.bit_offset is not None
            and member.bit_offset is not None
            and other.offset < stop
            and other.offset + other.size > member.offset
        ]
        yield ", ".join(sharing) or member.name or "(anonymous)", max(end, member.offset), stop
        end = stop
    if shape.size > end:
        yield "", end, shape.size


def _row(cells: list[tuple[str, int, int]], row: int, bytes_here: int) -> str:
    parts = []
    for name, start, end in cells:
        first, last = max(start, row), min(end, row + bytes_here)
        width = (last - first) * _CELL - 1
        if not name:
            parts.append(_HOLE * width)
        else:
            label = name if first == start else "…"
            parts.append(f" {_cut(label, width - 2)} ".ljust(width))
    return "│".join(parts)


def _cut(label: str, width: int) -> str:
    return label if len(label) <= width else f"{label[: max(0, width - 1)]}…"


def _fold(lines: list[str], cell: tuple[str, int, int], row: int) -> int:
    """Leave out whole rows in the middle of a long member; the next row that is shown."""
    name, start, end = cell
    last_row = (end - 1) // _ROW * _ROW
    if start // _ROW * _ROW + _ROW != row or last_row - row < _MOST_ROWS * _ROW:
        return row
    width = _ROW * _CELL - 1
    text = f" … {last_row - row} more bytes of {name or 'padding'} …"
    lines.append(f"{'':>6} │{_cut(text, width).ljust(width)}│")
    return last_row
