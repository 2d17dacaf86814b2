"""The run-time layout test: every size, offset and value of the module, against plain numbers."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.model.decls import Constant, EnumDecl, Library, Vtable
from abilock.model.naming import rust_name
from abilock.model.scalars import SIGNED_SCALARS
from abilock.model.types import Aggregate, Field, Scalar
from abilock.outputs.comments import visible
from abilock.outputs.rust.checks import enum_columns, record_columns
from abilock.outputs.rust.printed import BitCheck, LayoutTestView, NumberCheck, TypeTest
from abilock.outputs.rust.records import Record, Records, bare, enum_repr
from abilock.outputs.rust_declarations import RustTypes
from abilock.outputs.spec import Layouts


def layout_test(
    library: Library, layouts: Layouts, records: Records, types: RustTypes
) -> LayoutTestView:
    tests = tuple(_tests(library, layouts, records, types))
    constants = tuple(
        NumberCheck(f"abi::{rust_name(each.name)}", each.value)
        for each in library.declarations
        if isinstance(each, Constant) and isinstance(each.value, int)
    )
    return LayoutTestView(
        source=visible(library.source),
        path=f"../rust/{library.stem}.rs",
        has_layouts=bool(tests),
        has_numbers=bool(constants) or any(test.numbers for test in tests),
        has_bits=any(test.bits for test in tests),
        types=tests,
        has_constants=bool(constants),
        constants=constants,
    )


def _tests(
    library: Library, layouts: Layouts, records: Records, types: RustTypes
) -> Iterator[TypeTest]:
    for declaration in library.declarations:
        if isinstance(declaration, Aggregate | Vtable):
            for record in records.of(declaration.name):
                yield TypeTest(
                    name=record.name,
                    function=_function(record.name),
                    layout=record_columns(record),
                    has_numbers=False,
                    numbers=(),
                    bits=tuple(_bits(record, types)),
                )
        elif isinstance(declaration, EnumDecl):
            name = rust_name(declaration.name)
            numbers = tuple(_numbers(declaration))
            layout = enum_columns(name, declaration.name, layouts)
            yield TypeTest(name, _function(name), layout, bool(numbers), numbers, ())


def _function(name: str) -> str:
    return f"layout_of_{bare(name)}"


def _numbers(declaration: EnumDecl) -> Iterator[NumberCheck]:
    inner = ".0" if enum_repr(declaration) is None else ""
    for each in declaration.values:
        value = f"abi::{rust_name(declaration.name)}::{rust_name(each.name)}{inner}"
        yield NumberCheck(value, each.value)


def _bits(record: Record, types: RustTypes) -> Iterator[BitCheck]:
    """Bit-fields whose sign is the same on every target; the others only differ in that."""
    for member in record.members:
        field = member.member
        if not isinstance(field, Field) or field.bits is None or not member.name:
            continue
        type_ = types.resolved(field.type)
        assert isinstance(type_, Scalar)
        values = _values(type_.name, field.bits)
        if values:
            setter = f"set_{bare(member.name)}"
            yield BitCheck(member.name, setter, field.bits, values)


def _values(scalar: str, width: int) -> tuple[str, ...]:
    """All ones first, then other values at the edges of what fits."""
    if scalar == "bool":
        return ("true", "false")
    if scalar in ("c_char", "wchar_t"):
        return ()
    if scalar in SIGNED_SCALARS:
        return ("-1", str(-(1 << (width - 1))), str((1 << (width - 1)) - 1), "0")
    return (str((1 << width) - 1), "1", "0")
