"""Names: what each file declares, and what each file sees.

Guarantee afterwards: a name stands for one declaration; every declaration's name is legal in C.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias, TypeVar

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model.naming import C_KEYWORDS
from abilock.model.scalars import SCALARS
from abilock.portable import MAX_NAME, MAX_TEXT
from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.foreign import name_hint

Declared: TypeAlias = (
    ast.Alias
    | ast.Constant
    | ast.Aggregate
    | ast.Opaque
    | ast.EnumDecl
    | ast.Callback
    | ast.VtableDecl
    | ast.EntryFunction
    | ast.EntryStatic
)
_DECLARED = (
    ast.Alias,
    ast.Constant,
    ast.Aggregate,
    ast.Opaque,
    ast.EnumDecl,
    ast.Callback,
    ast.VtableDecl,
    ast.EntryFunction,
    ast.EntryStatic,
)

_Named = TypeVar("_Named", Declared, ast.Allocator)

#: Names that a type position already understands.
BUILTIN_TYPES = SCALARS | {"void", "char", "str"}


@dataclass(frozen=True)
class Symbols:
    """Every declaration by name, and which files each file imports. ``broken``: names of declarations
    that could not be parsed; that they are unknown is no news."""

    declarations: Mapping[str, Declared]
    allocators: Mapping[str, ast.Allocator]
    imports: Mapping[str, frozenset[str]]
    broken: frozenset[str] = frozenset()

    def visible(self, name: str, file: str) -> Declared | None:
        """The declaration that ``name`` means in ``file``; nothing takes the name of a built-in type."""
        declared = self.declarations.get(name) if name not in BUILTIN_TYPES else None
        if declared is None:
            return None
        home = declared.span.file
        return declared if home == file or home in self.imports.get(file, frozenset()) else None

    def hint(self, name: str, file: str, among: Sequence[str] = ()) -> str | None:
        """What to do about an unknown name."""
        declared = self.declarations.get(name)
        if declared is not None:
            return f"it is declared in {declared.span.file}; add `import` for that file"
        known = [known for known in self.declarations if self.visible(known, file)]
        return name_hint(name) or nearest(name, [*known, *BUILTIN_TYPES, *among])


def nearest(name: str, known: Sequence[str]) -> str | None:
    """ex) ``did you mean `FfiStr`?``"""
    folded = name.casefold()
    near = [each for each in known if each.casefold() == folded]
    near = near or get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None


def collect(
    files: Sequence[ast.File], imports: Mapping[str, frozenset[str]], report: Report
) -> Symbols:
    """Every declaration of the files; duplicates and illegal names are reported."""
    declarations: dict[str, Declared] = {}
    allocators: dict[str, ast.Allocator] = {}
    for file in files:
        for item in file.items:
            if isinstance(item, ast.Allocator):
                _declare(item, allocators, "allocator", report)
            elif isinstance(item, _DECLARED):
                _declare(item, declarations, "name", report)
                if item.name.text in BUILTIN_TYPES:
                    report.add(
                        catalog.BUILTIN_NAME,
                        item.name.span,
                        f"`{item.name.text}` is a built-in type",
                        hint="choose another name",
                    )
    fine: set[int] = set()
    for declared in declarations.values():
        _check_slots(declared, fine, report)
        _check_names(declared, scopes(declared), report)
    broken = frozenset(name for file in files for name in file.broken)
    return Symbols(declarations, allocators, imports, broken - declarations.keys())


def _declare(item: _Named, table: dict[str, _Named], what: str, report: Report) -> None:
    check_name(item.name, report)
    first = table.setdefault(item.name.text, item)
    if first is not item:
        report.add(
            catalog.DUPLICATE_NAME,
            item.name.span,
            f"the {what} `{item.name.text}` is declared twice",
            hint="rename one of them, or leave one out",
            notes=(Note("first declared here", first.name.span),),
        )


def check_name(name: ast.Name, report: Report) -> None:
    """A name must be one that a C header can spell; ``_`` is not a name."""
    if len(name.text) > MAX_NAME:
        report_long(name.text, name.span, report)
    elif name.text in C_KEYWORDS:
        report.add(
            catalog.RESERVED_NAME,
            name.span,
            f"`{name.text}` is a word of C, so no C header can use it as a name",
            hint=f"rename it, for example to `{name.text}_`",
        )
    elif name.text == "_":
        report.add(
            catalog.DISCARDED_NAME,
            name.span,
            "`_` is not a name",
            hint="`_` stands for padding bits and for anonymous nested members only",
        )


def check_text(text: str, span: Span, report: Report, most: int = MAX_TEXT) -> None:
    """A text must be one that a C header can hold."""
    size = len(text.encode("utf-8"))
    if size > most:
        report.add(
            catalog.LONG_TEXT,
            span,
            f"this text has {size} bytes, and a C header has room for {most} here",
            hint="cut it into several, or export it: `entry static NAME: *const char @nul;`"
            if most == MAX_TEXT
            else "shorten it",
        )


def report_long(text: str, span: Span, report: Report) -> None:
    report.add(
        catalog.LONG_NAME,
        span,
        f"`{text[:24]}…` has {len(text)} characters, and a name has at most {MAX_NAME}",
        hint="shorten it: compilers do not look at more of what is made of it",
    )


def _check_slots(declared: Declared, fine: set[int], report: Report) -> None:
    """``fine``: the signatures of which there is nothing to say."""
    for each in declared.members if isinstance(declared, ast.VtableDecl) else ():
        if isinstance(each, ast.Slot) and id(each.alike) not in fine:
            said = report.said
            _check_names(declared, _signature_scopes(each.signature), report)
            if report.said == said:
                fine.add(id(each.alike))


def _check_names(
    declared: Declared, groups: Iterable[list[tuple[ast.Name, bool]]], report: Report
) -> None:
    for scope in groups:
        seen: dict[str, Span] = {}
        for name, may_be_anonymous in scope:
            if name.text == "_" and may_be_anonymous:
                continue
            check_name(name, report)
            if name.text in seen:
                report.add(
                    catalog.DUPLICATE_NAME,
                    name.span,
                    f"`{name.text}` stands twice in `{declared.name.text}`",
                    hint="rename one of them",
                    notes=(Note("first here", seen[name.text]),),
                )
            else:
                seen[name.text] = name.span


def scopes(declared: Declared) -> Iterator[list[tuple[ast.Name, bool]]]:
    """The groups of names inside a declaration that must differ, and whether each may be ``_``, but for
    those in the signatures of a vtable's slots."""
    match declared:
        case ast.EnumDecl():
            yield [(value.name, False) for value in declared.values]
        case ast.Aggregate():
            yield from _member_scopes(declared.members)
        case ast.VtableDecl():
            yield from _member_scopes(declared.members, with_slots=False)
        case ast.Callback() | ast.EntryFunction():
            yield from _signature_scopes(declared.signature)
        case ast.Alias() | ast.EntryStatic():
            yield from _type_scopes(declared.type.type)
        case ast.Constant() | ast.Opaque():
            pass


