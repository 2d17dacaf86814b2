"""Names that are different in the description and one in a language that is generated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.attributes import Attributes
from abilock.model.c_names import declared_c_name, given_c_name, value_c_name
from abilock.model.naming import (
    c_name,
    macro_prefix,
    python_name,
    rust_name,
    rust_nested,
)
from abilock.source import Span

#: What messages call a thing, what a language calls it, and where it is declared.
_Entry = tuple[str, str, Span | None]

#: A name inside of something, with what is said of it there.
_Inner = tuple[str, Attributes, Span | None]

_LANGUAGES: tuple[tuple[str, Callable[[str, Attributes], str]], ...] = (
    ("C and C++", lambda name, attributes: given_c_name(attributes) or c_name(name)),
    ("Rust", lambda name, _: rust_name(name)),
    ("Python", lambda name, _: python_name(name)),
)


def check_collisions(library: decls.Library, report: Report) -> None:
    """Report every pair of names that would become one identifier."""
    _check_symbols(library, report)
    known: set[Span | None] = set()
    _check("C and C++", _c_globals(library), known, report)
    _check("Rust", _rust_globals(library), known, report)
    _check("Python", _python_globals(library), known, report)
    for declaration in library.declarations:
        for group in _groups(declaration):
            members = list(group)
            for language, rename in _LANGUAGES:
                entries = (
                    (f"`{name}`", rename(name, attributes), span)
                    for name, attributes, span in members
                )
                _check(language, entries, known, report)


def _check_symbols(library: decls.Library, report: Report) -> None:
    """An entry's name is its symbol, so it cannot be escaped."""
    for declaration in library.declarations:
        is_entry = isinstance(declaration, decls.EntryFunction | decls.EntryStatic)
        if given_c_name(declaration.attributes) is not None:
            continue
        if is_entry and c_name(declaration.name) != declaration.name:
            report.add(
                catalog.RESERVED_NAME,
                declaration.span,
                f"`{declaration.name}` is reserved in C or C++, and the name of an entry is its symbol,"
                " which cannot be escaped",
                hint="export it under another name",
            )


def _check(
    language: str, entries: Iterable[_Entry], known: set[Span | None], report: Report
) -> None:
    """Languages share their collisions as often as not: what is ``known`` of one is not repeated."""
    seen: dict[str, tuple[str, Span | None]] = {}
    for name, mapped, span in entries:
        if mapped not in seen:
            seen[mapped] = (name, span)
            continue
        first, first_span = seen[mapped]
        if first != name and span not in known:
            known.add(span)
            report.add(
                catalog.NAME_COLLISION,
                span,
                f"{name} and {first} are both `{mapped}` in {language}",
                hint="rename one of them" if first_span is not None else "rename it",
                notes=(Note("the other one", first_span),) if first_span is not None else (),
            )


#: Endings of the macros that a header defines for itself behind the ABI's name.
_HEADER_MACROS = (
    "H PLUGIN EXPORT ALIGN EXTENSION DEPRECATED MUST_USE ASSERT ALIGNED PTR SIZE OFFSET SYSTEM CDECL"
    " STDCALL FASTCALL VECTORCALL THISCALL WIN64 SYSV64 AAPCS"
).split()


def _c_globals(library: decls.Library) -> Iterator[_Entry]:
    for ending in _HEADER_MACROS:
        macro = f"{macro_prefix(library.name)}_{ending}"
        yield "a macro of the header", macro, None
    for declaration in library.declarations:
        name, span = declaration.name, declaration.span
        yield f"`{name}`", declared_c_name(declaration), span
        if isinstance(declaration, decls.EnumDecl):
            for value in declaration.values:
                yield f"`{name}::{value.name}`", value_c_name(declaration, value), value.span
        elif isinstance(declaration, decls.EntryFunction):
            yield f"the type of `{name}`", f"{declared_c_name(declaration)}_fn", span


def _rust_globals(library: decls.Library) -> Iterator[_Entry]:
    for declaration in library.declarations:
        yield f"`{declaration.name}`", rust_name(declaration.name), declaration.span
        if isinstance(declaration, decls.EntryFunction):
            yield f"the type of `{declaration.name}`", f"{declaration.name}_fn", declaration.span
        elif isinstance(declaration, decls.Aggregate):
            for nested in _nested(declaration):
                yield f"`{nested.name}`", rust_nested(nested.name), nested.span


def _python_globals(library: decls.Library) -> Iterator[_Entry]:
    for declaration in library.declarations:
        yield f"`{declaration.name}`", python_name(declaration.name), declaration.span


def _nested(aggregate: decls.Aggregate) -> Iterator[decls.Aggregate]:
    for field in aggregate.fields:
        if isinstance(field.type, types.Nested):
            yield field.type.aggregate
            yield from _nested(field.type.aggregate)


def _groups(declaration: decls.Declaration) -> Iterator[Iterator[_Inner]]:
    match declaration:
        case decls.EnumDecl():
            yield ((value.name, value.attributes, value.span) for value in declaration.values)
        case decls.Aggregate():
            yield _field_names(declaration)
            for nested in _nested(declaration):
                yield _field_names(nested)
        case decls.Vtable():
            yield (
                (member.name, member.attributes, member.span)
                for member in declaration.members
                if member.name is not None
            )
        case _:
            pass
    for signature in _signatures(declaration):
        yield _parameter_names(signature)


def _signatures(declaration: decls.Declaration) -> Iterator[decls.Signature]:
    """Every parameter list in a declaration, those of function pointers included."""
    match declaration:
        case decls.Aggregate():
            for field in declaration.fields:
                yield from _in_type(field.type)
        case decls.Vtable():
            for member in declaration.members:
                if isinstance(member, decls.Slot):
                    yield from _in_signature(member.signature)
                else:
                    yield from _in_type(member.type)
        case decls.Callback() | decls.EntryFunction():
            yield from _in_signature(declaration.signature)
        case decls.Alias() | decls.EntryStatic():
            yield from _in_type(declaration.type)
        case _:
            pass


def _in_signature(signature: decls.Signature) -> Iterator[decls.Signature]:
    yield signature
    for given in signature.parameters:
        yield from _in_type(given.type)
    if signature.result is not None:
        yield from _in_type(signature.result.type)


def _in_type(type_: types.Type) -> Iterator[decls.Signature]:
    match type_:
        case types.Pointer():
            yield from _in_type(type_.pointee)
        case types.Array():
            yield from _in_type(type_.element)
        case types.FunctionPointer():
            yield from _in_signature(type_.signature)
        case types.Nested():
            yield from _signatures(type_.aggregate)
        case _:
            pass


def _field_names(aggregate: decls.Aggregate) -> Iterator[_Inner]:
    for field in aggregate.fields:
        if field.name is not None:
            yield field.name, field.attributes, field.span
        elif isinstance(field.type, types.Nested):
            yield from _field_names(field.type.aggregate)


def _parameter_names(signature: decls.Signature) -> Iterator[_Inner]:
    for given in signature.parameters:
        if given.name is not None:
            yield given.name, given.attributes, given.span
