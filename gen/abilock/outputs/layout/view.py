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
    """ex) ``"FfiStr": {"kind": "struct", "size": 16, "align": 8, "fields": [``, rows,
    ``], "holes": [], "padding": null},``"""

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
        Page(f"layout/{group[0].target.triple}.json", "layout/table.json.jinja", _view(data, group))
        for data, group in same_tables(library, layouts)
    )


def same_tables(library: Library, layouts: Layouts) -> tuple[tuple[dict[str, Any], Layouts], ...]:
    """The different tables, each with the layouts that it is of, in the order of their first ones."""
    groups: list[tuple[dict[str, Any], list[Layout]]] = []
    for layout in layouts:
        for data, group in groups:
            if group[0].types is layout.types or data["types"] == _types(library, layout):
                group.append(layout)
                break
        else:
            groups.append((table(library, layout), [layout]))
    return tuple((data, tuple(group)) for data, group in groups)


def _types(library: Library, layout: Layout) -> object:
    return table(library, layout)["types"]


def _view(data: dict[str, Any], group: Layouts) -> TableView:
    entries: dict[str, dict[str, Any]] = data["types"]
    commas = _separated(["" for _ in entries])
    return TableView(
        abi=json.dumps(data["abi"]),
        version=json.dumps(data["version"]),
        target=json.dumps(data["target"]),
        targets=tuple(_separated([json.dumps(each.target.triple) for each in group])),
        types=tuple(
            _type(name, entry, comma)
            for (name, entry), comma in zip(entries.items(), commas, strict=True)
        ),
    )


def _type(name: str, entry: dict[str, Any], comma: str) -> TypeView:
    """The line that opens a type, a line for each field or value, and one with what is unused."""
    inside = "fields" if "fields" in entry else "values"
    keys = list(entry)
    at = keys.index(inside)
    before = json.dumps({key: entry[key] for key in keys[:at]}).removesuffix("}")
    after = "".join(f", {json.dumps(key)}: {json.dumps(entry[key])}" for key in keys[at + 1 :])
    if inside == "fields":
        brackets, rows = "[]", [json.dumps(field) for field in entry[inside]]
    else:
        brackets = "{}"
        rows = [f"{json.dumps(key)}: {value}" for key, value in entry[inside].items()]
    opening = f'{json.dumps(name)}: {before}, "{inside}": {brackets[0]}'
    return TypeView(opening, tuple(_separated(rows)), f"{brackets[1]}{after}}}{comma}")


def _separated(rows: Sequence[str]) -> list[str]:
    return [*(f"{row}," for row in rows[:-1]), *rows[-1:]]
