"""The header of a library: docs, constants, types, entries, and assertions of every layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.layout.engine import lay_out_all
from abilock.layout.target import find_target
from abilock.model.c_names import c_globals, declared_c_name, has_macros
from abilock.model.decls import (
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Opaque,
    Vtable,
)
from abilock.model.mentions import mentioned_types
from abilock.model.naming import macro_prefix, version_macros, witness_macro
from abilock.model.types import Aggregate, Scalar
from abilock.outputs.c_conditions import spelled
from abilock.outputs.c_declarations import C_SCALARS, string_literal
from abilock.outputs.c_layouts import FieldNumbers, TypeNumbers, blocks
from abilock.outputs.comments import banner, c_comment_lines
from abilock.outputs.conditions import ALWAYS, AnyOf, Expression, Not
from abilock.outputs.data_models import listed, refusal
from abilock.outputs.header.items import DefineView, Items, ItemView
from abilock.outputs.header.macros import MacrosView, header_naming, macros
from abilock.outputs.header.members import Members
from abilock.outputs.header.witness import witness_view
from abilock.outputs.spec import Layouts, Page
from abilock.outputs.wording import allocator_remarks


@dataclass(frozen=True, slots=True)
class AssertionsView:
    """Assertions for the targets that meet ``condition``.

    ex) ``DRASI_SIZE(FfiStr, 16, 8);``, ``DRASI_OFFSET(FfiStr, len, 8);``, and where all is counted in
    pointers ``DRASI_BEHIND(FfiStr, ptr, len, 1);``
    """

    is_conditional: bool
    condition: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeaderView:
    """All of ``header/library.h.jinja``. ``imports``: the headers of the ABIs that it imports.
    ``refused``: the condition of targets that the description does not list.
    ``filler``: what a header declares that would declare nothing. ``witness``: the file of the witness.
    """

    banner: tuple[str, ...]
    comment: tuple[str, ...]
    guard: str
    includes: tuple[str, ...]
    has_imports: bool
    imports: tuple[str, ...]
    refuses: bool
    refused: tuple[str, ...]
    refusal: str
    macros: MacrosView
    version: tuple[DefineView, ...]
    constants: tuple[DefineView, ...]
    forwards: tuple[str, ...]
    items: tuple[ItemView, ...]
    has_filler: bool
    filler: str
    has_assertions: bool
    has_rows: bool
    assertions: tuple[AssertionsView, ...]
    has_witness: bool
    witness: str
    witness_macro: str


def pages(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """``include/<abi>.h`` with its witness beside it, and the same of every ABI that it imports, as that
    ABI has it itself."""
    return tuple(_pages(library, layouts, proves=True))


def pages_without_proof(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """The same for hosts, which have nothing to prove: without a witness."""
    return tuple(_pages(library, layouts, proves=False))


def _pages(library: Library, layouts: Layouts, *, proves: bool) -> Iterator[Page]:
    libraries = ((library, layouts), *((each, _own_layouts(each)) for each in library.all_imports))
    for each, own in libraries:
        view = header_view(each, own, proves=proves)
        yield Page(f"include/{each.stem}.h", "header/library.h.jinja", view)
        if view.has_witness:
            witness = witness_view(each, header_naming(each))
            yield Page(f"include/{view.witness}", "header/witness.h.jinja", witness)


def _own_layouts(library: Library) -> Layouts:
    """On the targets of an imported ABI, of which its importer may have fewer."""
    return lay_out_all(library, map(find_target, library.targets))


def header_view(library: Library, layouts: Layouts, *, proves: bool = True) -> HeaderView:
    """The whole header; constants come first, since they are macros, then types as they depend.

    What is imported is in the headers of others, with its assertions.
    """
    prefix = macro_prefix(library.name)
    items = Items(Members(header_naming(library), prefix))
    assertions = tuple(_assertions(library, layouts))
    targets = listed(library)
    is_empty = all(isinstance(declaration, Constant) for declaration in library.declared)
    return HeaderView(
        banner=c_comment_lines((banner(library.source),)),
        comment=c_comment_lines(_about(library)),
        guard=f"{macro_prefix(library.stem)}_H",
        includes=_includes(library),
        has_imports=bool(library.imports),
        imports=tuple(f"{other.name}.h" for other in library.imports),
        refuses=targets != ALWAYS,
        refused=_refused(targets),
        refusal=string_literal(refusal(library)),
        macros=macros(library),
        version=tuple(_version(library)),
        constants=tuple(
            items.constant(declaration)
            for declaration in library.declared
            if isinstance(declaration, Constant)
        ),
        forwards=tuple(_forwards(library, items)),
        items=tuple(
            items.view(declaration)
            for declaration in sorted(library.declared, key=_is_entry)
            if not isinstance(declaration, Constant)
        ),
        has_filler=is_empty and not library.imports,
        filler=_filler(library),
        has_assertions=bool(assertions),
        has_rows=any("_BEHIND(" in line for block in assertions for line in block.lines),
        assertions=assertions,
        has_witness=proves and bool(library.declarations),
        # No ABI has a name with a point, so no other header is called so.
        witness=f"{library.stem}.witness.h",
        witness_macro=witness_macro(library.name),
    )


def _refused(targets: Expression) -> tuple[str, ...]:
    """The condition of all other targets, with a line for each of several data models."""
    if not isinstance(targets, AnyOf):
        return (f"#if {spelled(Not(targets))}",)
    parts = [f"({spelled(part)})" for part in targets.parts]
    *first, last = (f"{'    ' if at == 0 else '    || '}{part}" for at, part in enumerate(parts))
    return ("#if !( \\", *(f"{line} \\" for line in first), f"{last})")


def _is_entry(declaration: Declaration) -> bool:
    """Entries come last: C++ wants to know what they return."""
    return isinstance(declaration, (EntryFunction, EntryStatic))


def _about(library: Library) -> tuple[str, ...]:
    """The ABI's doc text, its allocators and version."""
    others = {each.name for other in library.all_imports for each in other.allocators}
    own = (each for each in library.allocators if each.name not in others)
    allocators = allocator_remarks(own)
    paragraphs = (library.doc.lines, allocators, (f"Version {library.version}.",))
    return tuple(line for lines in paragraphs if lines for line in (*lines, ""))


