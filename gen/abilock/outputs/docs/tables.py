"""Tables of the reference page: members with their offsets, for each group of targets that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from abilock.layout.gaps import find_gaps, gaps_text
from abilock.layout.placement import BYTE
from abilock.layout.shapes import AggregateLayout, MemberLayout, TypeLayout
from abilock.model import decls, types
from abilock.model.targets import describe_targets
from abilock.model.text import slot_words
from abilock.model.types import Field
from abilock.outputs.docs.links import Links
from abilock.outputs.docs.prose import Prose
from abilock.outputs.spec import Layouts

#: The head of a column has room for no more; longer descriptions get a letter.
_LABEL = 16
#: What stands before the members of a type that is written out.
_INSIDE = "· "


@dataclass(frozen=True, slots=True)
class TableView:
    """ex) heads ``("offset", "size", "field", "")``, and a row with as many cells for each field"""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Targets on which a type has the same numbers. ``label`` is how columns call them, and ``where``
    who they are; both are empty if there is only one group."""

    shape: TypeLayout
    label: str
    where: str

    @property
    def title(self) -> str:
        """ex) ``64-bit targets``, or ``**A**`` where that takes more words"""
        return self.where if self.where.startswith(self.label) else f"**{self.label}**"


def groups_of(name: str, layouts: Layouts) -> tuple[Group, ...]:
    """The different layouts of a type, in the order of their first targets."""
    found: dict[object, tuple[TypeLayout, list[str]]] = {}
    for layout in layouts:
        shape = layout.types[name]
        found.setdefault(_numbers(shape), (shape, []))[1].append(layout.target.triple)
    if len(found) == 1:
        return tuple(Group(shape, "", "") for shape, _ in found.values())
    everything = [layout.target.triple for layout in layouts]
    where = [describe_targets(triples, everything) for _, triples in found.values()]
    labels = [text.removesuffix(" targets") for text in where]
    if max(map(len, labels)) > _LABEL:
        labels = list(ascii_uppercase[: len(labels)])
    return tuple(
        Group(shape, label, text)
        for (shape, _), label, text in zip(found.values(), labels, where, strict=True)
    )


def _numbers(shape: TypeLayout) -> object:
    """What a page shows of a layout, and so what must differ for a column of its own."""
    if not isinstance(shape, AggregateLayout):
        return shape.size, shape.align
    return shape.size, shape.align, _places(shape)


def _places(shape: AggregateLayout) -> object:
    return tuple(
        (one.offset, one.size, one.bit_offset, one.nested and _places(one.nested))
        for one in shape.members
    )


def layout_lines(groups: Sequence[Group]) -> Iterator[str]:
    """ex) ``size 16, align 8, 1 hole of 4 bytes``; for several groups, each behind who they are"""
    for group in groups:
        parts = [f"size {group.shape.size}", f"align {group.shape.align}"]
        if isinstance(group.shape, AggregateLayout):
            parts += gaps_text(find_gaps(group.shape))
        head = group.where if group.title == group.where else f"{group.title}, {group.where}"
        yield f"{head}: {', '.join(parts)}" if head else ", ".join(parts)


def field_table(
    fields: Sequence[Field], groups: Sequence[Group], links: Links, prose: Prose
) -> TableView:
    """Offset and size of every field in each group, those of nested types below them. Sizes on which all
    groups agree are given once."""
    shapes = [group.shape for group in groups if isinstance(group.shape, AggregateLayout)]
    rows = list(_field_rows(fields, shapes, [0] * len(shapes), "", links, prose))
    offsets = [f"{group.label} offset".lstrip() for group in groups]
    if all(len(set(row.sizes)) == 1 for row in rows):
        return TableView(
            (*offsets, "size", "field", ""),
            tuple((*row.offsets, row.sizes[0], row.code, row.text) for row in rows),
        )
    return TableView(
        (*_in_turn(offsets, ["size"] * len(groups)), "field", ""),
        tuple((*_in_turn(row.offsets, row.sizes), row.code, row.text) for row in rows),
    )


def _in_turn(first: Sequence[str], second: Sequence[str]) -> Iterator[str]:
    for pair in zip(first, second, strict=True):
        yield from pair


@dataclass(frozen=True, slots=True)
class _FieldRow:
    """A field, with its offset and size in each group."""

    offsets: Sequence[str]
    sizes: Sequence[str]
    code: str
    text: str


def _field_rows(
    fields: Sequence[Field],
    shapes: Sequence[AggregateLayout],
    bases: Sequence[int],
    indent: str,
    links: Links,
    prose: Prose,
) -> Iterator[_FieldRow]:
    for at, field in enumerate(fields):
        placed = [shape.members[at] for shape in shapes]
        yield _FieldRow(
            [_offset(member, base) for member, base in zip(placed, bases, strict=True)],
            [_size(member) for member in placed],
            f"{indent}{_field_code(field, links)}",
            prose.of_field(field),
        )
        if isinstance(field.type, types.Nested):
            yield from _field_rows(
                field.type.aggregate.fields,
                [member.nested for member in placed if member.nested is not None],
                [base + member.offset for member, base in zip(placed, bases, strict=True)],
                f"{indent}{_INSIDE}",
                links,
                prose,
            )


def vtable_table(
    vtable: decls.Vtable, groups: Sequence[Group], links: Links, prose: Prose
) -> TableView:
    """Number and offset of every slot, and the fields between them."""
    offsets = [f"{group.label} offset".lstrip() for group in groups]
    shapes = [group.shape for group in groups if isinstance(group.shape, AggregateLayout)]
    rows = []
    number = 0
    for at, member in enumerate(vtable.members):
        places = [_offset(shape.members[at], 0) for shape in shapes]
        since = str(member.attributes.version("since") or "")
        if isinstance(member, decls.Slot):
            link = links.name(f"{vtable.name}.{member.name}", member.name)
            code = f"{slot_words(member)} {link}".lstrip()
            rows.append((str(number), *places, code, since, ""))
            number += 1
        else:
            rows.append(("", *places, _field_code(member, links), since, prose.of_field(member)))
    return TableView(("slot", *offsets, "member", "since", ""), tuple(rows))


def _offset(member: MemberLayout, base: int) -> str:
    """ex) ``8``, or ``8:3`` for a bit-field that begins at the fourth bit of byte 8"""
    if member.bit_offset is None:
        return str(base + member.offset)
    return f"{base + member.bit_offset // BYTE}:{member.bit_offset % BYTE}"


def _size(member: MemberLayout) -> str:
    return str(member.size) if member.bit_size is None else f":{member.bit_size}"


def _field_code(field: Field, links: Links) -> str:
    align = f"@align({field.align}) " if field.align else ""
    bits = "" if field.bits is None else f" : {field.bits}"
    own = "own " if field.own else ""
    return links.typed(f"{align}{field.name or '_'}", field.type, own, bits)


def enum_table(enum: decls.EnumDecl, prose: Prose) -> TableView:
    """Values, in hexadecimal where they are bits."""
    is_flags = enum.kind is decls.EnumKind.FLAGS
    rows = tuple(
        (
            f"{value.value:#x}" if is_flags else str(value.value),
            f"`{value.name}`",
            prose.of_value(enum, value),
        )
        for value in enum.values
    )
    return TableView(("value", "name", ""), rows)
