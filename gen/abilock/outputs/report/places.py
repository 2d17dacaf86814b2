"""Where the members of a type are, on one line: what an insertion moves shows as that line, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from abilock.layout.shapes import AggregateLayout, FlatField, Layout, TypeLayout
from abilock.model.targets import describe_targets
from abilock.outputs.spec import Layouts

#: So many members at equal distances are told by the first and the last.
_RUN = 3


def place_lines(name: str, layouts: Layouts) -> Iterator[str]:
    """A line for each group of targets that agree on a type.

    ex) ``Shop on 64-bit targets: size 32, align 8; state … drop at 0 … 24 by 8``
    """
    groups = _groups(name, layouts)
    everything = [layout.target.triple for layout in layouts]
    for text, triples in groups:
        where = "" if len(groups) == 1 else f" on {describe_targets(triples, everything)}"
        yield f"{name}{where}: {text}"


def _groups(name: str, layouts: Layouts) -> list[tuple[str, list[str]]]:
    """What there is to say of a type, and the targets on which it is that, in their order."""
    found: dict[str, list[str]] = {}
    told: dict[int, str] = {}
    for layout in layouts:
        shape = _shape(name, layout)
        # Targets that agree in everything share their shapes.
        text = told.setdefault(id(shape), _text(shape))
        found.setdefault(text, []).append(layout.target.triple)
    return list(found.items())


def _shape(name: str, layout: Layout) -> TypeLayout:
    return layout.types[name]


def _text(shape: TypeLayout) -> str:
    size = f"size {shape.size}, align {shape.align}"
    if not isinstance(shape, AggregateLayout):
        return size
    places = ", ".join(_places(list(shape.flat_fields())))
    return f"{size}; {places}" if places else size


def _places(fields: Sequence[FlatField]) -> Iterator[str]:
    """Members that stand at equal distances in one piece, each of the others in its own."""
    at = 0
    while at < len(fields):
        count = _run(fields[at:])
        first, last = fields[at], fields[at + count - 1]
        if count >= _RUN:
            step = fields[at + 1].offset - first.offset
            yield f"{first.name} … {last.name} at {first.offset} … {last.offset} by {step}"
        else:
            count = 1
            yield f"{first.name} at {_place(first)}"
        at += count


def _run(fields: Sequence[FlatField]) -> int:
    """How many of the first members, of one size and none of them bits, stand at equal distances."""
    step = fields[1].offset - fields[0].offset if len(fields) > 1 else 0
    if step <= 0:
        return 1
    count = 1
    for before, each in pairwise(fields):
        if _is_bits(before) or _is_bits(each) or each.offset - before.offset != step:
            break
        count += 1
    return count


def _is_bits(field: FlatField) -> bool:
    return field.bit_offset is not None


def _place(field: FlatField) -> str:
    """ex) ``8``; ``bit 3`` for a bit-field"""
    if field.bit_offset is None:
        return str(field.offset)
    return f"bit {field.bit_offset}"
