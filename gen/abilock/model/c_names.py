"""What ``@c`` makes of names: those that headers have, and symbols.

Everything else keeps the names of the description: layouts, locks, references, Rust and Python. So does the
C that a Python package brings along for itself; only symbols are what they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from abilock.model.attributes import Attributes, Text
from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    EnumKind,
    EnumValue,
    Library,
    Member,
    Opaque,
    Vtable,
    members_of,
)
from abilock.model.naming import c_enumerator, c_name, version_macros
from abilock.model.types import Aggregate, Array, Field, Nested, Type


def given_c_name(attributes: Attributes) -> str | None:
    """The name that ``@c`` gives. ex) ``clap_plugin``"""
    return _text(attributes, 0)


def value_prefix(enum: EnumDecl) -> str | None:
    """What the names of an enum's values begin with, if it says so. ex) ``CLAP_EVENT_``"""
    return _text(enum.attributes, 1)


def declared_c_name(declaration: Declaration) -> str:
    """The name at file scope; of an entry, its symbol. ex) ``clap_plugin`` for ``Plugin``"""
    return given_c_name(declaration.attributes) or c_name(declaration.name)


def value_c_name(enum: EnumDecl, value: EnumValue) -> str:
    """ex) ``CLAP_EVENT_NOTE_ON``, ``FfiChangeOp_Insert``"""
    given = given_c_name(value.attributes)
    if given is not None:
        return given
    prefix = value_prefix(enum)
    if prefix is not None:
        return c_name(f"{prefix}{value.name}")
    return c_enumerator(given_c_name(enum.attributes) or enum.name, value.name)


def c_globals(declaration: Declaration) -> Iterator[str]:
    """Every name at file scope that a declaration takes in a header.

    ex) ``Mode``, ``Mode_On``, ``Mode_Off``; ``shop_open``, ``shop_open_fn``
    """
    yield declared_c_name(declaration)
    if isinstance(declaration, EnumDecl):
        yield from (value_c_name(declaration, value) for value in declaration.values)
    elif isinstance(declaration, EntryFunction):
        yield f"{declared_c_name(declaration)}_fn"


def taken_names(library: Library) -> frozenset[str]:
    """Names of types, and of what is a macro in a header: constants, and the version of the ABI and of
    those that it imports."""
    abis = (*library.all_imports, library)
    names = {macro for each in abis for macro in version_macros(each.name)}
    for declaration in library.declarations:
        if not isinstance(declaration, (EntryFunction, EntryStatic)):
            names.add(declared_c_name(declaration))
        if isinstance(declaration, EnumDecl) and has_macros(declaration):
            names |= {value_c_name(declaration, value) for value in declaration.values}
    return frozenset(names)


def has_macros(enum: EnumDecl) -> bool:
    """Whether the values are macros beside an integer type. C has enums of its own width only, and
    a C++ compiler may take them for closed."""
    return enum.kind is not EnumKind.CLOSED or enum.underlying != "c_int"


def member_c_names(library: Library) -> Mapping[tuple[str, str], tuple[str | None, ...]]:
    """Members with a name of their own in C, and those inside of them: by type and dotted name, the
    names that are given on the way there. ex) ``("N", "head.x")`` is ``("start", None)``"""
    found: dict[tuple[str, str], tuple[str | None, ...]] = {}
    for declared in library.declarations:
        for path, names in _paths(members_of(declared), (), ()):
            if any(names):
                found[declared.name, ".".join(path)] = names
    return found


def in_own_names(library: Library) -> Library:
    """The library without ``@c``, but for symbols."""
    return replace(
        library,
        declarations=tuple(_own(each) for each in library.declarations),
        imports=tuple(map(in_own_names, library.imports)),
    )


def _text(attributes: Attributes, at: int) -> str | None:
    attribute = attributes.get("c")
    if attribute is None or len(attribute.arguments) <= at:
        return None
    argument = attribute.arguments[at]
    return argument.text if isinstance(argument, Text) else None


def _paths(
    members: tuple[Member, ...], path: tuple[str, ...], names: tuple[str | None, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str | None, ...]]]:
    for member in members:
        inner, given = path, names
        if member.name is not None:
            inner, given = (*path, member.name), (*names, given_c_name(member.attributes))
            yield inner, given
        if isinstance(member, Field) and isinstance(member.type, Nested):
            yield from _paths(member.type.aggregate.fields, inner, given)


def _own(declared: Declaration) -> Declaration:
    match declared:
        case EntryFunction() | EntryStatic():
            return declared
        case Aggregate():
            return replace(
                declared,
                attributes=_without(declared.attributes),
                fields=tuple(map(_own_field, declared.fields)),
            )
        case Vtable():
            members = (
                _own_field(each)
                if isinstance(each, Field)
                else replace(each, attributes=_without(each.attributes))
                for each in declared.members
            )
            return replace(
                declared, attributes=_without(declared.attributes), members=tuple(members)
            )
        case EnumDecl():
            values = (
                replace(each, attributes=_without(each.attributes)) for each in declared.values
            )
            return replace(declared, attributes=_without(declared.attributes), values=tuple(values))
        case Opaque() | Alias() | Constant() | Callback():
            return replace(declared, attributes=_without(declared.attributes))


def _own_field(field: Field) -> Field:
    return replace(field, type=_own_type(field.type), attributes=_without(field.attributes))


def _own_type(type_: Type) -> Type:
    match type_:
        case Nested(aggregate=aggregate):
            fields = tuple(map(_own_field, aggregate.fields))
            return Nested(replace(aggregate, fields=fields))
        case Array(element=element):
            return replace(type_, element=_own_type(element))
        case _:
            return type_


def _without(attributes: Attributes) -> Attributes:
    if not attributes.has("c"):
        return attributes
    return attributes.without("c")
