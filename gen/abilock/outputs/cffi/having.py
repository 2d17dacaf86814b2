"""What hosts ask of plugins by name: every type, member, value and entry, and since when it is there."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.shapes import Form
from abilock.model.attributes import Attributes
from abilock.model.c_names import declared_c_name
from abilock.model.decls import (
    Alias,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Slot,
    Vtable,
    members_of,
)
from abilock.model.python_names import entry_name
from abilock.model.types import Aggregate, Field
from abilock.model.version import Version
from abilock.outputs.cffi.names import enum_member
from abilock.outputs.cffi.package import Package


def member_lines(package: Package) -> Iterator[str]:
    """A line for each: its name in the description, in Python, the version that has it first, the symbol
    of an entry.

    ex) ``SourceVtable.pause_fn Source.pause 0.8.2 -``
    """
    library = package.library
    exported = {each.name for each in package.entries.exported()}
    for declared in library.declarations:
        since = declared.attributes.version("since")
        if isinstance(declared, EntryFunction | EntryStatic):
            is_found = declared.name in exported or isinstance(declared, EntryStatic)
            if is_found and not declared.attributes.has("hidden"):
                python = entry_name(library.name, declared.name, declared.attributes)
                yield _line(declared.name, python, since, declared_c_name(declared))
            continue
        if isinstance(declared, Constant | Alias):
            continue
        own, owner = package.names.type(declared.name), _owner(package, declared.name)
        yield _line(declared.name, own, since)
        for name, member, attributes in _members(package, declared):
            later = max(filter(None, (since, attributes.version("since"))), default=None)
            yield _line(f"{declared.name}.{name}", f"{owner}.{member}", later)


def _owner(package: Package, name: str) -> str:
    """The class that has what is in a type: of a table that one pair leads to, it is the pair's."""
    pairs = package.forms.pairs(name)
    return package.names.type(pairs[0] if len(pairs) == 1 else name)


def _members(package: Package, declared: Declaration) -> Iterator[tuple[str, str, Attributes]]:
    """Name, name in Python and attributes."""
    if isinstance(declared, EnumDecl):
        for value in declared.values:
            yield value.name, enum_member(value.name, value.attributes), value.attributes
        return
    if not isinstance(declared, Aggregate | Vtable):
        return
    is_object = package.forms.form(declared.name) in (Form.OBJECT, Form.PAIR)
    methods = {}
    if package.forms.table(declared.name) == declared.name and is_object:
        owner = package.objects.owner(declared.name)
        methods = {
            each.name: package.names.method(each, owner)
            for each in package.forms.methods(declared.name)
        }
    for member in members_of(declared):
        if member.name is None or member.attributes.has("hidden"):
            continue
        python = methods.get(member.name)
        if python is None and isinstance(member, Field):
            named = package.names.data if is_object else package.names.member
            python = named(member.name, member.attributes)
        if python is None and isinstance(member, Slot):
            python = package.names.member(member.name, member.attributes)
        yield member.name, python or member.name, member.attributes


def _line(name: str, python: str, since: Version | None, symbol: str = "-") -> str:
    told = "-" if python == name else python
    return f"{name} {told} {since or '-'} {symbol}"
