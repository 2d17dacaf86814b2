"""C that takes Python objects apart for arguments: everything that fits without Python's help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from abilock.binding.contents import Contents
from abilock.binding.forms import NOTHING, Forms
from abilock.binding.shapes import (
    Character,
    Content,
    Enumeration,
    Form,
    Item,
    Number,
    Raw,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Value,
)
from abilock.model.decls import EnumDecl
from abilock.model.scalars import SIGNED_SCALARS, UNSIGNED_SCALARS
from abilock.model.types import Aggregate, Named, Parameter, Pointer, Scalar, Type
from abilock.outputs.c_declarations import CNaming, declare, integer_literal
from abilock.outputs.cffi.native_types import PLAIN_ENCODINGS, NativeTypes

#: Counters that hold every size of Python's.
_WIDE = frozenset(
    {"usize", "size_t", "u64", "i64", "isize", "ptrdiff_t", "c_ulonglong", "c_longlong"}
)


@dataclass(frozen=True, slots=True)
class Taken:
    """One argument: locals, what has to hold of it, and what each C parameter gets. ``guard``, one operand,
    is false where only Python can tell what to make of the argument."""

    declarations: tuple[str, ...]
    guard: str
    passed: Mapping[str, str]


class NativeInputs:
    """Arguments of the functions of one library."""

    def __init__(self, forms: Forms, contents: Contents, header: CNaming) -> None:
        self._forms = forms
        self._contents = contents
        self._header = header

    def take(
        self, item: Item, types: Mapping[str, Type], source: str, local: str, known: NativeTypes
    ) -> Taken | None:
        """The argument ``source`` as ``local``, None if C cannot; ``types``: of the C parameters."""
        name = item.name
        match item.shape:
            case Span() as shape:
                return self._span(shape, name, types, source, local)
            case Terminated(encoding=encoding, nullable=nullable, release=release):
                if release.is_known or encoding not in PLAIN_ENCODINGS:
                    return None
                guards = [self._text_guard(encoding, source, local), f"abi_has_no_nul({local})"]
                passed = {name: f"({self._c(types[name])}){local}.data"}
                return _bytes(local, guards, source if nullable else None, passed)
            case Value() as shape:
                return self._view(shape, name, source, local)
            case Single(shape=inner, type=type_, nullable=nullable):
                number = self._scalar(inner, type_, source, local)
                if number is None:
                    return None
                pointer = f"{source} == Py_None ? NULL : &{local}" if nullable else f"&{local}"
                return Taken(
                    (f"{self._c(type_, local)} = 0;",),
                    _maybe(number, source if nullable else None),
                    {name: pointer},
                )
            case Raw(type=Pointer() as type_):
                return self.pointer(type_, name, source, local, known, type_.nullable)
            case shape:
                number = self._scalar(shape, types[name], source, local)
                if number is None:
                    return None
                return Taken((f"{self._c(types[name], local)};",), number, {name: local})

    def pointer(
        self,
        type_: Type,
        name: str,
        source: str,
        local: str,
        known: NativeTypes,
        nullable: bool = False,
    ) -> Taken:
        """Something of cffi's that leads somewhere."""
        declared = self._c(type_, local)
        guard = f"ABI_POINTER({local}, {source}, {known.number(type_)})"
        return Taken(
            (f"{declared} = NULL;",), _maybe(guard, source if nullable else None), {name: local}
        )

    def context(
        self, type_: Type, name: str, source: str, local: str, known: NativeTypes
    ) -> Taken | None:
        """What a function gets as its object: a pointer, or a handle that is a number."""
        resolved, _ = self._forms.resolve(type_, NOTHING)
        if isinstance(resolved, Pointer):
            return self.pointer(type_, name, source, local, known)
        number = self._scalar(Number("int"), type_, source, local)
        if number is None:
            return None
        return Taken((f"{self._c(type_, local)};",), number, {name: local})

    # --- numbers

    def _scalar(self, shape: Shape, type_: Type, source: str, local: str) -> str | None:
        match shape:
            case Sentinel(shape=Number(kind="int") as inner, written=absent):
                guard = self._scalar(inner, type_, source, local)
                if guard is None or (literal := self._literal(absent, type_)) is None:
                    return None
                return f"({source} == Py_None ? ({local} = {literal}, 1) : {guard})"
            case Number(kind="bool"):
                return f"abi_bool({source}, &{local})"
            case Number(kind="float"):
                return f"ABI_FLOAT({local}, {self._c(type_)}, {source})"
            case Number() | Enumeration() if self._is_integer(type_):
                return f"ABI_INT({local}, {self._c(type_)}, {source})"
            case Character(wide=False):
                return f"abi_char({source}, &{local})"
            case _:
                return None

    def _literal(self, value: int, type_: Type) -> str | None:
        resolved, _ = self._forms.resolve(type_, NOTHING)
        if not isinstance(resolved, Scalar) or (value < 0 and resolved.name in UNSIGNED_SCALARS):
            return None
        return integer_literal(value, resolved.name)

    def _is_integer(self, type_: Type) -> bool:
        """Not so of ``bool`` and of characters, of which cffi takes other objects."""
        resolved, _ = self._forms.resolve(type_, NOTHING)
        if isinstance(resolved, Scalar):
            return resolved.name in SIGNED_SCALARS | UNSIGNED_SCALARS
        if not isinstance(resolved, Named):
            return False
        return isinstance(self._forms.declaration(resolved.name), EnumDecl)

    # --- text and bytes

    def _text_guard(self, encoding: str, source: str, local: str) -> str:
        """Text whose bytes Python has at hand: in other encodings only what is the same in all."""
        function = "abi_text" if encoding == "utf-8" else "abi_ascii"
        return f"{function}({source}, &{local})"

    def _span(
        self, shape: Span, name: str, types: Mapping[str, Type], source: str, local: str
    ) -> Taken | None:
        if shape.content is Content.LIST or shape.mutable or shape.release.is_known:
            return None
        if shape.counter is None and not shape.length.isdigit():
            # How long it has to be, others say, which Python compares.
            return None
        guards = [f"abi_bytes({source}, &{local})"]
        if shape.content is Content.TEXT and shape.encoding != "bytes":
            if shape.encoding not in PLAIN_ENCODINGS:
                return None
            guards = [self._text_guard(shape.encoding, source, local)]
        passed = {name: f"({self._c(types[name])}){local}.data"}
        if shape.in_bytes and shape.content is not Content.DATA:
            return None
        if shape.counter is None:
            guards.append(f"{local}.size == {shape.length}")
            return _bytes(local, guards, source if shape.nullable else None, passed)
        counter = types[shape.counter]
        guards.extend(self._fits(counter, local))
        passed[shape.counter] = f"({self._c(counter)}){local}.size"
        return _bytes(local, guards, source if shape.nullable else None, passed)

    def _fits(self, counter: Type, local: str) -> Iterator[str]:
        resolved, _ = self._forms.resolve(counter, NOTHING)
        if not isinstance(resolved, Scalar) or resolved.name not in _WIDE:
            yield f"{local}.size == (Py_ssize_t)({self._c(counter)}){local}.size"

    def _view(self, shape: Value, name: str, source: str, local: str) -> Taken | None:
        """Text or bytes in a struct, by value or behind a pointer."""
        form = self._forms.form(shape.name)
        if form not in (Form.TEXT, Form.DATA) or shape.release.is_known:
            return None
        view = self._contents.view(shape.name)
        declared = self._forms.declaration(shape.name)
        members = {each.name: each for each in self._forms.fields(shape.name)}
        sizes = [each for each in (view.length, view.capacity) if each is not None]
        is_plain = isinstance(declared, Aggregate) and set(members) == {view.pointer, *sizes}
        if not is_plain or view.mutable or view.release.is_known:
            return None
        encoding = view.encoding if form is Form.TEXT else shape.encoding or "bytes"
        is_odd = form is Form.TEXT and shape.encoding is not None
        if is_odd or encoding not in PLAIN_ENCODINGS | {"bytes"}:
            return None
        guards = [f"abi_bytes({source}, &{local})"]
        if encoding != "bytes":
            guards = [self._text_guard(encoding, source, local)]
        values = []
        for each in (view.pointer, *sizes):
            value = f"({self._c(members[each].type)}){local}."
            value += "data" if each == view.pointer else "size"
            values.append(f".{self._header.member(each)} = {value}")
        for type_ in dict.fromkeys(members[each].type for each in sizes):
            guards.extend(self._fits(type_, local))
        made = f"({self._c(Named(shape.name))}){{{', '.join(values)}}}"
        if shape.behind_pointer:
            made = f"&{made}"
            if shape.nullable:
                made = f"{source} == Py_None ? NULL : {made}"
        is_maybe = shape.behind_pointer and shape.nullable
        return _bytes(local, guards, source if is_maybe else None, {name: made})

    def _c(self, type_: Type, name: str = "") -> str:
        return declare(type_, name, self._header)


def _bytes(local: str, guards: list[str], nullable: str | None, passed: Mapping[str, str]) -> Taken:
    """``nullable``: the argument, if it may be None; then there are no bytes."""
    guard = guards[0] if len(guards) == 1 else f"({' && '.join(guards)})"
    return Taken((f"AbiBytes {local} = {{NULL, 0}};",), _maybe(guard, nullable), passed)


def _maybe(guard: str, nullable: str | None) -> str:
    return guard if nullable is None else f"({nullable} == Py_None || {guard})"


def parameter_types(parameters: tuple[Parameter, ...]) -> Mapping[str, Type]:
    """Types of C parameters that have names."""
    return {each.name: each.type for each in parameters if each.name is not None}
