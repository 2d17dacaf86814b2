"""Records whose layout Rust cannot spell: bytes, and methods that know where each field is.

Where a field is depends on the target, so the places are constants, one set per group of targets on
which they agree; the methods, which macros of the module make, are the same everywhere.
"""

from __future__ import annotations

from abilock.layout.shapes import AggregateLayout, MemberLayout
from abilock.model.types import Field, Scalar
from abilock.outputs.rust.checks import record_checks
from abilock.outputs.rust.conditions import cfg_attr_lines, cfg_lines, distinct
from abilock.outputs.rust.items import (
    derive_lines,
    member_docs,
    member_piece,
    record_docs,
)
from abilock.outputs.rust.printed import Accessor, StorageGroup, StorageItem
from abilock.outputs.rust.records import Record, RecordMember, bare
from abilock.outputs.rust.text import deprecation_lines
from abilock.outputs.rust_declarations import RustTypes, one_line

_REMARK = (
    "Rust cannot spell this layout, so the type is its bytes; methods read and write the fields."
)
_FLOATS = (
    "Behind pointers only: by value, Rust passes these bytes otherwise than C does the struct."
)


def storage_item(record: Record, types: RustTypes) -> StorageItem:
    methods = _Names()
    members = [each for each in record.members if each.name]
    places = {each.name: methods.fresh(f"AT_{bare(each.name).upper()}") for each in members}
    size, zero = methods.fresh("SIZE"), methods.fresh("ZERO")
    accessors = tuple(_accessor(each, places[each.name], methods, types) for each in members)
    shapes = [(target, _where(record, layout)) for target, layout in record.layouts]
    groups = tuple(
        StorageGroup(
            condition=cfg_lines(condition),
            lines=(
                f"const {size}: usize = {total};",
                *(f"const {places[name]}: usize = {at};" for name, at in found),
            ),
        )
        for condition, (total, found) in distinct(shapes)
    )
    aligns = distinct([(target, layout.align) for target, layout in record.layouts])
    remarks = (_REMARK, *([_FLOATS] if record.traits.floats else []))
    return StorageItem(
        docs=record_docs(record, *remarks),
        attributes=(
            *deprecation_lines(record.declaration.attributes),
            *derive_lines(record),
            *("#[repr(C)]" for _ in aligns[:1]),
            *(
                line
                for condition, align in aligns
                for line in cfg_attr_lines(condition, f"repr(align({align}))")
                if align > 1
            ),
        ),
        name=record.name,
        has_zero=record.traits.zero,
        zero=zero,
        size=size,
        groups=groups,
        accessors=accessors,
        checks=record_checks(record),
    )


class _Names:
    """Names of one impl block; methods and constants share it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fresh(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _where(record: Record, layout: AggregateLayout) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Size, and the offset of every field: in bits for a bit-field, else in bytes."""
    found = ((member.name, _offset(place)) for member, place in record.placed(layout))
    return (layout.size, tuple(found))


def _offset(place: MemberLayout) -> int:
    return place.offset if place.bit_offset is None else place.bit_offset


def _accessor(member: RecordMember, place: str, names: _Names, types: RustTypes) -> Accessor:
    """Getter and setter; the address alone where values must not be copied."""
    written = member.member
    docs = (*member_docs(written), *deprecation_lines(written.attributes))
    type_ = one_line(member_piece(member, types))
    plain = bare(member.name)
    if not member.traits.copies:
        text = f"{names.fresh(f'{plain}_ptr')}: {type_}, {place}"
        return Accessor("address", bool(docs), docs, text)
    text = f"{names.fresh(member.name)}, {names.fresh(f'set_{plain}')}: {type_}, {place}"
    if not isinstance(written, Field) or written.bits is None:
        return Accessor("field", bool(docs), docs, text)
    if types.resolved(written.type) == Scalar("bool"):
        return Accessor("bit", bool(docs), docs, text)
    return Accessor("bits", bool(docs), docs, f"{text}, {written.bits}")
