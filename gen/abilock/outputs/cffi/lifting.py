"""Python expressions that make Python values of C's: ``lift`` copies, ``take`` also ends what is owned."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from abilock.binding.contents import Contents
from abilock.binding.forms import NOTHING, Forms
from abilock.binding.shapes import (
    Character,
    Content,
    Enumeration,
    Fixed,
    Form,
    Function,
    Handle,
    Number,
    Raw,
    Reference,
    Release,
    Rows,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.model.naming import python_name
from abilock.model.types import Pointer
from abilock.outputs.cffi.names import Names

#: Where a C member is. ex) ``c.len`` for ``len``
At = Callable[[str], str]


class Lifting:
    """Expressions for the shapes of one library."""

    def __init__(self, names: Names, forms: Forms, contents: Contents) -> None:
        self._names = names
        self._forms = forms
        self._contents = contents

    def lift(self, shape: Shape, member: str, at: At, take: bool) -> str:
        """The Python value of the member ``member``. ``take``: what is owned is ours and ends here."""
        here = at(member)
        match shape:
            case Number(kind="bool", in_bits=True):
                # cffi has a bit of any type as a number.
                return f"bool({here})"
            case Number() | Character():
                return here
            case Enumeration(name=name):
                return f"lib.member({self._names.type(name)}, {here})"
            case Sentinel(shape=inner, absent=absent, operator=operator, pointer=pointer):
                value = self.lift(inner, member, at, take)
                number = here if pointer is None else f"int(lib.ffi.cast('uintptr_t', {here}))"
                return f"None if {number} {operator} {absent} else {value}"
            case Terminated():
                return self._terminated(shape, here, take)
            case Until(element=element, nullable=nullable, release=release):
                value = self._each(element, f"lib.until({here}, {self._last(shape)})", take)
                if take:
                    value = released(value, release, here, self.may_fail(shape))
                return f"None if not {here} else {value}" if nullable else value
            case Span():
                return self._span(shape, here, at, take)
            case Rows():
                return self._rows(shape, here, at)
            case Fixed():
                return self._fixed(shape, here)
            case Value():
                return self._value(shape, here, take)
            case Reference():
                return self._reference(shape, here, take)
            case Function():
                return self._function(shape, here, at)
            case Single(shape=inner, nullable=nullable):
                found = here if nullable else f"lib.there({here})"
                value = self.lift(inner, member, lambda _: f"{found}[0]", take)
                return f"None if not {here} else {value}" if nullable else value
            case Raw(by_value=by_value):
                return f"lib.copy({here})" if by_value else here
            case Handle():
                return here
            case _:
                assert_never(shape)

    def _terminated(self, shape: Terminated, here: str, take: bool) -> str:
        if shape.encoding == "bytes":
            value = f"lib.nul_data{'_or_none' if shape.nullable else ''}({here})"
            return released(value, shape.release, here, False) if take else value
        encoding = "" if shape.encoding == "utf-8" else f", {shape.encoding!r}"
        name = "nul_or_none" if shape.nullable else "nul"
        if take and shape.release.allocator:
            return f"take_{name}(lib, {shape.release.allocator!r}, {here}{encoding})"
        value = f"lib.{name}({here}{encoding})"
        return released(value, shape.release, here, False) if take else value

    def _last(self, shape: Until) -> str:
        resolved, _ = self._forms.resolve(shape.element_type, NOTHING)
        return "lib.null" if isinstance(resolved, Pointer) else str(shape.last)

    def _each(self, element: Shape, elements: str, take: bool) -> str:
        value = self.lift(element, "each", lambda _: "each", take)
        if take and self._contents.shape_owns(element) and self.may_fail(element):
            return f"lib.all_of(lambda each: {value}, {elements})"
        return f"[{value} for each in {elements}]" if value != "each" else f"list({elements})"

    def may_fail(self, shape: Shape) -> bool:
        """Whether what arrives may be refused, so that what is owned with it has to end all the same."""
        return self._contents.may_be_refused(shape)

    def _span(self, shape: Span, here: str, at: At, take: bool) -> str:
        length = self.length(shape, at)
        told = self._told_size(shape.element)
        if shape.in_bytes and told is not None:
            length = f"({formula(shape, at)}) // lib.stride({here}, {told})"
        if shape.content is Content.LIST:
            value = self._each(shape.element, self.elements(shape.element, here, length), take)
        elif shape.content is Content.TEXT and shape.encoding != "bytes":
            more = "" if shape.encoding == "utf-8" else f", {shape.encoding!r}"
            value = f"lib.text({here}, {length}{more})"
        else:
            value = f"lib.{'memory' if shape.is_room else 'data'}({here}, {length})"
        if take and shape.release.is_known:
            value = f"{self._ended(shape, value, here, length, at)}"
        return f"None if not {here} else {value}" if shape.nullable else value

    def elements(self, element: Shape, here: str, length: str) -> str:
        """What goes through the elements behind a pointer: by the size that they tell, if they do."""
        told = self._told_size(element)
        if told is None:
            return f"lib.each({here}, {length})"
        return f"lib.each_sized({here}, {length}, {told})"

    def _told_size(self, shape: Shape) -> str | None:
        """The type of something that is where it is, and its member that tells how large that is."""
        if not isinstance(shape, Value | Reference) or shape.behind_pointer:
            return None
        size = self._forms.size_field(shape.name)
        if size is None or self._forms.table(shape.name) != shape.name:
            return None
        return f"{self._names.struct(shape.name)!r}, {self._names.c(size)!r}"

    def _in_place(self, shape: Value | Reference, here: str) -> str:
        """Something of which the size counts, since others stand behind it; elements were asked for it."""
        told = self._told_size(shape)
        return here if told is None or here == "each" else f"lib.as_large({here}, {told})"

    def _rows(self, shape: Rows, here: str, at: At) -> str:
        count = self.length(shape.span, at)
        where = {shape.lengths: "size"}
        row = self.lift(shape.row, "each", lambda name: where.get(name, name), take=False)
        pointers = f"lib.each({here}, {count})"
        value = f"[{row} for each, size in zip({pointers}, lib.each({at(shape.lengths)}, {count}))]"
        return f"None if not {here} else {value}" if shape.span.nullable else value

    def _ended(self, shape: Span, value: str, here: str, length: str, at: At) -> str:
        release, may_fail = shape.release, self.may_fail(shape)
        if release.member:
            arguments = ", ".join((here, *(at(name) for name in release.arguments)))
            return _after("ended", value, may_fail, at(release.member), arguments)
        block = f"{here} if {length} else lib.null" if release.allocator else here
        return released(value, release, block, may_fail)

    def _fixed(self, shape: Fixed, here: str) -> str:
        if shape.content is Content.LIST:
            told = self._told_size(shape.element)
            elements = here if told is None else f"(lib.as_large(each, {told}) for each in {here})"
            return self._each(shape.element, elements, take=False)
        if shape.content is Content.TEXT and shape.encoding != "bytes":
            return f"lib.fixed_text({here}, {shape.encoding!r})"
        return f"lib.data({here}, {shape.length})"

    def _value(self, shape: Value, here: str, take: bool) -> str:
        # What ends the block ends all that is in it, where the type says how that is done.
        is_whole = shape.behind_pointer and self._contents.ending(shape.name) is not None
        pointer = self._names.struct(shape.name, " *")
        found = (
            f"lib.ffi.cast({pointer!r}, {here})" if shape.untyped else self._in_place(shape, here)
        )
        if shape.behind_pointer and not shape.nullable:
            found = f"lib.there({found}, {self._names.type(shape.name)!r})"
        value = f"{self.function(shape.name, take and not is_whole)}(lib, {found})"
        if shape.encoding not in (None, "bytes", "utf-8") or (
            shape.encoding == "utf-8" and self._forms.form(shape.name) is Form.DATA
        ):
            value = f"str({value}, {shape.encoding!r}, 'replace')"
        if take:
            # Where null is refused, nothing is there to give back.
            may_fail = self.may_fail(replace(shape, nullable=True))
            value = released(value, shape.release, here, may_fail)
        return f"None if not {here} else {value}" if shape.nullable else value

    def function(self, name: str, take: bool) -> str:
        """The function that lifts a declared struct."""
        word = "take" if take and self._contents.owns(name) else "lift"
        return f"{word}_{python_name(name)}"

    def _reference(self, shape: Reference, here: str, take: bool) -> str:
        word = "own" if shape.own and take else "lend"
        # What stays where it is, as its address is remembered, is nobody's to give back.
        is_block = shape.own and take and shape.behind_pointer and not shape.pinned
        block = ", True" if is_block else ""
        where = (
            here
            if shape.behind_pointer
            else f"lib.moved({self._names.struct(shape.name, ' *')!r}, {self._in_place(shape, here)})"
        )
        if shape.untyped:
            where = f"lib.ffi.cast({f'{python_name(shape.name)} *'!r}, {where})"
        value = f"{word}_{python_name(shape.name)}(lib, {where}{block})"
        if shape.on_success and word == "own":
            value = f"lib.on_trial(lambda: {value})"
        return f"None if not {here} else {value}" if shape.nullable else value

    def _function(self, shape: Function, here: str, at: At) -> str:
        context = f", {at(shape.context)}" if shape.context else ""
        value = f"Callback(lib.call.{python_name(shape.name)}, {here}{context})"
        if shape.ends is not None:
            value = f"lib.ending_with({value}, {at(shape.ends)}{context})"
        return f"None if not {here} else {value}" if shape.nullable else value

    def length(self, shape: Span, at: At) -> str:
        """The number of elements as a Python expression over where the members are."""
        text = formula(shape, at)
        if not shape.in_bytes or shape.content is not Content.LIST:
            return text
        return f"({text}) // lib.ffi.sizeof({self._names.ctype(shape.element_type)!r})"


def released(value: str, release: Release, here: str, may_fail: bool) -> str:
    """The value, after what it was in was given back to its allocator, or ended by an entry: also if it
    ``may_fail``."""
    if release.allocator:
        return _after("freed", value, may_fail, repr(release.allocator), here)
    if release.entry:
        return _after("ended", value, may_fail, f"lib.symbol({release.entry!r})", here)
    return value


def _after(word: str, value: str, may_fail: bool, *how: str) -> str:
    """ex) ``lib.freed(value, 'heap', c.ptr)``"""
    made = f"_anyway(lambda: {value}" if may_fail else f"({value}"
    return f"lib.{word}{made}, {', '.join(how)})"


def formula(shape: Span, at: At) -> str:
    """The length as it is written, with C's division."""
    operand = str if shape.length in shape.names else _operand
    text = re.sub(
        r"[A-Za-z_]\w*",
        lambda word: operand(at(word[0])) if word[0] in shape.names else word[0],
        shape.length,
    )
    return text.replace("/", "//")


def _operand(text: str) -> str:
    return text if re.fullmatch(r"[\w.\[\]]+|len\(\w+\)", text) else f"({text})"
