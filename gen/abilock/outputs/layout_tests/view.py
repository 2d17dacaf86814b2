"""Layout tests: one C file that is C++ as well, and a pytest that asks cffi."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from string import ascii_lowercase

from abilock.layout.shapes import AggregateLayout, Layout
from abilock.model.c_names import (
    c_globals,
    declared_c_name,
    has_macros,
    in_own_names,
    taken_names,
    value_c_name,
)
from abilock.model.decls import Alias, Constant, EnumDecl, Library, Vtable, members_of
from abilock.model.naming import c_name, macro_prefix
from abilock.model.types import Aggregate, Field, Named, Nested, Scalar, Type
from abilock.outputs.c_conditions import condition
from abilock.outputs.c_declarations import CNaming, integer_literal, string_literal
from abilock.outputs.c_layouts import Column, Table, TypeNumbers, tables
from abilock.outputs.comments import banner, c_comment_lines
from abilock.outputs.conditions import grouped
from abilock.outputs.spec import Layouts, Page

#: Names of the test that what the header has at file scope could be: macros, functions, variables.
_OWN = (
    *("CHECK", "ALIGNMENT", "VALUE", "TEXT", "BITS", "layout_check", "check_bits", "failures"),
    *("SIZE", "ALIGN", "MEMBER", "SIZE_IS", "ALIGN_IS", "MEMBER_IS"),
    *("bytes", "size", "name", "offset", "bits", "bit", "is_set", "value"),
)


@dataclass(frozen=True, slots=True)
class BlockView:
    """Lines for the targets that meet ``condition``."""

    is_conditional: bool
    condition: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnView:
    """What lines of a table say on the targets of one column.

    ex) ``elif UINTPTR_MAX <= 0xffffffffu``, ``B: 32-bit targets``; of the sizes and offsets, alignments
    and sizes of members, ``b`` and ``b, b_size``
    """

    directive: str
    title: str
    one: str
    two: str


@dataclass(frozen=True, slots=True)
class TableView:
    """Lines with the numbers of several columns; ``one`` and ``two`` are the parameters of lines with
    one number for each column, and with two."""

    has_columns: bool
    columns: tuple[ColumnView, ...]
    one: str
    two: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CTestView:
    """All of ``layout_tests/layout.c.jinja``. ``prefixes``: of the macros of every header that is
    included. ``mark``: what the test's own names end in, so that the header has none of them. ``bits``:
    checks of bit-fields at run time."""

    banner: tuple[str, ...]
    header: str
    prefixes: tuple[str, ...]
    mark: str
    values: tuple[str, ...]
    tables: tuple[TableView, ...]
    has_bits: bool
    bits: tuple[BlockView, ...]


@dataclass(frozen=True, slots=True)
class CppTestView:
    """All of ``layout_tests/layout.cpp.jinja``."""

    banner: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PytestView:
    """All of ``layout_tests/test_layout.py.jinja``.

    ``file``: what it is called. ``package``: the folder of the package, which may be called as a module
    that Python or the test itself needs; ``module`` is what it is imported as. ``renamed``: entries of a
    dict of names that C spells otherwise.
    """

    banner: str
    file: str
    package: str
    module: str
    renamed: tuple[str, ...]


def pages(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """``tests/layout.c``, ``tests/layout.cpp`` and ``tests/test_<abi>_layout.py``"""
    first_line = c_comment_lines((banner(library.source),))
    mark = _mark(library)
    bits = tuple(_bits(library, layouts, mark))
    test = CTestView(
        banner=first_line,
        header=f"../include/{library.stem}.h",
        prefixes=tuple(macro_prefix(each.name) for each in (*library.all_imports, library)),
        mark=mark,
        values=tuple(_values(library, mark)),
        tables=tuple(_tables(library, layouts, mark)),
        has_bits=bool(bits),
        bits=bits,
    )
    file = f"test_{library.stem}_layout.py"
    pytest = PytestView(
        banner(library.source),
        file,
        library.stem,
        f"_abi_{library.stem}",
        tuple(_renamed(library, layouts)),
    )
    return (
        Page("tests/layout.c", "layout_tests/layout.c.jinja", test),
        Page("tests/layout.cpp", "layout_tests/layout.cpp.jinja", CppTestView(first_line)),
        Page(f"tests/{file}", "layout_tests/test_layout.py.jinja", pytest),
    )


def _mark(library: Library) -> str:
    """What is not the end of any of :data:`_OWN` with it, as far as the header has names. ex) ``_`` beside
    a constant ``SIZE``"""
    taken = {
        name
        for each in (*library.all_imports, library)
        for declaration in each.declared
        for name in c_globals(declaration)
    }
    mark = ""
    while any(name + mark in taken for name in _OWN):
        mark += "_"
    return mark


def _values(library: Library, mark: str) -> Iterator[str]:
    """ex) ``VALUE(FfiChangeOp_Insert, 0ll);``, ``TEXT(OUTBOX_GAP_PREFIX, "OutboxGap:");``"""
    for declaration in library.declarations:
        if isinstance(declaration, EnumDecl):
            for value in declaration.values:
                name = value_c_name(declaration, value)
                yield f"VALUE{mark}({name}, {_wide(value.value)});"
                if has_macros(declaration):
                    yield from _preprocessed(name, value.value)
        elif isinstance(declaration, Constant):
            name = declared_c_name(declaration)
            if isinstance(declaration.value, str):
                length = len(declaration.value.encode())
                yield f"TEXT{mark}({name}, {length});"
            else:
                yield f"VALUE{mark}({name}, {_wide(declaration.value)});"
                yield from _preprocessed(name, declaration.value)


def _preprocessed(name: str, value: int) -> Iterator[str]:
    """A macro's value must be one for the preprocessor as well."""
    yield f"#if {name} != {_wide(value)}"
    yield f"#error {name} has another value"
    yield "#endif"


