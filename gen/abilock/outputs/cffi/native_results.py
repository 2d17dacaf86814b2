"""C that makes Python objects of results: everything that fits without Python's help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from abilock.binding.calls import Call, Channel, Test
from abilock.binding.contents import Contents, ResultView, View
from abilock.binding.forms import NOTHING, Forms
from abilock.binding.shapes import (
    Character,
    Content,
    Fixed,
    Form,
    Item,
    Number,
    Raw,
    Release,
    Sentinel,
    Shape,
    Span,
    Terminated,
    Value,
)
from abilock.model.decls import EnumDecl
from abilock.model.scalars import UNSIGNED_SCALARS
from abilock.model.types import FunctionPointer, Named, Pointer, Scalar, Type
from abilock.outputs.c_declarations import CNaming, declare, integer_literal
from abilock.outputs.cffi.native_types import PLAIN_ENCODINGS, NativeTypes
from abilock.outputs.cffi.signatures import target_of

_NOTHING = "abi_none()"


@dataclass(frozen=True, slots=True)
class Made:
    """The expression of one Python object. ``unless``: what is true where only Python can tell what to
    make of it. ``freed``: releases and the blocks that go back to them, once the object is made."""

    value: str
    unless: tuple[str, ...] = ()
    freed: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The expression, freeing included."""
        value = self.value
        for release, block in self.freed:
            value = f"abi_freed({value}, {release}, (void *){block})"
        return value


@dataclass(frozen=True, slots=True)
class Ending:
    """What comes after the call. ``fails``: true where Python takes over; None: it always does, as there
    is something among the ``values`` that only Python makes."""

    fails: tuple[str, ...] = ()
    values: tuple[Made, ...] | None = field(default=())

    @property
    def conditions(self) -> tuple[str, ...]:
        return (*self.fails, *(each for made in self.values or () for each in made.unless))

    @property
    def needs_python(self) -> bool:
        return self.values is None or bool(self.conditions)


