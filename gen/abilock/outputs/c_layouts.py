"""Layout numbers by the preprocessor conditions under which they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from abilock.layout.shapes import AggregateLayout, FlatField, TypeLayout
from abilock.layout.target import Target
from abilock.outputs.c_conditions import condition
from abilock.outputs.c_declarations import CNaming
from abilock.outputs.conditions import grouped
from abilock.outputs.spec import Layouts


@dataclass(frozen=True, slots=True)
class FieldNumbers:
    """A member that is no bit-field, under its C name. ex) ``head.x``, 4, 4"""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class TypeNumbers:
    """What a compiler must agree with. ``align`` is None for enums: as members, 64-bit integers may
    be aligned to less than what compilers say of the type.

    ``in_pointers``: the numbers count pointers and not bytes.
    """

    name: str
    size: int
    align: int | None
    fields: tuple[FieldNumbers, ...]
    in_pointers: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Types whose numbers hold where the condition does; an empty condition always does."""

    condition: str
    types: tuple[TypeNumbers, ...]


def blocks(
    layouts: Layouts, names: Iterable[str], naming: CNaming, *, in_pointers: bool = False
) -> tuple[Block, ...]:
    """The numbers of the named types. ``in_pointers``: a type that is a row of pointers on every
    target counts them, so that its numbers hold everywhere."""
    targets = [layout.target for layout in layouts]
    # What holds everywhere comes first.
    found: dict[str, list[TypeNumbers]] = {"": []}
    for name in names:
        keys = [
            (layout.target, _numbers(layout.types[name], layout.target, naming, in_pointers))
            for layout in layouts
        ]
        if len({key for _, key in keys}) > 1:
            keys = [
                (layout.target, _numbers(layout.types[name], layout.target, naming, False))
                for layout in layouts
            ]
        for numbers, group in grouped(keys).items():
            found.setdefault(condition(group, targets), []).append(numbers)
    return tuple(Block(text, tuple(types)) for text, types in found.items() if types)


def _numbers(layout: TypeLayout, target: Target, naming: CNaming, in_pointers: bool) -> TypeNumbers:
    name = naming.name(layout.name)
    if not isinstance(layout, AggregateLayout):
        return TypeNumbers(name, layout.size, None, ())
    fields = [field for field in layout.flat_fields() if field.bit_offset is None]
    unit = target.pointer_size if in_pointers and _counts_pointers(layout, fields, target) else 1
    return TypeNumbers(
        name,
        layout.size // unit,
        layout.align // unit,
        tuple(
            FieldNumbers(
                naming.dotted(layout.name, field.name), field.offset // unit, field.size // unit
            )
            for field in fields
        ),
        in_pointers=unit > 1,
    )


def _counts_pointers(layout: AggregateLayout, fields: list[FlatField], target: Target) -> bool:
    numbers = [layout.size, *(number for field in fields for number in (field.offset, field.size))]
    return layout.align == target.pointer_size and all(
        number % target.pointer_size == 0 for number in numbers
    )
