"""Tables in files: one for the targets that agree in every number, a member per line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from abilock.layout.shapes import Layout
from abilock.model.decls import Library
from abilock.outputs.layout.table import table
from abilock.outputs.spec import Layouts, Page


@dataclass(frozen=True, slots=True)
class TypeView:
    """ex) ``"FfiStr": {"kind": "struct", "size": 16, "align": 8, "fields": [``, rows, ``]},``"""

    opening: str
    rows: tuple[str, ...]
    closing: str


@dataclass(frozen=True, slots=True)
class TableView:
    """All of ``layout/table.json.jinja``, as JSON text."""

    abi: str
    version: str
    target: str
    targets: tuple[str, ...]
    types: tuple[TypeView, ...]


def pages(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """``layout/<target>.json``, named after the first target of each group."""
    return tuple(
        Page(
            f"layout/{group[0].target.triple}.json",
            "layout/table.json.jinja",
            _view(library, group),
        )
        for group in same_numbers(layouts)
    )


def same_numbers(layouts: Layouts) -> tuple[Layouts, ...]:
    """The layouts in groups that agree, in the order of their first ones."""
    groups: list[list[Layout]] = []
    for layout in layouts:
        for group in groups:
            if group[0].same_numbers(layout):
                group.append(layout)
                break
        else:
            groups.append([layout])
    return tuple(tuple(group) for group in groups)


def _view(library: Library, group: Layouts) -> TableView:
    data = table(library, group[0])
    types = [_type(name, entry) for name, entry in data["types"].items()]
    return TableView(
        abi=json.dumps(data["abi"]),
        version=json.dumps(data["version"]),
        target=json.dumps(data["target"]),
        targets=tuple(_separated([json.dumps(each.target.triple) for each in group])),
        types=tuple(
            TypeView(opening, rows, closing)
            for (opening, rows), closing in zip(types, _closings(data["types"]), strict=True)
        ),
    )


def _type(name: str, entry: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The line that opens a type, and a line for each field or value."""
    *_, last = entry
    head = {key: value for key, value in entry.items() if key != last}
    inside = json.dumps(head).removesuffix("}")
    if last == "fields":
        opening, rows = "[", [json.dumps(field) for field in entry[last]]
    else:
        opening = "{"
        rows = [f"{json.dumps(key)}: {value}" for key, value in entry[last].items()]
    return f'{json.dumps(name)}: {inside}, "{last}": {opening}', tuple(_separated(rows))


def _closings(types: dict[str, Any]) -> list[str]:
    return _separated(["]}" if "fields" in entry else "}}" for entry in types.values()])


def _separated(rows: Sequence[str]) -> list[str]:
    return [*(f"{row}," for row in rows[:-1]), *rows[-1:]]
