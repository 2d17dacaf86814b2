"""Names in C: what ``@c`` gives must be names that a header can have."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.attributes import Attribute, Attributes, Text
from abilock.model.c_names import declared_c_name, given_c_name, value_c_name
from abilock.model.mentions import mentioned_types
from abilock.model.naming import IDENTIFIER, c_member, c_name
from abilock.model.types import Aggregate, Field


def check_c_names(library: decls.Library, report: Report) -> None:
    """Report names that C or C++ reserve, and prefixes that begin no name."""
    taken = {name: declared for declared in library.declarations for name in _macros(declared)}
    types_ = {each.name: each for each in library.declarations if not _is_value(each)}
    for declared in library.declarations:
        if declared.name in library.imported:
            continue
        _check(declared.attributes, c_name, report)
        is_enum = isinstance(declared, decls.EnumDecl)
        named = [attributes for attributes in _inner(declared) if attributes.has("c")]
        # C++ lets no class use a name for a type and then for a member; C does.
        used = {
            declared_c_name(types_[name]): types_[name]
            for name in (_used(declared) if named else ())
            if name in types_
        }
        for attributes in named:
            _check(attributes, c_name if is_enum else c_member, report)
            if not is_enum:
                _check_taken(attributes, ChainMap(taken, used), report)
        attribute = declared.attributes.get("c")
        if attribute is not None and len(attribute.arguments) > 1:
            _check_prefix(attribute, declared, report)


def _check(attributes: Attributes, spell: Callable[[str], str], report: Report) -> None:
    attribute = attributes.get("c")
    given = attribute.arguments[0] if attribute is not None else None
    if attribute is None or not isinstance(given, Text) or spell(given.text) == given.text:
        return
    report.add(
        catalog.RESERVED_NAME,
        attribute.span,
        f"`{given.text}` is reserved in C or C++, and a header is for both",
        hint="choose another name",
    )


def _check_taken(
    attributes: Attributes, taken: Mapping[str, decls.Declaration], report: Report
) -> None:
    """A macro replaces a member of its name; a type that is used beside it changes its meaning."""
    attribute = attributes.get("c")
    other = taken.get(given_c_name(attributes) or "")
    if attribute is not None and other is not None:
        report.add(
            catalog.NAME_COLLISION,
            attribute.span,
            f"a member cannot have the name that `{other.name}` takes in C and C++",
            hint="choose another name; what is a type's name only may be named by an alias here",
            notes=(Note("the other one", other.span),),
        )


def _check_prefix(attribute: Attribute, declared: decls.Declaration, report: Report) -> None:
    prefix = attribute.arguments[1]
    if not isinstance(declared, decls.EnumDecl):
        report.add(
            catalog.ATTRIBUTE_COUNT,
            attribute.span,
            f"the second argument of `@c` is what values begin with, and `{declared.name}` has none",
            hint="leave it out",
        )
    elif isinstance(prefix, Text) and prefix.text and not IDENTIFIER.fullmatch(prefix.text):
        report.add(
            catalog.ATTRIBUTE_ARGUMENT,
            attribute.span,
            "`@c` takes the beginning of identifiers for its second argument",
            hint='for example `"SHOP_"`, or `""` if the values have names that stand alone',
        )


def _macros(declared: decls.Declaration) -> Iterator[str]:
    match declared:
        case decls.Constant():
            yield declared_c_name(declared)
        case decls.EnumDecl(kind=kind, underlying=underlying):
            if kind is not decls.EnumKind.CLOSED or underlying != "c_int":
                yield from (value_c_name(declared, value) for value in declared.values)
        case _:
            pass


def _is_value(declared: decls.Declaration) -> bool:
    return isinstance(declared, decls.Constant | decls.EntryFunction | decls.EntryStatic)


def _used(declared: decls.Declaration) -> frozenset[str]:
    """The declared types that a declaration uses by name."""
    mentioned = mentioned_types(declared)
    return frozenset(each.name for each in mentioned if isinstance(each, types.Named))


def _inner(declared: decls.Declaration) -> Iterator[Attributes]:
    match declared:
        case decls.EnumDecl():
            yield from (value.attributes for value in declared.values)
        case Aggregate() | decls.Vtable():
            yield from _of_members(decls.members_of(declared))
        case _:
            pass


def _of_members(members: tuple[decls.Member, ...]) -> Iterator[Attributes]:
    for member in members:
        yield member.attributes
        if isinstance(member, Field) and isinstance(member.type, types.Nested):
            yield from _of_members(member.type.aggregate.fields)
