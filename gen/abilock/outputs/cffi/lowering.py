"""Python statements that make C values of Python's, with what is lent or given on the way in ``keep``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from abilock.binding.contents import Contents
from abilock.binding.forms import NOTHING, Forms, context_parameter
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
    Rows,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.model.attributes import Attributes
from abilock.model.decls import Callback
from abilock.model.naming import python_name
from abilock.model.types import FunctionPointer, Named, Pointer, Type
from abilock.outputs.cffi.code import in_keep
from abilock.outputs.cffi.lifting import formula
from abilock.outputs.cffi.locals import count_name, data_name, group_name, rows_name
from abilock.outputs.cffi.names import Names


@dataclass(frozen=True, slots=True)
class Lowered:
    """``lines`` come first; then every member has its expression. ``count``: how many there are of an
    array, in the unit of its length; ``absent``: what is None where the array may be null."""

    members: Mapping[str, str]
    lines: tuple[str, ...] = ()
    count: str | None = None
    absent: str | None = None

    @property
    def counted(self) -> str | None:
        """``count``, or None where there is no array."""
        return (
            self.count
            if self.absent is None
            else f"None if {self.absent} is None else {self.count}"
        )


@dataclass(frozen=True, slots=True)
class Given:
    """What the shape of the member ``member`` is made of: the expression ``value``, called ``label`` where
    it is wrong, with what is lent or given in ``keep``."""

    shape: Shape
    member: str
    value: str
    label: str
    keep: str = "keep"


class Lowering:
    """Statements for the shapes of one library."""

    def __init__(self, names: Names, forms: Forms, contents: Contents) -> None:
        self._names = names
        self._forms = forms
        self._contents = contents

    def lower(self, shape: Shape, member: str, value: str) -> Lowered:
        """What the members get for the Python value of the expression ``value``, which is cheap."""
        match shape:
            case Span():
                return self._span(shape, member, value)
            case Rows():
                return self._rows(shape, member, value)
            case Function():
                return self._function(shape, member, value)
            case _:
                return Lowered({member: self.expression(shape, value)})

    def together(self, given: Sequence[Given]) -> tuple[list[str], dict[str | None, str]]:
        """As ``lower``, of what stands side by side: what shares a length has to be as long, and what is
        measured by others as long as they say."""
        lines: list[str] = []
        members: dict[str | None, str] = {}
        arrays: list[tuple[Given, Span, Lowered]] = []
        groups = _groups(given)
        for context, functions in groups.items():
            ends = any(isinstance(each.shape, Function) and each.shape.ends for each in functions)
            values = ", ".join(each.value for each in functions)
            made = in_keep(f"keep.group({ends}, {values})", functions[0].keep)
            lines.append(f"{group_name(context)} = {made}")
        for each in given:
            if isinstance(each.shape, Function) and each.shape.context in groups:
                lowered = self._of_group(each.shape, each.member, each.value)
            else:
                lowered = self.lower(each.shape, each.member, each.value)
            lines.extend(in_keep(line, each.keep) for line in lowered.lines)
            span = each.shape.span if isinstance(each.shape, Rows) else each.shape
            if isinstance(span, Span):
                arrays.append((each, span, lowered))
            for name, text in lowered.members.items():
                if name not in members or name == each.member:
                    members[name] = in_keep(text, each.keep)
                elif not isinstance(span, Span | Function):
                    lines.append(f"lib.same_length({each.label!r}, {text}, {members[name]})")
        by_counter: dict[str | None, list[tuple[Given, Lowered]]] = {}
        for each, span, lowered in arrays:
            by_counter.setdefault(span.counter, []).append((each, lowered))
        for counter, sharing in by_counter.items():
            if counter is not None and len(sharing) > 1:
                lines.extend(_shared(counter, sharing, members))
        for each, span, lowered in arrays:
            if span.counter is None:
                needed = formula(span, lambda name: members.get(name, "0"))
                same = f"lib.as_many({each.label!r}, {lowered.count}, {needed})"
                lines.append(
                    same if lowered.absent is None else f"if {lowered.absent} is not None: {same}"
                )
        return lines, members

    def expression(self, shape: Shape, value: str) -> str:
        """As ``lower``, of a shape that is one member."""
        match shape:
            case Raw(type=Pointer() as pointer, is_place=True):
                made = f"keep.place({self._names.ctype(pointer.pointee, '[]')!r}, {value})"
                return f"lib.null if {value} is None else {made}" if pointer.nullable else made
            case Raw(type=Pointer(nullable=True)):
                return f"lib.null if {value} is None else {value}"
            case Number() | Character() | Handle() | Raw() | Enumeration():
                return value
            case Sentinel(shape=inner, written=absent, pointer=pointer):
                nothing = str(absent)
                if pointer is not None:
                    nothing = f"lib.ffi.cast({self._names.ctype(pointer)!r}, {absent})"
                return f"{nothing} if {value} is None else {self.expression(inner, value)}"
            case Terminated():
                encoding = "" if shape.encoding == "utf-8" else f", {shape.encoding!r}"
                if shape.encoding == "bytes":
                    encoding = ", None"
                if shape.release.allocator:
                    word = "give_nul_or_none" if shape.nullable else "give_nul"
                    return f"keep.{word}({shape.release.allocator!r}, {value}{encoding})"
                if shape.release.entry:
                    made = _only_c(shape.release.entry, value)
                    return f"lib.null if {value} is None else {made}" if shape.nullable else made
                word = "nul_or_none" if shape.nullable else "nul"
                return f"keep.{word}({value}{encoding})"
            case Until():
                return self._until(shape, value)
            case Fixed():
                return self._fixed(shape, value)
            case Value():
                return self._value(shape, value)
            case Reference():
                return self._reference(shape, value)
            case Single(shape=inner, type=type_, nullable=nullable):
                # One in an array: cffi takes None for nothing to begin with.
                array = self._names.ctype(type_, "[]")
                made = f"keep.struct({array!r}, [{self.expression(inner, value)}])"
                return f"lib.null if {value} is None else {made}" if nullable else made
            case Span() | Rows() | Function():
                return next(iter(self.lower(shape, "one", value).members.values()))
            case _:
                assert_never(shape)

    def by_value(self, made: str, type_: Type, said: Attributes) -> str:
        """What ``lower`` made, as an argument or a result: fields become a struct."""
        resolved, _ = self._forms.resolve(type_, said)
        if isinstance(resolved, Named) and made.startswith(("lower_", "fill_")):
            return f"lib.make({self._names.struct(resolved.name)!r}, {made})"
        return made

    def _until(self, shape: Until, value: str) -> str:
        last = "lib.null" if self._is_pointer(shape.element_type) else shape.last
        items = f"lib.before({self._each(shape.element, value)}, {last})"
        made = f"keep.array({self._names.ctype(shape.element_type, '[]')!r}, {items})"
        if shape.release.allocator:
            pointer = self._names.ctype(shape.element_type, "*")
            made = f"keep.give_array({shape.release.allocator!r}, {pointer!r}, {items})"
        elif shape.release.entry:
            made = _only_c(shape.release.entry, value)
        return f"lib.null if {value} is None else {made}" if shape.nullable else made

    def _is_pointer(self, type_: Type) -> bool:
        return isinstance(self._forms.resolve(type_, NOTHING)[0], Pointer)

    def _each(self, element: Shape, value: str) -> str:
        one = self.expression(element, "each")
        if self._names.annotation(element).removesuffix(" | None") == "str":
            # Text is made of texts itself, which nobody means.
            value = f"lib.texts({value})"
        return value if one == "each" else f"[{one} for each in {value}]"

    # --- several members

    def _span(self, shape: Span, member: str, value: str) -> Lowered:
        lines: tuple[str, ...] = ()
        data = value
        if shape.content is Content.TEXT and shape.encoding != "bytes":
            data = data_name(member)
            encoding = "" if shape.encoding == "utf-8" else f", {shape.encoding!r}"
            encode = f"lib.encoded({value}{encoding})"
            otherwise = f"None if {value} is None else " if shape.nullable else ""
            lines = (f"{data} = {otherwise}{encode}",)
        elif shape.content is not Content.LIST:
            data = data_name(member)
            otherwise = f"None if {value} is None else " if shape.nullable else ""
            lines = (f"{data} = {otherwise}lib.octets({value})",)
        pointer = self._elements(shape, data)
        if shape.nullable:
            pointer = f"lib.null if {data} is None else {pointer}"
        length = f"len({data})"
        if shape.in_bytes and shape.content is Content.LIST:
            length = f"{length} * lib.ffi.sizeof({self._names.ctype(shape.element_type)!r})"
        absent = data if shape.nullable else None
        if shape.counter is None:
            return Lowered({member: pointer}, lines, length, absent)
        count = f"0 if {data} is None else {length}" if shape.nullable else length
        members = {member: pointer, shape.counter: count}
        if shape.release.member is not None:
            ending = f"keep.ending({shape.release.owner!r}, {shape.release.member!r})"
            if shape.nullable:
                ending = f"lib.null if {data} is None else {ending}"
            members[shape.release.member] = ending
        return Lowered(members, lines, length, absent)

    def _rows(self, shape: Rows, member: str, value: str) -> Lowered:
        rows = rows_name(member)
        row = self._span(shape.row, "each", "each")
        data = row.lines[0].partition(" = ")[2] if row.lines else "each"
        absent = " or ()" if shape.span.nullable else ""
        listed = f"list({value}{absent})"
        if shape.row.content is Content.TEXT and shape.row.encoding != "bytes":
            listed = f"lib.texts({value}{absent})"
        made = listed if data == "each" else f"[{data} for each in {listed}]"
        lines = (f"{rows} = {made}",)
        pointers = self._names.ctype(shape.span.element_type, "[]")
        lengths = self._names.ctype(shape.length_type, "[]")
        size = "0 if each is None else len(each)" if shape.row.nullable else "len(each)"
        elements = self._elements(shape.row, "each")
        if shape.row.nullable:
            elements = f"lib.null if each is None else {elements}"
        array = f"keep.array({pointers!r}, [{elements} for each in {rows}])"
        if shape.span.nullable:
            array = f"lib.null if {value} is None else {array}"
        members = {
            member: array,
            shape.lengths: f"keep.array({lengths!r}, [{size} for each in {rows}])",
        }
        if shape.span.counter is not None:
            members[shape.span.counter] = f"len({rows})"
        return Lowered(members, lines, f"len({rows})", value if shape.span.nullable else None)

    def _elements(self, shape: Span, data: str) -> str:
        array = self._names.ctype(shape.element_type, "[]")
        pointer = self._names.ctype(shape.element_type, "*")
        allocator = shape.release.allocator
        if shape.release.entry:
            return _only_c(shape.release.entry, data)
        if shape.content is Content.LIST:
            items = self._each(shape.element, data)
            if allocator:
                return f"keep.give_array({allocator!r}, {pointer!r}, {items})"
            return f"keep.array({array!r}, {items})"
        if allocator:
            return f"keep.give_data({allocator!r}, {pointer!r}, {data})"
        if shape.release.member is not None:
            return f"keep.lasting({array!r}, {data})"
        if array.startswith("void"):
            array = "char[]"
        word = "data" if not shape.mutable else "writable" if shape.is_room else "copied"
        return f"keep.{word}({array!r}, {data})"

    def _function(self, shape: Function, member: str, value: str) -> Lowered:
        name = python_name(shape.name)
        signature = self._forms.function(shape.name)
        if signature is not None and signature.variadic:
            pointer = f"lib.back({value})"
            pointer = f"lib.null if {value} is None else {pointer}" if shape.nullable else pointer
            given = {member: pointer}
            if shape.context is not None:
                given[shape.context] = f"lib.back_context({value})"
            return Lowered(given)
        if shape.context is None:
            has_context = self._context(shape.name) is not None
            made = f"keep.closure({name!r}, {value}, {shape.scope!r})"
            made = f"lib.pointer({name!r})" if has_context else made
            made = f"lib.null if {value} is None else {made}" if shape.nullable else made
            return Lowered({member: made})
        pointer = f"lib.pointer({name!r})"
        ends = "" if shape.ends is None or shape.ends_type is None else ", True"
        token = f"keep.callback({value}, {shape.scope!r}{ends})"
        if shape.nullable:
            pointer = f"lib.null if {value} is None else {pointer}"
            token = f"lib.null if {value} is None else {token}"
        return Lowered({member: pointer, shape.context: token, **self._ended(shape, value)})

    def _of_group(self, shape: Function, member: str, value: str) -> Lowered:
        """One of several functions with one context: which of them is called, its own address tells."""
        assert shape.context is not None
        signature = self._forms.function(shape.name)
        assert signature is not None
        names = [each.name for each in signature.parameters]
        at, group = names.index(context_parameter(signature)), group_name(shape.context)
        name = python_name(shape.name)
        pointer = f"keep.in_group({name!r}, {at}, {value}, {shape.scope!r}, {group})"
        pointer = f"lib.null if {value} is None else {pointer}" if shape.nullable else pointer
        ended = self._ended(replace(shape, nullable=False), value)
        return Lowered(
            {
                member: pointer,
                shape.context: group,
                **{name: f"{made} if {group} else lib.null" for name, made in ended.items()},
            }
        )

    def _ended(self, shape: Function, value: str) -> dict[str, str]:
        """What the other side calls when it does not need a function any more."""
        if shape.ends is None or shape.ends_type is None:
            return {}
        signature = self._forms.signature(shape.ends_type)
        assert signature is not None
        names = [each.name for each in signature.parameters]
        context = context_parameter(signature)
        at = names.index(context) if context is not None else 0
        made = f"lib.forgetting({self._names.ctype(FunctionPointer(signature))!r}, {at})"
        return {shape.ends: f"lib.null if {value} is None else {made}" if shape.nullable else made}

    def _context(self, name: str) -> str | None:
        declared = self._forms.by_name.get(name)
        return context_parameter(declared.signature) if isinstance(declared, Callback) else None

    # --- one member

    def _fixed(self, shape: Fixed, value: str) -> str:
        if shape.content is Content.LIST:
            return f"lib.exactly({shape.length}, {self._each(shape.element, value)})"
        if shape.content is Content.TEXT and shape.encoding != "bytes":
            return f"lib.cut({value}, {shape.length}, {shape.encoding!r})"
        return f"lib.exactly({shape.length}, {value})"

    def _value(self, shape: Value, value: str) -> str:
        text = value
        if shape.encoding not in (None, "bytes") and self._forms.form(shape.name) is Form.DATA:
            text = f"lib.encoded({value}, {shape.encoding!r})"
        made = f"lower_{python_name(shape.name)}(lib, {text}, keep)"
        if not shape.behind_pointer:
            ending = self._contents.ending(shape.name)
            return made if ending is None else _only_c(ending, value)
        pointer = self._names.struct(shape.name, " *")
        if shape.release.allocator:
            made = f"keep.give_struct({shape.release.allocator!r}, {pointer!r}, {made})"
        elif shape.release.entry:
            made = _only_c(shape.release.entry, value)
        else:
            made = f"keep.struct({pointer!r}, {made})"
        return f"lib.null if {value} is None else {made}" if shape.nullable else made

    def _reference(self, shape: Reference, value: str) -> str:
        how = "own" if shape.own else "call" if shape.lent else "drop"
        if shape.pinned:
            how = "pinned"
        word = "hand" if shape.behind_pointer else "fill"
        made = f"{word}_{python_name(shape.name)}(lib, {value}, keep, {how!r})"
        return f"lib.null if {value} is None else {made}" if shape.nullable else made


def _groups(given: Sequence[Given]) -> dict[str, list[Given]]:
    """Functions that share a context, by that."""
    found: dict[str, list[Given]] = {}
    for each in given:
        if isinstance(each.shape, Function) and each.shape.context is not None:
            found.setdefault(each.shape.context, []).append(each)
    return {context: sharing for context, sharing in found.items() if len(sharing) > 1}


def _shared(
    counter: str, sharing: list[tuple[Given, Lowered]], members: dict[str | None, str]
) -> Iterator[str]:
    """Sets the one length of several arrays; those that are null have any."""
    if any(lowered.absent is not None for _, lowered in sharing):
        told = ", ".join(f"({each.label!r}, {lowered.counted})" for each, lowered in sharing)
        members[counter] = count_name(counter)
        yield f"{members[counter]} = lib.one_length({told})"
        return
    (_, first), *more = sharing
    for each, lowered in more:
        yield f"lib.same_length({each.label!r}, {lowered.count}, {first.count})"


def _only_c(entry: str, value: str) -> str:
    """Python has no memory that an entry of C ends."""
    return f"lib.made_by_c({value}, {entry!r})"
