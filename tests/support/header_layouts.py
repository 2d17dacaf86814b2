"""What compilers are asked about a generated header, and what they should say."""

from __future__ import annotations

from functools import partial

from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout
from abilock.model.decls import Library
from abilock.outputs.c_declarations import CNaming
from support.agreement import as_answer
from support.compilers import Answers, Question


def questions(library: Library, layout: Layout) -> tuple[Question, ...]:
    """Every member of every struct and union, under the names that the header has."""
    naming = CNaming.of(library)
    asked = []
    for shape in _aggregates(layout):
        fields = tuple(shape.flat_fields())
        plain = tuple(
            naming.dotted(shape.name, each.name) for each in fields if each.bit_offset is None
        )
        bits = tuple(
            naming.dotted(shape.name, each.name) for each in fields if each.bit_offset is not None
        )
        asked.append(Question(naming.name(shape.name), plain, bits))
    return tuple(asked)


def ours(library: Library, layout: Layout) -> Answers:
    """The answers that the layouts of abilock give."""
    naming = CNaming.of(library)
    return {
        naming.name(shape.name): as_answer(shape, partial(naming.dotted, shape.name))
        for shape in _aggregates(layout)
    }


def _aggregates(layout: Layout) -> list[AggregateLayout]:
    return [shape for shape in layout.types.values() if isinstance(shape, AggregateLayout)]


def enums(layout: Layout) -> dict[str, EnumLayout]:
    return {name: shape for name, shape in layout.types.items() if isinstance(shape, EnumLayout)}
