"""Layout assertions: per type, and per group of targets on which its numbers agree."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout
from abilock.layout.target import Target
from abilock.outputs.rust.conditions import cfg_lines, distinct
from abilock.outputs.rust.printed import Check, Place
from abilock.outputs.rust.records import Record


def record_checks(record: Record, in_words: bool = True) -> tuple[Check, ...]:
    """What is asserted of a record: all fields, or only size and alignment if it is bytes.

    ``in_words``: numbers may be left out where order says it all.
    """
    places = not record.stored
    if (
        in_words
        and places
        and not record.is_union
        and all(_in_words(*each) for each in record.layouts)
    ):
        fields = tuple(Place(member.name, 0) for member in record.members)
        return (Check((), record.name, True, 0, 0, fields, True),)
    found = []
    for condition, (size, align, offsets) in distinct(
        [(target, _numbers(record, layout, places)) for target, layout in record.layouts]
    ):
        check = Check(cfg_lines(condition), record.name, False, size, align, offsets, bool(offsets))
        found.append(check)
    return tuple(found)


def enum_checks(name: str, source: str, layouts: Sequence[Layout]) -> tuple[Check, ...]:
    sizes = [(each.target, _enum_numbers(each, source)) for each in layouts]
    return tuple(
        Check(cfg_lines(condition), name, False, size, align, (), False)
        for condition, (size, align) in distinct(sizes)
    )


def _numbers(
    record: Record, layout: AggregateLayout, places: bool
) -> tuple[int, int, tuple[Place, ...]]:
    """Only what the check prints: names of nested layouts and the like make no difference."""
    offsets = [Place(member.name, place.offset) for member, place in record.placed(layout)]
    return (layout.size, layout.align, tuple(offsets) if places else ())


def _enum_numbers(layout: Layout, name: str) -> tuple[int, int]:
    shape = layout.types[name]
    assert isinstance(shape, EnumLayout)
    return (shape.size, shape.align)


def _in_words(target: Target, layout: AggregateLayout) -> bool:
    """Whether a layout is nothing but pointers in a row."""
    word = target.pointer_size
    return (
        layout.size == word * len(layout.members)
        and layout.align == word
        and all(
            place.size == word and place.offset == word * at and place.bit_offset is None
            for at, place in enumerate(layout.members)
        )
    )
