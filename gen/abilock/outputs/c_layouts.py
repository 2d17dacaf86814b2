"""Layout numbers and the preprocessor conditions under which they hold: a block for each condition, or
side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from abilock.layout.shapes import AggregateLayout, FlatField, TypeLayout
from abilock.layout.target import Target
from abilock.model.targets import describe_targets
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


@dataclass(frozen=True, slots=True)
class Column:
    """The targets on which numbers agree: the condition that tells them from the others, and who they
    are. ex) ``UINTPTR_MAX > 0xffffffffu``, ``64-bit targets``"""

    condition: str
    targets: str


@dataclass(frozen=True, slots=True)
class Table:
    """Types whose numbers differ between the same groups of targets. Each has its numbers once for
    every column; the members are the same in all of them."""

    columns: tuple[Column, ...]
    types: tuple[tuple[TypeNumbers, ...], ...]


def tables(layouts: Layouts, names: Iterable[str], naming: CNaming) -> tuple[Table, ...]:
    """The numbers of the named types, side by side where they differ. What has one column comes first."""
    targets = [layout.target for layout in layouts]
    found: dict[tuple[tuple[Target, ...], ...], list[tuple[TypeNumbers, ...]]] = {}
    for name in names:
        groups = grouped(
            (layout.target, _numbers(layout.types[name], layout.target, naming, False))
            for layout in layouts
        )
        found.setdefault(tuple(groups.values()), []).append(tuple(groups))
    return tuple(
        Table(tuple(_column(group, targets) for group in groups), tuple(found[groups]))
        for groups in sorted(found, key=len)
    )


def _column(group: Sequence[Target], targets: Sequence[Target]) -> Column:
    triples = [target.triple for target in group]
    everything = [target.triple for target in targets]
    return Column(condition(group, targets), describe_targets(triples, everything))


def blocks(layouts: Layouts, names: Iterable[str], naming: CNaming) -> tuple[Block, ...]:
    """The numbers of the named types. A type that is a row of pointers on every target counts them, so
    that its numbers hold everywhere."""
    targets = [layout.target for layout in layouts]
    # What holds everywhere comes first.
    found: dict[str, list[TypeNumbers]] = {"": []}
    for name in names:
        keys = [
            (layout.target, _numbers(layout.types[name], layout.target, naming, True))
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
