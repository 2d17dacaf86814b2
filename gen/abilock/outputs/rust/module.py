"""The Rust module of an ABI: its items, and the imports and macros that those need."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.layout.target import TARGETS, Target
from abilock.model.decls import Declaration, EnumDecl, Library, Opaque, Vtable
from abilock.model.naming import rust_name
from abilock.model.types import Aggregate
from abilock.outputs.comments import visible
from abilock.outputs.conditions import ALWAYS, Not, any_of
from abilock.outputs.data_models import listed, refusal
from abilock.outputs.rust.conditions import cfg_lines, distinct
from abilock.outputs.rust.enums import enum_item
from abilock.outputs.rust.items import ITEM_INDENT, record_item
from abilock.outputs.rust.lines import fresh, has_c_string, line_items, shared_items
from abilock.outputs.rust.printed import (
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
from abilock.outputs.rust.records import Records
from abilock.outputs.rust.storage import storage_item
from abilock.outputs.rust.text import (
    attribute_remarks,
    deprecation_lines,
    doc_lines,
    string_literal,
)
from abilock.outputs.rust.uses import used_conventions, used_scalars
from abilock.outputs.rust.witness import witness_view
from abilock.outputs.rust_declarations import CONVENTION_ARCHES, CORE_FFI, WIDTH, RustTypes
from abilock.outputs.spec import Layouts


def module(library: Library, layouts: Layouts, records: Records, types: RustTypes) -> LibraryView:
    names = frozenset(each.name for each in library.declarations)
    items = tuple(
        item
        for each in library.declarations
        for item in _items(each, layouts, records, types, names)
    )
    items = (*items, *shared_items(library.declarations, types))
    scalars, conventions = used_scalars(library), used_conventions(library)
    imports = tuple(sorted((scalars & CORE_FFI) - names))
    checks = [check for item in items for check in _checks(item)]
    macros = {
        accessor.macro
        for item in items
        if isinstance(item, StorageItem)
        for accessor in item.accessors
    }
    has_words = any(check.in_words for check in checks)
    has_strings = any(has_c_string(each) for each in library.declarations)
    has_bits = not macros.isdisjoint(("bit", "bits"))
    targets = listed(library)
    return LibraryView(
        source=visible(library.source),
        name=library.stem,
        version=str(library.version),
        docs=doc_lines(library.doc),
        refuses=targets != ALWAYS,
        refused=cfg_lines(Not(targets)),
        refusal=string_literal(refusal(library)),
        inner=fresh(f"{library.name}_abi", names),
        functions=fresh(f"{library.name}_abi_functions", names),
        value=fresh("value", names),
        other=fresh("other", names),
        has_imports=bool(imports),
        imports=_import_lines(imports),
        conventions=tuple(
            Convention(name, arch)
            for name, arch in CONVENTION_ARCHES.items()
            if name in conventions
        ),
        markers=tuple(Marker(align) for align in records.field_aligns()),
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
        has_witness=bool(library.declarations),
        witness=witness_view(library, records, names),
    )


def _checks(item: Item) -> tuple[Check, ...]:
    return () if isinstance(item, LineItem | OpaqueItem) else item.checks


def _items(
    declaration: Declaration,
    layouts: Layouts,
    records: Records,
    types: RustTypes,
    names: frozenset[str],
) -> Iterator[Item]:
    match declaration:
        case Aggregate() | Vtable():
            for record in records.of(declaration.name):
                yield storage_item(record, types) if record.stored else record_item(record, types)
        case EnumDecl():
            yield enum_item(declaration, layouts, types)
        case Opaque():
            docs = doc_lines(declaration.doc, attribute_remarks(declaration.attributes))
            deprecated = deprecation_lines(declaration.attributes)
            yield OpaqueItem((*docs, *deprecated), rust_name(declaration.name))
        case _:
            yield from line_items(declaration, types, names)


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
