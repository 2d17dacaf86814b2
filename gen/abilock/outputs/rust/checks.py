"""Layout assertions: per type, and per group of targets on which its numbers agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout
from abilock.layout.target import Target
from abilock.outputs.conditions import ALWAYS, Expression
from abilock.outputs.rust.conditions import cfg_lines, distinct, spelled
from abilock.outputs.rust.printed import Check, ColumnCheck, ColumnPlace, Place
from abilock.outputs.rust.records import Record

#: Size, alignment and places of a type.
_Numbers: TypeAlias = tuple[int, int, tuple[Place, ...]]


def record_checks(record: Record) -> tuple[Check, ...]:
    """What is asserted of a record: all fields, or only size and alignment if it is bytes. Numbers are
    left out where order says it all."""
    places = not record.stored
    if places and not record.is_union and all(_in_words(*each) for each in record.layouts):
        fields = tuple(Place(member.name, 0) for member in record.members)
        return (Check((), record.name, True, 0, 0, fields, True),)
    found = []
    for condition, (size, align, offsets) in _record_numbers(record):
        check = Check(cfg_lines(condition), record.name, False, size, align, offsets, bool(offsets))
        found.append(check)
    return tuple(found)


def enum_checks(name: str, source: str, layouts: Sequence[Layout]) -> tuple[Check, ...]:
    return tuple(
        Check(cfg_lines(condition), name, False, size, align, (), False)
        for condition, (size, align, _) in _enum_numbers(source, layouts)
    )


def record_columns(record: Record) -> ColumnCheck:
    """What is tested of a record: the same in plain numbers, also where order would do."""
    return _columns(record.name, _record_numbers(record))


def enum_columns(name: str, source: str, layouts: Sequence[Layout]) -> ColumnCheck:
    return _columns(name, _enum_numbers(source, layouts))


def _columns(name: str, numbers: Sequence[tuple[Expression, _Numbers]]) -> ColumnCheck:
    conditions = [condition for condition, _ in numbers]
    targets = "".join(f" [{spelled(condition)}]" for condition in conditions)
    places = tuple(
        ColumnPlace(row[0].field, _row(place.offset for place in row))
        for row in zip(*(places for _, (_, _, places) in numbers), strict=True)
    )
    return ColumnCheck(
        type=name,
        targets="" if conditions == [ALWAYS] else f" on{targets}",
        sizes=_row(size for _, (size, _, _) in numbers),
        aligns=_row(align for _, (_, align, _) in numbers),
        has_places=bool(places),
        places=places,
    )


def _row(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _record_numbers(record: Record) -> list[tuple[Expression, _Numbers]]:
    return distinct([(target, _numbers(record, layout)) for target, layout in record.layouts])


def _numbers(record: Record, layout: AggregateLayout) -> _Numbers:
    """Only what the check prints: names of nested layouts and the like make no difference."""
    offsets = [Place(member.name, place.offset) for member, place in record.placed(layout)]
    return (layout.size, layout.align, () if record.stored else tuple(offsets))


def _enum_numbers(name: str, layouts: Sequence[Layout]) -> list[tuple[Expression, _Numbers]]:
    found: list[tuple[Target, _Numbers]] = []
    for layout in layouts:
        shape = layout.types[name]
        assert isinstance(shape, EnumLayout)
        found.append((layout.target, (shape.size, shape.align, ())))
    return distinct(found)


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
