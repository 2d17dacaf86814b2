"""A layout as plain data, the same in files and on the command line."""

from __future__ import annotations

from typing import Any

from abilock.layout.gaps import Gap, find_gaps
from abilock.layout.placement import BYTE
from abilock.layout.shapes import AggregateLayout, FlatField, Layout, TypeLayout
from abilock.model.decls import Declaration, Library, Vtable


def table(library: Library, layout: Layout) -> dict[str, Any]:
    """What ``abilock layout --format json`` prints.

    ex) ``{"abi": "drasi", "version": "0.8.4", "target": "x86_64-unknown-linux-gnu",
    "types": {"FfiStr": {"kind": "struct", "size": 16, "align": 8, "fields": […], "holes": [],
    "padding": null}}}``
    """
    return {
        "abi": library.name,
        "version": str(library.version),
        "target": layout.target.triple,
        "types": {name: _type(library.find(name), shape) for name, shape in layout.types.items()},
    }


def _type(declaration: Declaration, layout: TypeLayout) -> dict[str, Any]:
    """``fields`` and what none of them uses, or ``values``, behind what every type has."""
    head = {"kind": layout.kind, "size": layout.size, "align": layout.align}
    if not isinstance(layout, AggregateLayout):
        return head | {"values": dict(layout.values)}
    gaps = find_gaps(layout)
    return head | {
        "fields": _fields(declaration, layout),
        "holes": [_gap(hole) for hole in gaps.holes],
        "padding": _gap(gaps.padding) if gaps.padding else None,
    }


def _fields(declaration: Declaration, layout: AggregateLayout) -> list[dict[str, Any]]:
    slots = declaration.slots if isinstance(declaration, Vtable) else ()
    numbers = {slot.name: {"slot": number} for number, slot in enumerate(slots)}
    return [_field(field) | numbers.get(field.name, {}) for field in layout.flat_fields()]


def _field(field: FlatField) -> dict[str, Any]:
    if field.bit_offset is None:
        return {"name": field.name, "offset": field.offset, "size": field.size}
    return {"name": field.name, "bit_offset": field.bit_offset, "bit_size": field.bit_size}


def _gap(gap: Gap) -> dict[str, int]:
    if gap.is_bytes:
        return {"offset": gap.start // BYTE, "size": gap.bits // BYTE}
    return {"bit_offset": gap.start, "bit_size": gap.bits}
