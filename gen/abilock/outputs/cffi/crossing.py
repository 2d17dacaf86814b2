"""Functions in the tables of objects: those that Python calls, and those that C calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.binding.calls import Call
from abilock.binding.forms import Method
from abilock.model.naming import python_name
from abilock.model.types import FunctionPointer
from abilock.outputs.cffi.answering import Answering
from abilock.outputs.cffi.calling import Calling
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.objects import Objects
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place, arriving


@dataclass(frozen=True, slots=True)
class Trampoline:
    """What C calls: the function ``on_name``, and its type in C."""

    name: str
    ctype: str
    safe: str


class Crossing:
    """How the functions of the objects of one library are called."""

    def __init__(
        self, parts: Parts, objects: Objects, calling: Calling, answering: Answering
    ) -> None:
        self._parts = parts
        self._objects = objects
        self._calling = calling
        self._answering = answering

    def codes(self) -> Iterator[Code]:
        """``call_…`` of everything that C may offer."""
        for name in self._objects.tables():
            for method in self._parts.forms.methods(name):
                if self._objects.is_cloned_by(name, method):
                    yield self._clone(name, method)
                elif not self._objects.serves(name, method):
                    yield self._calling.call(
                        self._objects.call(name, method), self._objects.place(name, method)
                    )

    def calls(self) -> Iterator[tuple[Call, Place]]:
        """Slots that are methods, and neither end nor clone their object."""
        for name in self._objects.tables():
            for method in self._parts.forms.methods(name):
                if not self._objects.serves(name, method):
                    yield self._objects.call(name, method), self._objects.place(name, method)

    def _clone(self, name: str, method: Method) -> Code:
        """A second object: a copy of the table with a state of its own."""
        own = python_name(name)
        carrier = self._objects.place(name, method).carrier
        state = self._parts.names.c(self._parts.forms.state(name) or "")
        return Code(
            f"call_{carrier}(lib: Library, table: CData) -> {self._parts.names.type(name)}Proxy",
            (
                f"state = lib.raw.{carrier}(table)",
                "if not state:",
                "    raise CallError('', None)",
                f"copy = {self._objects.copied(name, 'table')}",
                f"copy.{state} = state",
                f"return own_{own}(lib, copy)",
            ),
        )

    def raw(self) -> Iterator[tuple[str, str]]:
        """Names of carriers, and the expression that makes the ready-made one of each."""
        for name in self._objects.tables():
            state = self._parts.forms.state(name)
            for method in self._parts.forms.methods(name):
                place = self._objects.place(name, method)
                has_state = method.context is not None and state is not None
                field = repr(self._parts.names.c(state)) if has_state and state else "None"
                yield place.carrier, f"raw_slot({self._parts.names.c(method.name)!r}, {field})"

    def trampolines(self) -> Iterator[tuple[Code, Trampoline]]:
        """What C calls of Python's objects."""
        for name in self._objects.tables():
            if not any(map(self._objects.adapts, self._objects.users(name))):
                continue
            for method in self._parts.forms.methods(name):
                if method.signature.variadic:
                    continue
                place = self._objects.place(name, method)
                call = self._objects.call(name, method)
                type_ = self._pointer_type(method)
                safe = "None"
                if method.is_drop:
                    code = self._generic(call, place, "abi.dropped")
                elif self._objects.is_clone(name, method):
                    code = self._generic(call, place, "abi.cloned")
                else:
                    python = self._parts.names.method(method, self._objects.owner(name))
                    target = f"entry.target.{python}"
                    is_property = method.attributes.has("get") and not call.inputs
                    code = self._answering.trampoline(call, place, target, is_property)
                    safe = self._answering.failing.safe(call)
                yield code, Trampoline(place.carrier, type_, safe)

    def answered(self) -> Iterator[tuple[Call, Place]]:
        """Functions of Python's objects, variadic ones as well."""
        for name in self._objects.tables():
            if any(map(self._objects.adapts, self._objects.users(name))):
                for method in self._parts.forms.methods(name):
                    yield self._objects.call(name, method), self._objects.place(name, method)

    def _generic(self, call: Call, place: Place, function: str) -> Code:
        names = [arriving(each, index) for index, each in enumerate(call.signature.parameters)]
        if call.context is None:
            names = ["token", *names]
        head = ", ".join(["abi: Binding", *(f"{name}: Any" for name in names)])
        return Code(
            f"on_{place.carrier}({head}) -> Any",
            (f"return {function}({names[0]}, {place.label!r})",),
        )

    def _pointer_type(self, method: Method) -> str:
        return self._parts.names.ctype(FunctionPointer(method.signature))
