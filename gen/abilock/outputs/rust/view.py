"""The Rust module of an ABI and the program that checks its layouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.layout.target import TARGETS, Target
from abilock.model.decls import (
    Aggregate,
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Opaque,
    Vtable,
)
from abilock.model.naming import rust_name
from abilock.outputs.comments import visible
from abilock.outputs.conditions import Not, any_of
from abilock.outputs.rust.conditions import cfg_lines, distinct
from abilock.outputs.rust.enums import enum_item
from abilock.outputs.rust.items import ITEM_INDENT, record_item, signature_docs
from abilock.outputs.rust.layout_test import layout_test
from abilock.outputs.rust.records import Records
from abilock.outputs.rust.storage import storage_item
from abilock.outputs.rust.text import (
    attribute_remarks,
    deprecation_lines,
    doc_lines,
    string_literal,
)
from abilock.outputs.rust.uses import used_conventions, used_scalars
from abilock.outputs.rust.views import (
    Check,
    Convention,
    Item,
    LibraryView,
    LineItem,
    Marker,
    NewtypeItem,
    OpaqueItem,
    StorageItem,
    WideChar,
)
from abilock.outputs.rust_declarations import (
    CONVENTION_ARCHES,
    CORE_FFI,
    WIDTH,
    Piece,
    Plain,
    RustTypes,
    declaration_lines,
)
from abilock.outputs.spec import Layouts, Page


@dataclass(frozen=True, slots=True)
class _Sources:
    """What items are made of."""

    library: Library
    layouts: Layouts
    types: RustTypes
    records: Records
    names: frozenset[str]


def pages(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """``rust/<abi>.rs`` and ``tests/layout.rs``."""
    types = RustTypes(library)
    names = frozenset(each.name for each in library.declarations)
    sources = _Sources(library, layouts, types, Records(library, layouts, types), names)
    test = layout_test(library, layouts, sources.records, types)
    return (
        Page(f"rust/{library.name}.rs", "rust/library.rs.jinja", _module(sources)),
        Page("tests/layout.rs", "rust/layout.rs.jinja", test),
    )


def _module(sources: _Sources) -> LibraryView:
    library = sources.library
    items = tuple(item for each in library.declarations for item in _items(each, sources))
    scalars, conventions = used_scalars(library), used_conventions(library)
    imports = tuple(sorted((scalars & CORE_FFI) - sources.names))
    checks = [check for item in items for check in _checks(item)]
    macros = {
        accessor.macro
        for item in items
        if isinstance(item, StorageItem)
        for accessor in item.accessors
    }
    has_words = any(check.in_words for check in checks)
    has_strings = any(_has_c_string(each) for each in library.declarations)
    has_bits = not macros.isdisjoint(("bit", "bits"))
    return LibraryView(
        source=visible(library.source),
        name=library.name,
        version=str(library.version),
        docs=doc_lines(library.doc),
        inner=_fresh(f"{library.name}_abi", sources),
        functions=_fresh(f"{library.name}_abi_functions", sources),
        value=_fresh("value", sources),
        other=_fresh("other", sources),
        has_imports=bool(imports),
        imports=_import_lines(imports),
        conventions=tuple(
            Convention(name, arch)
            for name, arch in CONVENTION_ARCHES.items()
            if name in conventions
        ),
        markers=tuple(Marker(align) for align in sources.records.field_aligns()),
        wide_chars=_wide_chars() if "wchar_t" in scalars else (),
        has_layouts=any(not check.in_words for check in checks),
        has_words=has_words,
        has_flags=any(isinstance(item, NewtypeItem) and item.is_flags for item in items),
        has_strings=has_strings,
        has_fields="field" in macros,
        has_addresses="address" in macros,
        has_functions=has_words or has_strings or has_bits,
        has_words_or_strings=has_words or has_strings,
        has_bit_fields=has_bits,
        has_integer_bits="bits" in macros,
        has_bool_bits="bit" in macros,
        items=items,
    )


def _checks(item: Item) -> tuple[Check, ...]:
    return () if isinstance(item, LineItem | OpaqueItem) else item.checks


def _items(declaration: Declaration, sources: _Sources) -> Iterator[Item]:
    types = sources.types
    name = rust_name(declaration.name)
    docs = (
        *doc_lines(declaration.doc, attribute_remarks(declaration.attributes)),
        *deprecation_lines(declaration.attributes),
    )
    match declaration:
        case Aggregate() | Vtable():
            for record in sources.records.of(declaration.name):
                stored = storage_item(record, types) if record.stored else None
                yield stored or record_item(record, types)
        case EnumDecl():
            yield enum_item(declaration, sources.layouts, types)
        case Opaque():
            yield OpaqueItem(docs, name)
        case Constant():
            yield from _constants(declaration, docs, sources)
        case Alias():
            yield LineItem(docs, _type_lines(name, types.piece(declaration.type)))
        case Callback():
            yield LineItem(
                _function_docs(declaration),
                _type_lines(name, types.function(declaration.signature)),
            )
        case EntryFunction():
            name = _fresh(f"{declaration.name}_fn", sources)
            about = f"The type of the exported function `{declaration.name}`."
            export = rust_name(declaration.name)
            hint = f"In a plugin, `const _: {name} = {export};` checks the export."
            yield LineItem(
                _function_docs(declaration, about, hint),
                _type_lines(name, types.function(declaration.signature)),
            )
        case EntryStatic():
            name = _fresh(f"{declaration.name}_static", sources)
            about = f"The type of the exported variable `{declaration.name}`."
            remarks = attribute_remarks(declaration.attributes)
            yield LineItem(
                doc_lines(declaration.doc, remarks, [about]),
                _type_lines(name, types.piece(declaration.type)),
            )


def _function_docs(declaration: Callback | EntryFunction, *more: str) -> tuple[str, ...]:
    docs = signature_docs(declaration.doc, declaration.attributes, declaration.signature, *more)
    return (*docs, *deprecation_lines(declaration.attributes))


def _type_lines(name: str, piece: Piece) -> tuple[str, ...]:
    return declaration_lines(ITEM_INDENT, f"pub type {name} = ", piece, ";")


def _constants(constant: Constant, docs: tuple[str, ...], sources: _Sources) -> Iterator[LineItem]:
    """The constant; a string also as C has it, unless a NUL would end it early."""
    name = rust_name(constant.name)
    if isinstance(constant.value, int):
        head = f"pub const {name}: {sources.types.scalar(constant.type)} = "
        yield LineItem(docs, declaration_lines(ITEM_INDENT, head, Plain(str(constant.value)), ";"))
        return
    literal = string_literal(constant.value)
    head = f"pub const {name}: &str = "
    yield LineItem(docs, declaration_lines(ITEM_INDENT, head, Plain(literal), ";"))
    if _has_c_string(constant):
        head = f"pub const {_fresh(f'{constant.name}_CSTR', sources)}: &::core::ffi::CStr = "
        about = f"/// `{constant.name}` with a NUL at its end."
        lines = declaration_lines(ITEM_INDENT, head, Plain(f"c_str!({literal})"), ";")
        yield LineItem((about,), lines)


def _has_c_string(declaration: Declaration) -> bool:
    if not isinstance(declaration, Constant) or isinstance(declaration.value, int):
        return False
    return "\0" not in declaration.value


def _fresh(name: str, sources: _Sources) -> str:
    """A name of our own making, moved out of the way of those of the description."""
    while name in sources.names:
        name += "_"
    return name


def _import_lines(names: tuple[str, ...]) -> tuple[str, ...]:
    """One ``use`` as rustfmt writes it: braces for several, filled lines if they do not fit."""
    if not names:
        return ()
    if len(names) == 1:
        return (f"use ::core::ffi::{names[0]};",)
    whole = f"use ::core::ffi::{{{', '.join(names)}}};"
    if len(whole) + ITEM_INDENT <= WIDTH:
        return (whole,)
    lines, line = [], "   "
    for name in names:
        if len(f"{line} {name},") + ITEM_INDENT > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {name},"
    return ("use ::core::ffi::{", *lines, line, "};")


def _wide_chars() -> tuple[WideChar, ...]:
    """C's ``wchar_t``: 32 bits with a sign, where nothing else is known."""
    kinds = distinct((target, _wide_integer(target)) for target in TARGETS)
    others = [(condition, kind) for condition, kind in kinds if kind != "i32"]
    default = Not(any_of(condition for condition, _ in others))
    chosen = [(default, "i32"), *others]
    return tuple(WideChar(cfg_lines(condition), kind) for condition, kind in chosen)


def _wide_integer(target: Target) -> str:
    return f"{'i' if target.wchar_signed else 'u'}{target.wchar_size * 8}"
