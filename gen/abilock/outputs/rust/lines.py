"""What is one line: constants, aliases, callbacks, and the types of entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from abilock.model.c_names import declared_c_name
from abilock.model.decls import Alias, Callback, Constant, Declaration, EntryFunction, EntryStatic
from abilock.model.naming import rust_name
from abilock.model.types import Array, Named, Nested, Pointer, Type
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
            symbol = declared_c_name(declaration)
            if symbol != declaration.name:
                about = f"The type of the exported function `{symbol}`."
            hint = f"In a plugin, `const _: {alias} = {rust_name(symbol)};` checks the export."
            function = types.function(declaration.signature)
            yield LineItem(_function_docs(declaration, about, hint), _type_lines(alias, function))
        case EntryStatic():
            alias = fresh(f"{declaration.name}_static", names)
            symbol = declared_c_name(declaration)
            about = f"The type of the exported variable `{symbol}`."
            # Of `static mut`, no type has to be safe to share.
            mutable = "" if declaration.const and can_share(declaration, types) else "mut "
            hint = (
                f"In a plugin, `#[no_mangle] pub static {mutable}{rust_name(symbol)}: {alias} = …;`"
                " exports it."
            )
            remarks = attribute_remarks(declaration.attributes)
            docs = doc_lines(declaration.doc, remarks, [about, hint])
            yield LineItem(docs, _type_lines(alias, types.piece(declaration.type)))


def can_share(static: EntryStatic, types: RustTypes) -> bool:
    """Whether its type is one that Rust shares between threads, or can be told to."""
    resolved = _element(static.type, types)
    return isinstance(resolved, Named) or not _has_address(resolved, types)


def shared_items(declarations: Sequence[Declaration], types: RustTypes) -> Iterator[LineItem]:
    """Of constant variables whose type holds addresses, which Rust does not take for safe to share.

    ex) ``unsafe impl ::core::marker::Sync for Entry {}``
    """
    names = dict.fromkeys(
        resolved.name
        for each in declarations
        if isinstance(each, EntryStatic) and each.const
        for resolved in (_element(each.type, types),)
        if isinstance(resolved, Named) and _has_address(resolved, types)
    )
    for name in names:
        about = "/// Constant variables of this type are exported, so threads share them."
        line = f"unsafe impl ::core::marker::Sync for {rust_name(name)} {{}}"
        yield LineItem((about,), (line,))


def _element(type_: Type, types: RustTypes) -> Type:
    resolved = types.resolved(type_)
    return _element(resolved.element, types) if isinstance(resolved, Array) else resolved


def _has_address(type_: Type, types: RustTypes) -> bool:
    """Whether a value holds a data pointer; functions are safe to share."""
    match types.resolved(type_):
        case Pointer():
            return True
        case Array(element=element):
            return _has_address(element, types)
        case Nested(aggregate=aggregate):
            return any(_has_address(each.type, types) for each in aggregate.fields)
        case Named(name=name):
            return any(_has_address(each.type, types) for each in types.fields(name))
        case _:
            return False


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
