"""Names that are different in the description and one in a language that is generated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.attributes import Attributes
from abilock.model.c_names import (
    c_globals,
    declared_c_name,
    given_c_name,
    taken_names,
    value_c_name,
)
from abilock.model.mentions import Step, direct_types, mentioned_types, names_nothing
from abilock.model.naming import (
    c_member,
    c_name,
    header_names,
    python_name,
    rust_aligner,
    rust_anonymous,
    rust_marker,
    rust_name,
    witness_rows_macro,
)
from abilock.model.types import Field, Signature
from abilock.source import Span

#: What messages call a thing, what a language calls it, and where it is declared.
_Entry = tuple[str, str, Span | None]

#: A name inside of something, with what is said of it there.
_Inner = tuple[str, Attributes, Span | None]


def check_collisions(library: decls.Library, report: Report) -> None:
    """Report every pair of names that would become one identifier."""
    _check_symbols(library, report)
    known: set[Span | None] = set()
    _check("C and C++", _c_globals(library), known, report)
    _check("Rust", _rust_globals(library), known, report)
    _check("Python", _python_globals(library), known, report)
    taken = taken_names(library)
    languages: tuple[tuple[str, Callable[[str, Attributes], str]], ...] = (
        ("C and C++", lambda name, said: given_c_name(said) or c_member(name, taken)),
        ("Rust", lambda name, _: rust_name(name)),
        ("Python", lambda name, _: python_name(name)),
    )
    # The parameters of many functions are called the same.
    fine: set[tuple[object, ...]] = set()
    step = _unseen()
    for declaration in library.declarations:
        # In C, values stand at file scope, behind the name of their enum.
        first = 1 if isinstance(declaration, decls.EnumDecl) else 0
        for group in _groups(declaration, step):
            members = list(group)
            names = (first, *[_told_apart(name, said) for name, said, _ in members])
            if names in fine:
                continue
            fine.add(names)
            for language, rename in languages[first:]:
                spelled = [rename(name, attributes) for name, attributes, _ in members]
                if len(set(spelled)) < len(spelled):
                    fine.discard(names)
                    entries = zip(members, spelled, strict=True)
                    named = ((f"`{name}`", mapped, span) for (name, _, span), mapped in entries)
                    _check(language, named, known, report)
        for body in _bodies(declaration):
            _check("Rust", _rust_fields(body), known, report)


def _told_apart(name: str, said: Attributes) -> object:
    """What decides how a name is spelled."""
    return (name, given_c_name(said)) if said.all else name


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


def _c_globals(library: decls.Library) -> Iterator[_Entry]:
    for each in (library, *library.all_imports):
        yield from (("a name of the header", name, None) for name in header_names(each.name))
    rows = witness_rows_macro(library.name, "")
    for declaration in library.declarations:
        for name in c_globals(declaration):
            if name.startswith(rows):
                yield "a name of the header", name, None
    for declaration in library.declarations:
        name, span = declaration.name, declaration.span
        yield f"`{name}`", declared_c_name(declaration), span
        if isinstance(declaration, decls.EnumDecl):
            for value in declaration.values:
                yield f"`{name}::{value.name}`", value_c_name(declaration, value), value.span
        elif isinstance(declaration, decls.EntryFunction):
            yield f"the type of `{name}`", f"{declared_c_name(declaration)}_fn", span


def _rust_globals(library: decls.Library) -> Iterator[_Entry]:
    """Helpers for what is nested get out of the way by themselves."""
    for declaration in library.declarations:
        for body in _bodies(declaration):
            for align in filter(None, (_align(member) for member in body)):
                yield "a type of the module", rust_marker(align), None
    for declaration in library.declarations:
        yield f"`{declaration.name}`", rust_name(declaration.name), declaration.span
        if isinstance(declaration, decls.EntryFunction):
            yield f"the type of `{declaration.name}`", f"{declaration.name}_fn", declaration.span


def _python_globals(library: decls.Library) -> Iterator[_Entry]:
    for declaration in library.declarations:
        yield f"`{declaration.name}`", python_name(declaration.name), declaration.span


def _rust_fields(body: Iterable[decls.Member]) -> Iterator[_Entry]:
    """The fields of one struct, with those that Rust needs beside them."""
    anonymous = 0
    for member in body:
        name = member.name
        if name is None and isinstance(member, Field):
            if not isinstance(member.type, types.Nested):
                continue
            name = rust_anonymous(anonymous)
            anonymous += 1
            yield "an anonymous member", name, member.span
        elif name is not None:
            yield f"`{name}`", rust_name(name), member.span
        if _align(member) is not None:
            yield f"what aligns `{name}`", rust_aligner(name or ""), member.span


def _align(member: decls.Member) -> int | None:
    return member.align if isinstance(member, Field) else None


def _bodies(declaration: decls.Declaration) -> Iterator[tuple[decls.Member, ...]]:
    """The members of a declaration, and of each struct and union that is nested in it."""
    members = decls.members_of(declaration)
    yield members
    for member in members:
        if isinstance(member, Field) and isinstance(member.type, types.Nested):
            yield from _bodies(member.type.aggregate)


def _unseen() -> Step:
    """What looks at each signature once, however many slots have it, and at nothing that leads to none."""
    seen: set[int] = set()

    def step(part: decls.Declaration | types.Type) -> Iterator[types.Type]:
        for each in direct_types(part):
            if isinstance(each, types.FunctionPointer):
                if id(each.signature) in seen:
                    continue
                seen.add(id(each.signature))
            elif names_nothing(each):
                continue
            yield each

    return step


def _groups(declaration: decls.Declaration, step: Step) -> Iterator[Iterator[_Inner]]:
    if isinstance(declaration, decls.EnumDecl):
        yield ((value.name, value.attributes, value.span) for value in declaration.values)
    for body in _bodies(declaration):
        yield _member_names(body)
    for mentioned in mentioned_types(declaration, step):
        if isinstance(mentioned, types.FunctionPointer):
            yield _parameter_names(mentioned.signature)


def _member_names(body: Iterable[decls.Member]) -> Iterator[_Inner]:
    for member in body:
        if member.name is not None:
            yield member.name, member.attributes, member.span
        elif isinstance(member.type, types.Nested):
            yield from _member_names(member.type.aggregate.fields)


def _parameter_names(signature: Signature) -> Iterator[_Inner]:
    for given in signature.parameters:
        if given.name is not None:
            yield given.name, given.attributes, given.span
