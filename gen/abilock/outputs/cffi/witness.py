"""What a Python package was made for: the rows that the witness of a plugin is held against.

Sizes and offsets are not among them: cffi knows those of the machine that the package runs on.
"""

from __future__ import annotations

from abilock.model.c_names import declared_c_name
from abilock.model.decls import Declaration, Library
from abilock.model.exact import exact_types
from abilock.model.witness import Measure, Row, rows
from abilock.outputs.c_declarations import CNaming
from abilock.outputs.cffi.cdef import cffi_naming
from abilock.outputs.cffi.code import in_string


def witness_lines(library: Library) -> tuple[str, ...]:
    """A line for each row, as part of a Python string.

    ex) ``slot id_fn - 1a2b3c4d 5e6f7a8b 0.8.2 fn(self: const) -> FfiStr``
    """
    naming = cffi_naming(library)
    exact = exact_types(library)
    return tuple(
        _line(row, declaration, naming, row.name in exact)
        for declaration, group in zip(library.declarations, rows(library), strict=True)
        for row in group
    )


def _line(row: Row, declaration: Declaration, naming: CNaming, is_exact: bool) -> str:
    in_c = row.name
    since = "-" if row.since is None else str(row.since)
    if not row.owner:
        in_c = declared_c_name(declaration)
        since = "exact" if is_exact else "-"
    elif row.measure is Measure.PLACE:
        in_c = naming.dotted(row.owner, row.name)
    known = "-" if in_c == row.name else in_c
    _, _, text = row.line.removeprefix(f"{row.kind} ").partition(" ")
    prints = f"{row.form:08x} {row.contract:08x}"
    return in_string(f"{row.kind} {row.name} {known} {prints} {since} {text}".rstrip())