class NativeResults:
    """Results of the functions of one library."""

    def __init__(self, forms: Forms, contents: Contents, header: CNaming) -> None:
        self._forms = forms
        self._contents = contents
        self._header = header

    def ending(self, call: Call, outs: dict[str, str], known: NativeTypes) -> Ending:
        """What to make of the result and of what was written to ``outs``, locals by parameter."""
        fails: tuple[str, ...] = ()
        if call.outcome.channel is Channel.STATUS:
            status = self._failed(call)
            if status is None:
                return Ending(values=None)
            fails = (status,)
        made: list[Made | None] = []
        if call.creates is not None:
            made.append(None)
        elif call.result is not None and call.signature.result is not None:
            result = self._result(call, call.result, call.signature.result.type, known)
            if result is not None and result.value == _NOTHING:
                fails = (*fails, *result.unless)
            else:
                made.append(result)
        elif call.outcome.truth is not None:
            made.append(Made("PyBool_FromLong(1)"))
        for out in call.outs:
            made.append(self.value(out.shape, out.type, outs[out.name], known))
        values = tuple(each for each in made if each is not None)
        return Ending(fails, values if len(values) == len(made) else None)

    def _result(self, call: Call, shape: Shape, type_: Type, known: NativeTypes) -> Made | None:
        if target_of(call) is not None or (call.outcome.truth is not None and call.outs):
            return None
        made = self.value(shape, type_, "abi_result", known)
        if call.outcome.truth is not None and made is not None:
            return replace(made, value="PyBool_FromLong(1)")
        return made

    # --- failure

    def _failed(self, call: Call) -> str | None:
        outcome = call.outcome
        if outcome.ok:
            tests = [self._test(call, each) for each in outcome.ok]
            if None in tests:
                return None
            if len(outcome.ok) == 1 and tests[0] is not None and " == " in tests[0]:
                return tests[0].replace(" == ", " != ")
            return f"!({' || '.join(each for each in tests if each)})"
        tests = [self._test(call, each) for each in outcome.fails]
        if None in tests:
            return None
        return " || ".join(each for each in tests if each)

    def _test(self, call: Call, test: Test) -> str | None:
        if test.value is None:
            return "abi_result == NULL"
        result = call.signature.result
        scalar = self._scalar(result.type) if result else None
        if scalar is None:
            return None
        if scalar in UNSIGNED_SCALARS:
            if test.value < 0:
                return None
            return f"abi_unsigned(abi_result) {test.operator} {_literal(test.value, 'u64')}"
        return f"abi_signed(abi_result) {test.operator} {_literal(test.value, 'i64')}"

    def _scalar(self, type_: Type) -> str | None:
        """What a number or enum is to C."""
        resolved, _ = self._forms.resolve(type_, NOTHING)
        if isinstance(resolved, Scalar):
            return resolved.name
        if isinstance(resolved, Named):
            declared = self._forms.declaration(resolved.name)
            if isinstance(declared, EnumDecl):
                return declared.underlying
        return None

    # --- one value

    def value(self, shape: Shape, type_: Type, at: str, known: NativeTypes) -> Made | None:
        """Of something that is at ``at``; None where only Python makes it."""
        match shape:
            case Number(kind="bool"):
                return Made(f"PyBool_FromLong({at})")
            case Number(kind="float"):
                return Made(f"PyFloat_FromDouble({at})")
            case Number():
                return Made(f"_cffi_from_c_int({at}, {self._c(type_)})")
            case Character(wide=False):
                return Made(f"_cffi_from_c_char({at})")
            case Sentinel(shape=Number(kind="int") as inner, absent=absent, operator="=="):
                return self._sentinel(inner, absent, type_, at, known)
            case Terminated():
                return self._terminated(shape, at, known)
            case Value(behind_pointer=False):
                return self._value(shape, at, known)
            case Raw(type=Pointer() as pointer):
                return Made(f"_cffi_from_c_pointer((char *){at}, {known.number(pointer)})")
            case _:
                return None

    def _sentinel(
        self, inner: Shape, absent: int, type_: Type, at: str, known: NativeTypes
    ) -> Made | None:
        scalar = self._scalar(type_)
        made = self.value(inner, type_, at, known)
        if scalar is None or made is None or (absent < 0 and scalar in UNSIGNED_SCALARS):
            return None
        literal = integer_literal(absent, scalar)
        return Made(f"({at} == {literal} ? {_NOTHING} : {made.value})")

    def _terminated(self, shape: Terminated, at: str, known: NativeTypes) -> Made | None:
        if shape.encoding not in PLAIN_ENCODINGS:
            return None
        value = f"abi_string({at}, {_encoding(shape.encoding)})"
        if shape.nullable:
            value = f"({at} == NULL ? {_NOTHING} : {value})"
        return self._released(Made(value), shape.release, at, known)

    def _released(
        self, made: Made, release: Release, block: str, known: NativeTypes
    ) -> Made | None:
        """The same, if what it was made of is nobody's, or of an allocator that C knows."""
        if not release.is_known:
            return made
        function = known.release(release.allocator) if release.allocator else None
        if function is None:
            return None
        return replace(
            made, unless=(*made.unless, f"{function} == NULL"), freed=((function, block),)
        )

    def _value(self, shape: Value, at: str, known: NativeTypes) -> Made | None:
        form = self._forms.form(shape.name)
        if form in (Form.TEXT, Form.DATA):
            encoding = None if shape.encoding == "bytes" else shape.encoding
            if form is Form.TEXT and shape.encoding is not None:
                return None
            return self._view(self._contents.view(shape.name), at, known, encoding)
        if form in (Form.RESULT, Form.OPTIONAL):
            return self._result_struct(self._contents.result(shape.name), shape.name, at, known)
        return None

    # --- text and bytes

    def _view(
        self, view: View, at: str, known: NativeTypes, encoding: str | None = None
    ) -> Made | None:
        if view.content is Content.LIST:
            return None
        if view.content is Content.TEXT and view.encoding != "bytes":
            encoding = view.encoding
        elif view.mutable and not view.release.is_known:
            return None
        pointer, length = self._member(at, view.pointer), self._member(at, view.length)
        value = f"abi_data({pointer}, {length})"
        if encoding is not None:
            if encoding not in PLAIN_ENCODINGS:
                return None
            value = f"abi_decoded({pointer}, {length}, {_encoding(encoding)})"
        block = pointer
        if view.capacity is not None:
            block = f"({self._member(at, view.capacity)} ? {pointer} : NULL)"
        return self._released(Made(value, (f"abi_huge({length})",)), view.release, block, known)

    # --- results

    def _result_struct(
        self, result: ResultView, name: str, at: str, known: NativeTypes
    ) -> Made | None:
        unless: list[str] = []
        if result.code is not None:
            unless.append(f"{self._member(at, result.code)} != 0")
        elif result.message is not None:
            told = self._told(result.message, at)
            if told is None:
                return None
            unless.extend(told)
        made: Made | None = Made(_NOTHING)
        if result.view is not None:
            made = self._view(result.view, at, known)
        elif len(result.values) == 1:
            (item,) = result.values
            type_ = next(each.type for each in self._forms.fields(name) if each.name == item.name)
            made = self.value(item.shape, type_, self._member(at, item.name), known)
        elif result.values:
            return None
        if made is None:
            return None
        value = made.value
        if result.found is not None and value != _NOTHING:
            value = f"({self._member(at, result.found)} ? {value} : {_NOTHING})"
        return Made(value, (*unless, *made.unless), made.freed)

    def _told(self, message: Item, at: str) -> Iterator[str] | None:
        """True where there is a message, or something of one that has to be freed."""
        here = self._member(at, message.name)
        match message.shape:
            case Terminated() | Span():
                return iter((f"{here} != NULL",))
            case Fixed(content=Content.TEXT):
                return iter((f"{here}[0] != 0",))
            case Value(behind_pointer=False, name=name) if self._forms.form(name) is Form.TEXT:
                view = self._contents.view(name)
                members = [view.length, view.capacity or view.length]
                if view.release.is_known and view.capacity is None:
                    members.append(view.pointer)
                return (f"{self._member(here, each)} != 0" for each in dict.fromkeys(members))
            case _:
                return None

    # --- as cffi has it

    def raw(self, type_: Type, at: str, known: NativeTypes) -> str | None:
        """Something of C's as Python's half of the call takes it."""
        resolved, _ = self._forms.resolve(type_, NOTHING)
        match resolved:
            case Pointer():
                return f"_cffi_from_c_pointer((char *){at}, {known.number(type_)})"
            case Scalar(name="bool"):
                return f"PyBool_FromLong({at})"
            case Scalar(name="f32" | "f64" | "c_float" | "c_double"):
                return f"PyFloat_FromDouble({at})"
            case Scalar(name="c_char"):
                return f"_cffi_from_c_char({at})"
            case Scalar(name="wchar_t"):
                return None
            case Scalar():
                return f"_cffi_from_c_int({at}, {self._c(type_)})"
            case Named(name=name):
                if isinstance(self._forms.declaration(name), EnumDecl):
                    return f"_cffi_from_c_int({at}, {self._c(type_)})"
                if self._forms.signature(resolved) is not None:
                    return f"_cffi_from_c_pointer((char *){at}, {known.number(type_)})"
                return f"_cffi_from_c_struct((char *)&{at}, {known.number(type_)})"
            case FunctionPointer():
                return f"_cffi_from_c_pointer((char *){at}, {known.number(type_)})"
            case _:
                return None

    def _member(self, at: str, name: str) -> str:
        return f"{at}.{self._header.member(name)}"

    def _c(self, type_: Type) -> str:
        return declare(type_, "", self._header)


def _literal(value: int, scalar: str) -> str:
    """As short as it can be."""
    return str(value) if abs(value) < 2**31 else integer_literal(value, scalar)


def _encoding(name: str) -> str:
    """The encoding for C; null where it is UTF-8."""
    return "NULL" if name == "utf-8" else f'"{name}"'
