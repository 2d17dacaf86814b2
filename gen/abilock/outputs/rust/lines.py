"""What is one line: constants, aliases, callbacks, and the types of entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from abilock.model.decls import Alias, Callback, Constant, Declaration, EntryFunction, EntryStatic
from abilock.model.naming import rust_name
from abilock.outputs.rust.items import ITEM_INDENT, signature_docs
from abilock.outputs.rust.printed import LineItem
from abilock.outputs.rust.text import (
    attribute_remarks,
    deprecation_lines,
    doc_lines,
    string_literal,
)
from abilock.outputs.rust_declarations import Piece, Plain, RustTypes, declaration_lines

LineDeclaration: TypeAlias = Constant | Alias | Callback | EntryFunction | EntryStatic


def line_items(
    declaration: LineDeclaration, types: RustTypes, names: frozenset[str]
) -> Iterator[LineItem]:
    """The line; two for a string, which C's functions want with a NUL. ``names``: of all
    declarations.

    ex) ``pub type drasi_plugin_init_fn = unsafe extern "C" fn() -> *mut FfiPluginRegistration;``
    """
    name = rust_name(declaration.name)
    match declaration:
        case Constant():
            yield from _constants(declaration, types, names)
        case Alias():
            yield LineItem(_docs(declaration), _type_lines(name, types.piece(declaration.type)))
        case Callback():
            function = types.function(declaration.signature)
            yield LineItem(_function_docs(declaration), _type_lines(name, function))
        case EntryFunction():
            alias = fresh(f"{declaration.name}_fn", names)
            about = f"The type of the exported function `{declaration.name}`."
            hint = f"In a plugin, `const _: {alias} = {name};` checks the export."
            function = types.function(declaration.signature)
            yield LineItem(_function_docs(declaration, about, hint), _type_lines(alias, function))
        case EntryStatic():
            alias = fresh(f"{declaration.name}_static", names)
            about = f"The type of the exported variable `{declaration.name}`."
            remarks = attribute_remarks(declaration.attributes)
            docs = doc_lines(declaration.doc, remarks, [about])
            yield LineItem(docs, _type_lines(alias, types.piece(declaration.type)))


def has_c_string(declaration: Declaration) -> bool:
    """Whether it is a string without a NUL, which would end C's early."""
    if not isinstance(declaration, Constant) or isinstance(declaration.value, int):
        return False
    return "\0" not in declaration.value


def fresh(name: str, names: frozenset[str]) -> str:
    """A name of our own making, moved out of the way of those of the description."""
    while name in names:
        name += "_"
    return name


def _docs(declaration: Alias | Constant) -> tuple[str, ...]:
    docs = doc_lines(declaration.doc, attribute_remarks(declaration.attributes))
    return (*docs, *deprecation_lines(declaration.attributes))


def _function_docs(declaration: Callback | EntryFunction, *more: str) -> tuple[str, ...]:
    docs = signature_docs(declaration.doc, declaration.attributes, declaration.signature, *more)
    return (*docs, *deprecation_lines(declaration.attributes))


def _type_lines(name: str, piece: Piece) -> tuple[str, ...]:
    return declaration_lines(ITEM_INDENT, f"pub type {name} = ", piece, ";")


def _constants(constant: Constant, types: RustTypes, names: frozenset[str]) -> Iterator[LineItem]:
    name = rust_name(constant.name)
    if isinstance(constant.value, int):
        head = f"pub const {name}: {types.scalar(constant.type)} = "
        yield _constant(_docs(constant), head, str(constant.value))
        return
    literal = string_literal(constant.value)
    yield _constant(_docs(constant), f"pub const {name}: &str = ", literal)
    if has_c_string(constant):
        head = f"pub const {fresh(f'{constant.name}_CSTR', names)}: &::core::ffi::CStr = "
        about = f"/// `{constant.name}` with a NUL at its end."
        yield _constant((about,), head, f"c_str!({literal})")


def _constant(docs: tuple[str, ...], head: str, value: str) -> LineItem:
    return LineItem(docs, declaration_lines(ITEM_INDENT, head, Plain(value), ";"))