def _version(library: Library) -> Iterator[DefineView]:
    """ex) ``#define SHOP_VERSION_MAJOR 1``; a name that the description uses itself is left to it"""
    taken = {name for declaration in library.declarations for name in c_globals(declaration)}
    version = library.version
    numbers = (str(version.major), str(version.minor), str(version.patch))
    values = (*numbers, string_literal(str(version)))
    for name, value in zip(version_macros(library.name), values, strict=True):
        if name not in taken:
            yield DefineView((), name, value)


def _filler(library: Library) -> str:
    """A declaration for the sake of ISO C, which knows no empty translation unit."""
    taken = {name for declaration in library.declarations for name in c_globals(declaration)}
    name = f"{macro_prefix(library.name)}_NOTHING"
    while name in taken:
        name += "_"
    return f"struct {name};"


def _forwards(library: Library, items: Items) -> Iterator[str]:
    """ex) ``typedef struct FfiStr FfiStr;``, so that pointers may point forward"""
    for declaration in library.declared:
        if isinstance(declaration, (Aggregate, Vtable, Opaque)):
            is_union = isinstance(declaration, Aggregate) and declaration.is_union
            name = declared_c_name(declaration)
            yield from items.marks(declaration)
            yield f"typedef {'union' if is_union else 'struct'} {name} {name};"


def _includes(library: Library) -> tuple[str, ...]:
    """What the types need, and what the assertions and the witness do."""
    spelled = {
        C_SCALARS[type_.name]
        for declaration in library.declared
        for type_ in mentioned_types(declaration)
        if isinstance(type_, Scalar)
    }
    has_witness = bool(library.declarations)
    fixed = any(name.endswith(("8_t", "16_t", "32_t", "64_t")) for name in spelled)
    needed = {
        "stdbool.h": "bool" in spelled,
        "stddef.h": has_witness or bool(spelled & {"size_t", "ptrdiff_t", "wchar_t"}),
        "stdint.h": has_witness or fixed or listed(library) != ALWAYS,
    }
    return tuple(name for name, is_needed in needed.items() if is_needed)


def _assertions(library: Library, layouts: Layouts) -> Iterator[AssertionsView]:
    names = [each.name for each in library.declared if _is_asserted(each)]
    prefix = macro_prefix(library.name)
    for block in blocks(layouts, names, header_naming(library)):
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
    before: FieldNumbers | None = None
    for field in numbers.fields:
        if before is None or not numbers.in_pointers:
            yield f"{prefix}_OFFSET({numbers.name}, {field.name}, {field.offset}{unit});"
        else:
            # A slot that is inserted then changes the line of its neighbour, and no other.
            words = field.offset - before.offset
            yield f"{prefix}_BEHIND({numbers.name}, {before.name}, {field.name}, {words});"
        before = field
