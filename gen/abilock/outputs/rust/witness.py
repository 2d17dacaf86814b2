"""The witness beside a Rust module: what a macro puts into a library, a record of all that was compiled.

As in headers, sizes and offsets are those of the compiler. Where Rust keeps a record as bytes, it knows
only how many; then the record says nothing of the members' places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from abilock.layout.target import find_target
from abilock.model.decls import Library, Vtable
from abilock.model.naming import rust_name, witness_symbol
from abilock.model.types import Aggregate, Field, Nested
from abilock.model.witness import Measure, Row, rows
from abilock.outputs.comments import visible
from abilock.outputs.rust.conditions import cfg_lines, exactly, spelled
from abilock.outputs.rust.lines import fresh
from abilock.outputs.rust.printed import TargetView, WitnessView
from abilock.outputs.rust.records import Record, Records
from abilock.outputs.rust.text import string_literal

#: A type and a field of it, or several to a field of a field, as a macro of the module takes them.
_Path = tuple[tuple[str, str], ...]


def witness_view(library: Library, records: Records, names: frozenset[str]) -> WitnessView:
    groups = rows(library)
    places = {
        each.name: _places(records.of(each.name))
        for each in library.declarations
        if isinstance(each, Aggregate | Vtable)
    }
    every = [row for group in groups for row in group]
    targets = [find_target(triple) for triple in library.targets]
    conditions = [exactly(target) for target in targets]
    return WitnessView(
        source=visible(library.source),
        name=library.stem,
        file=f"{library.stem}.witness.rs",
        symbol=witness_symbol(library.name),
        module=fresh(f"{library.name}_abi_witness", names),
        abi=f"abi {library.name} {library.version}",
        count=len(every),
        targets=tuple(
            TargetView(cfg_lines(condition), target.triple)
            for target, condition in zip(targets, conditions, strict=True)
        ),
        others=", ".join(map(spelled, conditions)),
        rows=tuple(_row(row, places) for row in every),
        texts=tuple(string_literal(row.line) for row in every),
    )


def _row(row: Row, places: Mapping[str, Mapping[str, _Path]]) -> str:
    """ex) ``at!(FfiStr, ptr; 0x1a2b3c4d, 0x5e6f7a8b)``"""
    prints = f"0x{row.form:08x}, 0x{row.contract:08x}"
    if row.measure is Measure.SIZE:
        return f"of!({rust_name(row.name)}; {prints})"
    path = places.get(row.owner, {}).get(row.name)
    if row.measure is Measure.NOTHING or path is None:
        return f"no!({prints})"
    steps = ", ".join(f"{type_}, {field}" for type_, field in path)
    return f"at!({steps}; {prints})" if len(path) == 1 else f"inside!({steps}; {prints})"


def _places(records: tuple[Record, ...]) -> Mapping[str, _Path]:
    """How each member is reached, by its dotted name; those of records that are bytes are not."""
    return dict(_paths(records[-1], {each.name: each for each in records}, "", ()))


def _paths(
    record: Record, helpers: Mapping[str, Record], prefix: str, before: _Path
) -> Iterator[tuple[str, _Path]]:
    if record.stored:
        return
    for member in record.members:
        here = (*before, (record.name, member.name))
        written = member.member
        if written.name is not None:
            yield f"{prefix}{written.name}", here
        if isinstance(written, Field) and isinstance(written.type, Nested):
            inner = prefix if written.name is None else f"{prefix}{written.name}."
            yield from _paths(helpers[member.helper], helpers, inner, here)