def _wide(value: int) -> str:
    return integer_literal(value, "i64" if value < 2**63 else "u64")


def _tables(library: Library, layouts: Layouts, mark: str) -> Iterator[TableView]:
    """What is imported is tested as well: on these targets, it may not have been before."""
    for owner in (*library.all_imports, library):
        names = [
            declaration.name
            for declaration in owner.declared
            if isinstance(declaration, (Aggregate, Vtable, EnumDecl))
        ]
        for table in tables(layouts, names, CNaming.of(owner)):
            yield _table(table, mark)


def _table(table: Table, mark: str) -> TableView:
    has_columns = any(column.condition for column in table.columns)
    letters = ascii_lowercase[: len(table.columns)]
    columns = tuple(
        _column(column, letter, number == 0)
        for number, (column, letter) in enumerate(zip(table.columns, letters, strict=True))
    )
    return TableView(
        has_columns,
        columns,
        one=", ".join(column.one for column in columns),
        two=", ".join(column.two for column in columns),
        lines=tuple(line for numbers in table.types for line in _lines(numbers, has_columns, mark)),
    )


def _column(column: Column, letter: str, is_first: bool) -> ColumnView:
    directive = f"{'if' if is_first else 'elif'} {column.condition}"
    return ColumnView(directive, f"{letter}: {column.targets}", letter, f"{letter}, {letter}_size")


def _lines(columns: Sequence[TypeNumbers], has_columns: bool, mark: str) -> Iterator[str]:
    """ex) ``MEMBER(FfiStr, len, 8, 8, 4, 4);``, or ``MEMBER_IS(Flags, lo, 0, 4);`` if all agree"""
    is_ = ("" if has_columns else "_IS") + mark
    name, first = columns[0].name, columns[0]
    yield f"SIZE{is_}({name}, {_row((each.size,) for each in columns)});"
    if first.align is not None:
        yield f"ALIGN{is_}({name}, {_row((each.align,) for each in columns)});"
    for fields in zip(*(each.fields for each in columns), strict=True):
        numbers = _row((field.offset, field.size) for field in fields)
        yield f"MEMBER{is_}({name}, {fields[0].name}, {numbers});"


def _row(columns: Iterable[Iterable[object]]) -> str:
    return ", ".join(map(str, chain.from_iterable(columns)))


def _bits(library: Library, layouts: Layouts, mark: str) -> Iterator[BlockView]:
    """ex) ``BITS(F, --value.lo, "F.lo", 0, 3);``"""
    targets = [layout.target for layout in layouts]
    # How the header of each ABI spells members, told once: it takes all of its declarations.
    namings = {each.name: CNaming.of(each) for each in (library, *library.all_imports)}
    for declaration in library.declarations:
        if not isinstance(declaration, (Aggregate, Vtable)):
            continue
        naming = namings[library.imported.get(declaration.name, library).name]
        keys = [
            (layout.target, tuple(_bit_lines(library, declaration, layout, naming, mark)))
            for layout in layouts
        ]
        for lines, group in grouped(keys).items():
            if lines:
                text = condition(group, targets)
                yield BlockView(bool(text), text, lines)


def _bit_lines(
    library: Library, declaration: Aggregate | Vtable, layout: Layout, naming: CNaming, mark: str
) -> Iterator[str]:
    shape = layout.types[declaration.name]
    if not isinstance(shape, AggregateLayout):
        return
    types = dict(_bit_types(declaration, ""))
    name = naming.name(declaration.name)
    for field in shape.flat_fields():
        if field.bit_offset is not None and field.bit_size is not None:
            member = naming.dotted(declaration.name, field.name)
            fill = _fill(types[field.name], f"value{mark}.{member}", library)
            place = f"{field.bit_offset}, {field.bit_size}"
            yield f'BITS{mark}({name}, {fill}, "{name}.{member}", {place});'


def _bit_types(declaration: Aggregate | Vtable, prefix: str) -> Iterator[tuple[str, Type]]:
    """Bit-fields under their dotted names."""
    for member in members_of(declaration):
        if not isinstance(member, Field):
            continue
        if member.bits is not None and member.name:
            yield f"{prefix}{member.name}", member.type
        if isinstance(member.type, Nested):
            inner = f"{prefix}{member.name}." if member.name else prefix
            yield from _bit_types(member.type.aggregate, inner)


def _fill(type_: Type, member: str, library: Library) -> str:
    """A statement that sets every bit of a field of zeros without a conversion that warns."""
    match type_:
        case Scalar(name="bool"):
            return f"{member} = true"
        case Named():
            declaration = library.find(type_.name)
            if isinstance(declaration, Alias):
                return _fill(declaration.type, member, library)
    return f"--{member}"


def _renamed(library: Library, layouts: Layouts) -> Iterator[str]:
    """ex) ``"head.class": "head.class_",``, as the cdef of the library spells everything in it"""
    naming = CNaming(taken_names(in_own_names(library)))
    names: dict[str, str] = {}
    for shape in layouts[0].types.values() if layouts else ():
        names[shape.name] = c_name(shape.name)
        if isinstance(shape, AggregateLayout):
            for field in shape.flat_fields():
                names[f".{field.name}"] = naming.dotted(shape.name, field.name)
    for name, spelled in names.items():
        if name.lstrip(".") != spelled:
            yield f"{string_literal(name)}: {string_literal(spelled)},"