def _member_scopes(
    members: tuple[ast.Member, ...], *, with_slots: bool = True
) -> Iterator[list[tuple[ast.Name, bool]]]:
    own: list[tuple[ast.Name, bool]] = []
    for member in members:
        match member:
            case ast.Slot():
                own.append((member.name, False))
                if with_slots:
                    yield from _signature_scopes(member.signature)
            case ast.Field():
                inner = member.type.type
                nested = isinstance(inner, ast.AggregateType)
                own.append((member.name, member.bits is not None or nested))
                if isinstance(inner, ast.AggregateType):
                    groups = list(_member_scopes(inner.members))
                    if member.name.text == "_" and groups:
                        # The members of an anonymous one belong to the outer struct.
                        own += groups.pop()
                    yield from groups
                else:
                    yield from _type_scopes(inner)
            case ast.Gap():
                pass
    yield own


def _signature_scopes(signature: ast.Signature) -> Iterator[list[tuple[ast.Name, bool]]]:
    yield [(given.name, True) for given in signature.parameters if given.name is not None]
    for given in signature.parameters:
        if not isinstance(given.type.type, ast.NamedType):
            yield from _type_scopes(given.type.type)
    if signature.result is not None:
        yield from _type_scopes(signature.result.type)


def _type_scopes(written: ast.Type) -> Iterator[list[tuple[ast.Name, bool]]]:
    match written:
        case ast.PointerType():
            yield from _type_scopes(written.pointee)
        case ast.NullableType():
            yield from _type_scopes(written.inner)
        case ast.ArrayType():
            yield from _type_scopes(written.element)
        case ast.FunctionType():
            yield from _signature_scopes(written.signature)
        case ast.AggregateType():
            yield from _member_scopes(written.members)
        case ast.NamedType():
            pass
