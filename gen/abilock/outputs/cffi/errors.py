"""Errors of the ABI: exceptions from structs, and from exceptions what callers of C read."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.contents import ErrorView
from abilock.binding.forms import words
from abilock.binding.shapes import Enumeration, Fixed, Item, Number, Shape
from abilock.model.attributes import Attributes
from abilock.model.decls import (
    Alias,
    Callback,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Slot,
    members_of,
)
from abilock.model.mentions import mentioned_types
from abilock.model.naming import python_name
from abilock.model.types import Named, Signature, Type
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.members import Members
from abilock.outputs.cffi.objects import version_tuple
from abilock.outputs.cffi.parts import Parts

#: What a field of an error is checked for before it crosses.
_KINDS = ("str", "bytes", "bool", "list")


class Errors:
    """The errors of one library."""

    def __init__(self, parts: Parts, members: Members) -> None:
        self._names = parts.names
        self._forms = parts.forms
        self._members = members

    def lift(self, name: str, error: ErrorView, take: bool) -> str:
        text = self._error_text(error, take)
        fields = "".join(
            f", {self._names.fact(each)}={self._error_field(each, take)}" for each in error.fields
        )
        return f"{self._names.type(name)}({text}{fields})"

    def _error_field(self, item: Item, take: bool) -> str:
        """As any item; but a number that an enum does not have must not hide the reason."""
        value = self._members.item(item, take)
        if isinstance(item.shape, Enumeration):
            value = f"known({self._names.type(item.shape.name)}, {self._members.at(item.name)})"
        since = item.attributes.version("since")
        return f"({value} if lib.has({version_tuple(since)}) else None)" if since else value

    def _error_text(self, error: ErrorView, take: bool) -> str:
        shape = error.text.shape
        if isinstance(shape, Fixed) and error.length is not None:
            length = f"min({self._members.at(error.length)}, {shape.length})"
            return f"lib.text({self._members.at(error.text.name)}, {length})"
        if isinstance(shape, Fixed):
            return f"lib.fixed_text({self._members.at(error.text.name)}, 'utf-8')"
        return self._members.item(error.text, take)

    def take(self, name: str, error: ErrorView) -> Iterator[str]:
        yield from self._members.released(name, self.lift(name, error, take=True))

    def write(self, name: str, error: ErrorView) -> Code:
        """Into the caller's buffer, from any exception."""
        lines: list[str] = []
        members: list[tuple[str, str]] = []
        keep = self._members.inner_keep(name, lines, members)
        shape = error.text.shape
        text = error.text.name
        if isinstance(shape, Fixed):
            ended = error.length is None
            lines.append(f"data = lib.fit(message, {shape.length}, {ended})")
            lines.append(f"lib.ffi.memmove({self._members.at(text)}, data, len(data))")
            if error.length is not None:
                lines.append(self._names.set("c", error.length, "len(data)"))
        else:
            lines.extend(self._members.lower_item(error.text, "message", members, keep))
        for each in error.fields:
            if isinstance(each.shape, (Number, Enumeration)):
                lines.append(self._told(each, each.shape))
                continue
            kind = self._names.annotation(each.shape).partition("[")[0]
            kind = kind if kind in _KINDS else "object"
            said = f"lib.said(error, {self._names.fact(each)!r}, {kind}, {self._unset(each.shape)})"
            lines.extend(self._members.lower_item(each, said, members, keep))
        lines.extend(self._names.set("c", member, value) for member, value in members)
        head = (
            f"write_{python_name(name)}(lib: Library, c: CData, error: BaseException, message: str"
        )
        return Code(f"{head}, keep: Keep) -> None", tuple(lines) or ("return",))

    def lower(self, name: str) -> Code:
        """An exception that crosses as any value does."""
        own, pointer = python_name(name), self._names.struct(name, " *")
        return Code(
            f"lower_{own}(lib: Library, value: {self._names.type(name)}, keep: Keep) -> CData",
            (
                f"made = lib.ffi.new({pointer!r})",
                f"write_{own}(lib, made, value, value.message, keep)",
                "return made[0]",
            ),
        )

    def _told(self, item: Item, shape: Number | Enumeration) -> str:
        """Sets a number, also where the exception has none that the field can carry."""
        given = [repr(self._names.c(item.name)), "error", repr(self._names.fact(item))]
        given.append(self._unset(shape))
        if isinstance(shape, Enumeration):
            given.append(self._names.type(shape.name))
        return f"lib.tell(c, {', '.join(given)})"

    def _unset(self, shape: Shape) -> str:
        """What a field of an error says that no exception says."""
        if isinstance(shape, Enumeration):
            declared = self._forms.declaration(shape.name)
            assert isinstance(declared, EnumDecl)
            return str(declared.values[0].value if declared.values else 0)
        annotation = self._names.annotation(shape)
        if annotation.startswith("list"):
            return "[]"
        return {"str": "''", "bytes": "b''", "int": "0", "float": "0.0", "bool": "False"}.get(
            annotation, "None"
        )


def passed(library: Library) -> frozenset[str]:
    """Types that cross in other places than the one of a function that ``@error`` names."""
    types = (type_ for declared in library.declarations for type_ in _used(declared))
    found = (inner for type_ in types for inner in (type_, *mentioned_types(type_)))
    return frozenset(type_.name for type_ in found if isinstance(type_, Named))


def _used(declared: Declaration) -> Iterator[Type]:
    if isinstance(declared, Callback | EntryFunction):
        yield from _of_function(declared.signature, declared.attributes)
    elif isinstance(declared, Alias | EntryStatic):
        yield declared.type
    for member in members_of(declared):
        if isinstance(member, Slot):
            yield from _of_function(member.signature, member.attributes)
        else:
            yield member.type


def _of_function(signature: Signature, attributes: Attributes) -> Iterator[Type]:
    named = words(attributes.get("error"))
    yield from (each.type for each in signature.parameters if each.name not in named)
    if signature.result is not None:
        yield signature.result.type
