"""A layout as plain data, the same in files and on the command line."""

from __future__ import annotations

from typing import Any

from abilock.layout.shapes import AggregateLayout, FlatField, Layout, TypeLayout
from abilock.model.decls import Library


def table(library: Library, layout: Layout) -> dict[str, Any]:
    """What ``abilock layout --format json`` prints.

    ex) ``{"abi": "drasi", "version": "0.8.4", "target": "x86_64-unknown-linux-gnu",
    "types": {"FfiStr": {"kind": "struct", "size": 16, "align": 8, "fields": […]}}}``
    """
    return {
        "abi": library.name,
        "version": str(library.version),
        "target": layout.target.triple,
        "types": {name: _type(layout.types[name]) for name in layout.types},
    }


def _type(layout: TypeLayout) -> dict[str, Any]:
    """Either ``fields`` or ``values``, behind what every type has."""
    head = {"kind": layout.kind, "size": layout.size, "align": layout.align}
    if isinstance(layout, AggregateLayout):
        return head | {"fields": [_field(field) for field in layout.flat_fields()]}
    return head | {"values": dict(layout.values)}


def _field(field: FlatField) -> dict[str, Any]:
    if field.bit_offset is None:
        return {"name": field.name, "offset": field.offset, "size": field.size}
    return {"name": field.name, "bit_offset": field.bit_offset, "bit_size": field.bit_size}
