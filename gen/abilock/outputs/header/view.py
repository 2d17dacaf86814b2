"""The header of a library: docs, constants, types, entries, and assertions of every layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.model.decls import (
    Aggregate,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Opaque,
    Vtable,
)
from abilock.model.naming import c_name, macro_prefix
from abilock.model.types import Scalar
from abilock.outputs.c_declarations import C_SCALARS, has_macros
from abilock.outputs.c_layouts import TypeNumbers, blocks
from abilock.outputs.comments import banner, c_comment_lines
from abilock.outputs.header.items import DefineView, Items, ItemView
from abilock.outputs.header.macros import MacrosView, header_naming, macros
from abilock.outputs.header.members import Members
from abilock.outputs.mentions import mentioned_types
from abilock.outputs.spec import Layouts, Page
from abilock.outputs.wording import allocator_remarks


@dataclass(frozen=True, slots=True)
class AssertionsView:
    """Assertions for the targets that meet ``condition``.

    ex) ``DRASI_SIZE(FfiStr, 16, 8);``, ``DRASI_OFFSET(FfiStr, len, 8);``
    """

    is_conditional: bool
    condition: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeaderView:
    """All of ``header/library.h.jinja``."""

    banner: tuple[str, ...]
    comment: tuple[str, ...]
    guard: str
    includes: tuple[str, ...]
    macros: MacrosView
    constants: tuple[DefineView, ...]
    forwards: tuple[str, ...]
    items: tuple[ItemView, ...]
    has_assertions: bool
    assertions: tuple[AssertionsView, ...]


def pages(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """``include/<abi>.h``"""
    view = header_view(library, layouts)
    return (Page(f"include/{library.name}.h", "header/library.h.jinja", view),)


def header_view(library: Library, layouts: Layouts) -> HeaderView:
    """The whole header; constants come first, since they are macros, then types as they depend."""
    prefix = macro_prefix(library.name)
    items = Items(Members(header_naming(library), prefix))
    assertions = tuple(_assertions(library, layouts))
    return HeaderView(
        banner=c_comment_lines((banner(library.source),)),
        comment=c_comment_lines(_about(library)),
        guard=f"{prefix}_H",
        includes=_includes(library),
        macros=macros(library),
        constants=tuple(
            items.constant(declaration)
            for declaration in library.declarations
            if isinstance(declaration, Constant)
        ),
        forwards=tuple(_forwards(library)),
        items=tuple(
            items.view(declaration)
            for declaration in sorted(library.declarations, key=_is_entry)
            if not isinstance(declaration, Constant)
        ),
        has_assertions=bool(assertions),
        assertions=assertions,
    )


def _is_entry(declaration: Declaration) -> bool:
    """Entries come last: C++ wants to know what they return."""
    return isinstance(declaration, (EntryFunction, EntryStatic))


def _about(library: Library) -> tuple[str, ...]:
    """The ABI's doc text, its allocators and version."""
    allocators = allocator_remarks(library.allocators)
    paragraphs = (library.doc.lines, allocators, (f"Version {library.version}.",))
    return tuple(line for lines in paragraphs if lines for line in (*lines, ""))


def _forwards(library: Library) -> Iterator[str]:
    """ex) ``typedef struct FfiStr FfiStr;``, so that pointers may point forward"""
    for declaration in library.declarations:
        if isinstance(declaration, (Aggregate, Vtable, Opaque)):
            is_union = isinstance(declaration, Aggregate) and declaration.is_union
            name = c_name(declaration.name)
            yield f"typedef {'union' if is_union else 'struct'} {name} {name};"


def _includes(library: Library) -> tuple[str, ...]:
    """What the types need, and what the assertions do."""
    spelled = {
        C_SCALARS[type_.name]
        for declaration in library.declarations
        for type_ in mentioned_types(declaration)
        if isinstance(type_, Scalar)
    }
    has_layouts = any(_is_asserted(declaration) for declaration in library.declarations)
    fixed = any(name.endswith(("8_t", "16_t", "32_t", "64_t")) for name in spelled)
    needed = {
        "stdbool.h": "bool" in spelled,
        "stddef.h": has_layouts or bool(spelled & {"size_t", "ptrdiff_t", "wchar_t"}),
        "stdint.h": has_layouts or fixed,
    }
    return tuple(name for name, is_needed in needed.items() if is_needed)


def _assertions(library: Library, layouts: Layouts) -> Iterator[AssertionsView]:
    names = [each.name for each in library.declarations if _is_asserted(each)]
    prefix = macro_prefix(library.name)
    for block in blocks(layouts, names, header_naming(library), in_pointers=True):
        lines = tuple(line for numbers in block.types for line in _lines(prefix, numbers))
        yield AssertionsView(bool(block.condition), block.condition, lines)


def _is_asserted(declaration: object) -> bool:
    """Integer types under another name have their size for sure."""
    if isinstance(declaration, EnumDecl):
        return not has_macros(declaration)
    return isinstance(declaration, (Aggregate, Vtable))


def _lines(prefix: str, numbers: TypeNumbers) -> Iterator[str]:
    unit = f" * {prefix}_PTR" if numbers.in_pointers else ""
    align = numbers.size if numbers.align is None else numbers.align
    yield f"{prefix}_SIZE({numbers.name}, {numbers.size}{unit}, {align}{unit});"
    for field in numbers.fields:
        yield f"{prefix}_OFFSET({numbers.name}, {field.name}, {field.offset}{unit});"
