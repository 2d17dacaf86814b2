"""What rings of the compiled mode copy of memory that is lent for a push: text, bytes, lists, records."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from abilock.binding.forms import NOTHING
from abilock.binding.shapes import (
    Character,
    Enumeration,
    Fixed,
    Form,
    Number,
    Release,
    Sentinel,
    Shape,
    Span,
    Terminated,
    Value,
)
from abilock.model.types import Pointer, Scalar, Type, Void
from abilock.outputs.c_declarations import CNaming
from abilock.outputs.cffi.lifting import At
from abilock.outputs.cffi.parts import Parts

_LISTS = (Form.TEXT, Form.DATA, Form.LIST)
_BYTES = frozenset({"c_char", "u8", "i8"})


@dataclass(frozen=True, slots=True)
class Copy:
    """A pointer, and what it leads to: so many bytes."""

    pointer: str
    size: str


class Copies:
    """Answers about the shapes of one library, in C."""

    def __init__(self, parts: Parts, header: CNaming) -> None:
        self._parts = parts
        self._header = header

    def of(self, shape: Shape, type_: Type, name: str, at: At) -> tuple[Copy, ...] | None:
        """What the member ``name`` leads to. None if the description does not say how large that is, or if
        more than bits would have to be copied for each element."""
        match shape:
            case Number() | Enumeration() | Character():
                return ()
            case Sentinel(shape=inner):
                return self.of(inner, type_, name, at)
            case Fixed(element=element):
                return self._plain(element)
            case Terminated(release=Release(is_known=False)) if self._pointee(type_) in _BYTES:
                return (Copy(at(name), f"abi_length({at(name)})"),)
            case Span(release=Release(is_known=False), is_room=False, element=element):
                size = _size(shape, at, self._unit(type_, at(name)))
                return None if self._plain(element) is None else (Copy(at(name), size),)
            case Value(behind_pointer=False, name=declared):
                return self._inside(declared, at(name))
            case _:
                return None

    def _plain(self, element: Shape) -> tuple[Copy, ...] | None:
        """Nothing, of something that is all bits."""
        found = self.of(element, Void(), "", lambda name: name)
        return None if found else found

    def _inside(self, name: str, here: str) -> tuple[Copy, ...] | None:
        forms, contents = self._parts.forms, self._parts.contents
        form = forms.form(name)
        if contents.owns(name):
            return () if form in _LISTS and self._is_flat(name) else None
        at = self._members(here)
        if form in _LISTS:
            view = contents.view(name)
            if contents.is_lent_memory(name) or not self._is_flat(name):
                return None
            pointer = at(view.pointer)
            fields = {each.name: each for each in forms.fields(name)}
            unit = self._unit(fields[view.pointer].type, pointer)
            return (Copy(pointer, f"(size_t){at(view.length)}{unit}"),)
        return self._record(name, at) if form is Form.RECORD else None

    def _is_flat(self, name: str) -> bool:
        return self._plain(self._parts.contents.view(name).element) is not None

    def _record(self, name: str, at: At) -> tuple[Copy, ...] | None:
        """All fields; None of a record that may be shorter than it is here."""
        forms = self._parts.forms
        fields = {each.name: each for each in forms.fields(name)}
        grows = any(each.attributes.has("since") for each in fields.values())
        if grows or forms.size_field(name) is not None:
            return None
        found: list[Copy] = []
        for item in self._parts.contents.record(name):
            copies = self.of(item.shape, fields[item.name].type, item.name, at)
            if copies is None:
                return None
            found += copies
        return tuple(found)

    def _members(self, here: str) -> Callable[[str], str]:
        return lambda name: f"{here}.{self._header.member(name)}"

    def _pointee(self, type_: Type) -> str | None:
        """What a pointer leads to, if that is a scalar."""
        resolved, _ = self._parts.forms.resolve(type_, NOTHING)
        if not isinstance(resolved, Pointer):
            return None
        led, _ = self._parts.forms.resolve(resolved.pointee, NOTHING)
        return led.name if isinstance(led, Scalar) else None

    def _unit(self, type_: Type, pointer: str) -> str:
        resolved, _ = self._parts.forms.resolve(type_, NOTHING)
        is_void = isinstance(resolved, Pointer) and isinstance(resolved.pointee, Void)
        return "" if is_void else f" * sizeof *{pointer}"


def _size(shape: Span, at: At, unit: str) -> str:
    length = re.sub(
        r"[A-Za-z_]\w*",
        lambda word: f"(size_t){at(word[0])}" if word[0] in shape.names else word[0],
        shape.length,
    )
    in_bytes = shape.in_bytes or not unit
    return f"({length})" if in_bytes else f"({length}){unit}"
